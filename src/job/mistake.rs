//! One mistake in what was asked: where, and what would be right.

use std::fmt;

/// A mistake of the caller. All of them are collected and shown at once, one line each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The option it belongs to, as the caller would write it (`--room`), or a file.
    pub about: String,
    /// What is wrong, in one line, without secrets.
    pub text: String,
}

impl Mistake {
    /// Notes a mistake. Line breaks and control characters in `text` are made harmless: it may quote input.
    pub fn new(about: impl Into<String>, text: impl AsRef<str>) -> Self {
        let text = text.as_ref().trim_end().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        Self { about: about.into(), text }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.about, self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_input_stays_on_one_line() {
        let mistake = Mistake::new("--room", "unknown `a\nb\u{1b}[31m`");
        assert_eq!(mistake.to_string(), "--room: unknown `a b [31m`");
    }
}
