//! Every file says what it promises, and is short enough to read at once.

use crate::tree::{Source, sources};
use crate::{keep, rust};

/// Production lines that a file may have.
const LINES: usize = 400;

/// Files that may be longer, and why.
const LONGER: [(&str, &str); 0] = [];

fn head(file: &Source) -> Vec<String> {
    if file.text.starts_with("//! ") { vec![] } else { vec!["doesn't begin with a line of `//!`".to_owned()] }
}

fn length(file: &Source) -> Vec<String> {
    let lines = file.production().filter(|line| !line.trim().is_empty()).count();
    let excused = LONGER.iter().any(|(path, _)| *path == file.path);
    if file.is_test() || excused || lines <= LINES {
        return vec![];
    }
    vec![format!("{lines} lines, {LINES} are enough: split it")]
}

fn pipeline_head(file: &Source) -> Vec<String> {
    let lines: Vec<_> = file.text.lines().take_while(|line| line.starts_with('#')).collect();
    let mut breaches = Vec::new();
    for word in ["# In:", "# Why:"] {
        if !lines.iter().any(|line| line.starts_with(word)) {
            breaches.push(format!("its head has no `{word}`"));
        }
    }
    breaches
}

#[test]
fn every_file_says_what_it_promises() {
    keep(&rust(), head);
    assert_eq!(head(&Source::of("a.rs", "use x;\n")).len(), 1);
}

#[test]
fn every_file_can_be_read_at_once() {
    keep(&rust(), length);
    assert_eq!(length(&Source::of("src/a.rs", &"x;\n".repeat(401))).len(), 1);
    let tested = "x;\n".repeat(400) + "#[cfg(test)]\n" + &"x;\n".repeat(400);
    assert_eq!(length(&Source::of("src/a.rs", &tested)), [""; 0]);
}

#[test]
fn every_pipeline_explains_itself() {
    keep(&sources("pipelines", "gst"), pipeline_head);
    assert_eq!(pipeline_head(&Source::of("a.gst", "# In: x\nvideotestsrc\n")).len(), 1);
}
