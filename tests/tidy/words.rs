//! Words that don't belong in code.

use crate::tree::Source;
use crate::{keep, rust};

/// A word, and what is right instead.
fn words() -> [(String, &'static str); 8] {
    // Put together here, so that this file doesn't break its own rule.
    [
        (
            format!("unbounded{}channel", '_'),
            "every arrow has a capacity, and a sentence on what happens when it is full",
        ),
        (format!("Unbounded{}", "Sender"), "the same"),
        (format!("mpsc::channel{}", "()"), "the standard library's is unbounded: sync_channel"),
        (format!("#[all{}(", "ow"), "#[expect(…, reason = \"…\")]"),
        (format!("#![all{}(", "ow"), "#[expect(…, reason = \"…\")]"),
        (format!("TO{}", "DO"), "do it, or say in the module's head what it doesn't do"),
        (format!("FIX{}", "ME"), "fix it"),
        (format!("process::ex{}(", "it"), "return an ExitCode: destructors matter here"),
    ]
}

fn banned(file: &Source) -> Vec<String> {
    let mut breaches = Vec::new();
    for (number, line) in file.text.lines().enumerate() {
        for (word, instead) in words().iter().filter(|(word, _)| line.contains(word)) {
            breaches.push(format!("{}: `{word}`: {instead}", number + 1));
        }
    }
    breaches
}

#[test]
fn no_banned_words() {
    keep(&rust(), banned);
    for (word, _) in words() {
        assert_eq!(banned(&Source::of("src/x.rs", &format!("let x = {word};\n"))).len(), 1, "{word}");
    }
}
