//! The laws of this repository that a machine can keep, so that review can talk about design.
//!
//! Each rule is a function from a file's path and text to what is wrong with it, and has a test that it bites.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bands;
mod documents;
mod files;
mod tree;
mod words;

use tree::{Source, sources};

/// Runs a rule over files, and fails with every breach at once.
fn keep(files: &[Source], rule: impl Fn(&Source) -> Vec<String>) {
    assert!(!files.is_empty(), "a rule without files keeps nothing");
    let breaches: Vec<_> = files
        .iter()
        .flat_map(|file| rule(file).into_iter().map(move |breach| format!("{}: {breach}", file.path)))
        .collect();
    assert!(breaches.is_empty(), "\n{}", breaches.join("\n"));
}

/// Our Rust: the agent, the crates, the tests.
fn rust() -> Vec<Source> {
    let mut files = sources("src", "rs");
    files.extend(sources("crates", "rs"));
    files.extend(sources("tests", "rs"));
    files
}
