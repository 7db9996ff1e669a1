//! Names of layouts.

use serde::{Deserialize, Serialize};

/// How tiles are laid out on the canvas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layout {
    /// All tiles of one size.
    #[default]
    Grid,
}

impl Layout {
    /// Every layout there is.
    const ALL: [Self; 1] = [Self::Grid];

    /// Finds a layout by its name, in any case.
    ///
    /// # Errors
    /// One line with the names there are.
    pub fn parse(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|layout| layout.name().eq_ignore_ascii_case(text)).ok_or_else(|| {
            let names: Vec<_> = Self::ALL.iter().map(|layout| layout.name()).collect();
            format!("unknown layout `{text}`; there is {}", names.join(", "))
        })
    }

    /// Its name, as the Egress API has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Grid => "grid",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        assert_eq!(Layout::parse("Grid"), Ok(Layout::Grid));
        assert_eq!(Layout::parse("speaker").unwrap_err(), "unknown layout `speaker`; there is grid");
    }
}
