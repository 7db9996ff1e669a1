//! What is written for people is true: links lead somewhere, examples load.

use std::path::Path;

use livetape::config::RecordConfig;

use crate::keep;
use crate::tree::{Source, root, sources, top};

/// Every relative link of a Markdown text: `[text](target)`.
fn links(text: &str) -> Vec<&str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let relative = targets.filter(|target| !target.contains("://") && !target.starts_with('#'));
    relative.filter_map(|target| target.split('#').next()).collect()
}

fn links_lead_somewhere(file: &Source) -> Vec<String> {
    let directory = root().join(Path::new(&file.path).parent().unwrap());
    let dead = links(&file.text).into_iter().filter(|target| !directory.join(target).exists());
    dead.map(|target| format!("nothing at `{target}`")).collect()
}

/// Which type reads an example, by the first word of its name.
fn loads(file: &Source) -> Vec<String> {
    let name = file.path.trim_start_matches("config/");
    let loaded = match name.split(['.', '-']).next() {
        Some("record") => RecordConfig::parse(&file.text, name).map(drop),
        _ => return vec!["nobody says what reads it: add it to tests/tidy/documents.rs".to_owned()],
    };
    loaded.err().map(|mistake| mistake.to_string()).into_iter().collect()
}

#[test]
fn relative_links_lead_somewhere() {
    let mut files = top("md");
    files.extend(sources("docs", "md"));
    keep(&files, links_lead_somewhere);
    let dead =
        Source::of("README.md", "[a](docs/none.md#x) [b](https://x.example/y) [c](#d) [e](Cargo.toml)");
    assert_eq!(links_lead_somewhere(&dead), ["nothing at `docs/none.md`"]);
}

#[test]
fn every_example_configuration_loads() {
    keep(&sources("config", "toml"), loads);
    assert_eq!(loads(&Source::of("config/record.toml", "[nonsense]\n")).len(), 1);
    assert_eq!(loads(&Source::of("config/other.toml", "")).len(), 1);
}
