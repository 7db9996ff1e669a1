//! The files of the repository.

use std::fs;
use std::path::{Path, PathBuf};

/// A text file, its path relative to the root.
#[derive(Debug, Clone)]
pub struct Source {
    /// With forward slashes.
    pub path: String,
    /// All of it.
    pub text: String,
}

impl Source {
    /// One made up, to see a rule bite.
    pub fn of(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    /// Whether it is only compiled for tests.
    pub fn is_test(&self) -> bool {
        self.path.starts_with("tests/") || self.path.contains("/tests/") || self.path.ends_with("/tests.rs")
    }

    /// The lines before its tests begin.
    pub fn production(&self) -> impl Iterator<Item = &str> {
        self.text.lines().take_while(|line| !line.starts_with("#[cfg(test)]"))
    }

    /// The same without comments: what is compiled.
    pub fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let numbered = self.production().enumerate().map(|(index, line)| (index + 1, line));
        numbered.filter(|(_, line)| !line.trim_start().starts_with("//"))
    }
}

/// The repository's root.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// All files with this ending below a directory, which must exist.
pub fn sources(directory: &str, ending: &str) -> Vec<Source> {
    let mut found = Vec::new();
    walk(&root().join(directory), ending, &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// Files with this ending at the root itself.
pub fn top(ending: &str) -> Vec<Source> {
    files_in(&root()).into_iter().filter(|path| ends(path, ending)).map(|path| read(&path)).collect()
}

fn walk(directory: &Path, ending: &str, found: &mut Vec<Source>) {
    for path in files_in(directory) {
        let name = path.file_name().unwrap().to_string_lossy();
        if path.is_dir() && !name.starts_with('.') && name != "target" && name != "node_modules" {
            walk(&path, ending, found);
        } else if path.is_file() && ends(&path, ending) {
            found.push(read(&path));
        }
    }
}

fn files_in(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap_or_else(|e| panic!("{}: {e}", directory.display()));
    entries.map(|entry| entry.unwrap().path()).collect()
}

fn ends(path: &Path, ending: &str) -> bool {
    path.extension().is_some_and(|extension| extension == ending)
}

fn read(path: &Path) -> Source {
    let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let path = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
    Source { path, text }
}
