//! The process environment, read once.

use std::collections::HashMap;
use std::path::PathBuf;

/// Variables, working directory, and whether we are root.
#[derive(Clone)]
pub struct Environment {
    variables: HashMap<String, String>,
    cwd: PathBuf,
    root: bool,
}

impl Environment {
    /// Reads the process's own. Variables that aren't text are left out.
    ///
    /// # Errors
    /// The working directory is gone.
    #[expect(clippy::disallowed_methods, reason = "this is the one reader of the environment")]
    pub fn of_process() -> std::io::Result<Self> {
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Ok(Self { variables, cwd: std::env::current_dir()?, root: rustix::process::geteuid().is_root() })
    }

    /// One made up, for tests.
    pub fn made_of(variables: &[(&str, &str)], cwd: impl Into<PathBuf>, root: bool) -> Self {
        let variables = variables.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        Self { variables, cwd: cwd.into(), root }
    }

    /// A variable's value; an empty one counts as not set.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Whether a variable is set at all, be it empty.
    pub fn is_set(&self, name: &str) -> bool {
        self.variables.contains_key(name)
    }

    /// The working directory.
    pub fn cwd(&self) -> &PathBuf {
        &self.cwd
    }

    /// Whether the process has root's rights.
    pub fn is_root(&self) -> bool {
        self.root
    }
}

impl std::fmt::Debug for Environment {
    /// Values may be secrets: none is shown.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Environment").field("cwd", &self.cwd).finish_non_exhaustive()
    }
}
