//! Bands point forward: who may know whom, and which library stays behind which door.

use crate::keep;
use crate::tree::{Source, sources};

/// A module of `src`, and the others it may name. CAPTURE (`room`, `e2ee`, `timeline`), PRODUCE (`media`) and
/// DELIVER (`output`, `storage`) never know each other; only `recorder` knows all of them.
const MAY_KNOW: [(&str, &[&str]); 13] = [
    ("cli", &["config", "job", "supervisor", "telemetry", "recorder", "storage"]),
    ("config", &["job", "e2ee"]),
    ("job", &["e2ee"]),
    ("supervisor", &["job", "e2ee", "room", "storage"]),
    ("telemetry", &[]),
    ("recorder", &["job", "supervisor", "e2ee", "room", "timeline", "media", "output", "storage", "sample"]),
    ("e2ee", &[]),
    ("room", &["job", "e2ee", "timeline"]),
    ("timeline", &[]),
    ("media", &["job", "sample"]),
    ("output", &["sample"]),
    ("storage", &["output", "sample"]),
    ("sample", &[]),
];

/// A library, and the only places where it is named, with the reason.
const QUARANTINE: [(&str, &[&str], &str); 9] = [
    ("use gstreamer", &["src/media/", "src/output/"], "GStreamer is C: one wall around it"),
    ("gstreamer::", &["src/media/", "src/output/"], "the same"),
    ("gst::", &["src/media/", "src/output/"], "the same, by its short name"),
    ("livekit::", &["src/room/", "crates/libwebrtc/"], "the room layer can change without the rest"),
    ("libwebrtc::", &["src/room/", "crates/libwebrtc/"], "the facade is `room`'s business"),
    ("str0m", &["crates/rtc/"], "the transport can change without the rest"),
    ("livekit_api::", &["src/room/", "src/job/token.rs"], "LiveKit's services are asked in one place"),
    (
        "std::env::",
        &["src/config/", "src/supervisor/launch.rs", "crates/rig/"],
        "the environment has one reader",
    ),
    ("indicatif", &["src/cli/", "src/telemetry/"], "only the command line draws on terminals"),
];

/// Files and directories without I/O, clock or runtime: time and bytes are arguments.
const PURE: [&str; 19] = [
    "src/job/",
    "src/timeline/",
    "src/sample.rs",
    "src/e2ee/",
    "src/media/layout/",
    "src/output/mp4/",
    "src/recorder/doubts.rs",
    "src/recorder/failures.rs",
    "src/recorder/questions.rs",
    "src/recorder/rejoin.rs",
    "src/recorder/roster.rs",
    "src/room/order.rs",
    "src/supervisor/restart.rs",
    "src/cli/status.rs",
    "crates/rtc/src/depacket/",
    "crates/rtc/src/e2ee/",
    "crates/rtc/src/reorder.rs",
    "crates/rtc/src/engine/relay_server.rs",
    "crates/rtc/src/engine/turn.rs",
];

/// What purity excludes.
const IMPURE: [&str; 8] = [
    "tokio::",
    "std::fs",
    "std::net::Tcp",
    "std::net::Udp",
    "Instant::now",
    "SystemTime::now",
    "std::env::",
    "std::thread",
];

fn bands(file: &Source) -> Vec<String> {
    let module = file.path.trim_start_matches("src/").split(['/', '.']).next().unwrap_or_default();
    let Some((_, allowed)) = MAY_KNOW.iter().find(|(name, _)| *name == module) else {
        return match module {
            "lib" | "main" => vec![],
            _ => vec![format!("module `{module}` has no row in the table of bands")],
        };
    };
    let mut breaches = Vec::new();
    for (line, text) in file.code() {
        for after in text.split("crate::").skip(1) {
            let named = after.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
            let known = MAY_KNOW.iter().any(|(name, _)| *name == named);
            if known && named != module && !allowed.contains(&named) {
                breaches.push(format!("{line}: `{module}` may not know `{named}`"));
            }
        }
    }
    breaches
}

fn quarantine(file: &Source) -> Vec<String> {
    let mut breaches = Vec::new();
    for (library, doors, reason) in QUARANTINE {
        if doors.iter().any(|door| file.path.starts_with(door)) {
            continue;
        }
        for (line, text) in file.code().filter(|(_, text)| names(text, library)) {
            breaches.push(format!("{line}: `{library}` belongs in {doors:?} ({reason}): {}", text.trim()));
        }
    }
    breaches
}

/// Whether a line of code names a library, as a whole word: not in `x_gstreamer`, not in a string.
fn names(line: &str, library: &str) -> bool {
    line.match_indices(library).any(|(at, _)| {
        let before = &line[..at];
        let inside_a_string = before.matches('"').count() % 2 == 1;
        !inside_a_string && !before.ends_with(|c: char| c.is_alphanumeric() || c == '_')
    })
}

fn purity(file: &Source) -> Vec<String> {
    if !PURE.iter().any(|pure| file.path.starts_with(pure)) {
        return vec![];
    }
    let mut breaches = Vec::new();
    for (line, text) in file.code() {
        for word in IMPURE.iter().filter(|word| text.contains(**word)) {
            breaches.push(format!("{line}: `{word}` in a pure file"));
        }
    }
    breaches
}

/// What is compiled into the product.
fn product() -> Vec<Source> {
    let mut files = sources("src", "rs");
    files.extend(sources("crates", "rs"));
    files.retain(|file| {
        !file.is_test() && !file.path.contains("/examples/") && !file.path.contains("/benches/")
    });
    files
}

#[test]
fn bands_point_forward() {
    let mut files = product();
    files.retain(|file| file.path.starts_with("src/"));
    keep(&files, bands);
    let media = Source::of("src/media/x.rs", "use crate::room::Seat;\n// crate::cli in a comment\n");
    assert_eq!(bands(&media), ["1: `media` may not know `room`"]);
    assert_eq!(bands(&Source::of("src/new/x.rs", "")).len(), 1);
}

#[test]
fn libraries_stay_behind_their_doors() {
    keep(&product(), quarantine);
    for text in ["use gstreamer as gst;\n", "let x = std::env::var(\"X\");\n", "use livekit::Room;\n"] {
        assert_eq!(quarantine(&Source::of("src/job/x.rs", text)).len(), 1, "{text}");
    }
    assert_eq!(quarantine(&Source::of("src/job/x.rs", "about(\"gstreamer\"); my_livekit::x();\n")), [""; 0]);
}

#[test]
fn pure_files_are_pure() {
    keep(&product(), purity);
    for pure in PURE {
        let there = product().iter().any(|file| file.path.starts_with(pure));
        assert!(there, "{pure} is gone: take it off the list");
    }
    assert_eq!(purity(&Source::of("src/job/x.rs", "let t = Instant::now();\n")).len(), 1);
    assert_eq!(purity(&Source::of("src/job/x.rs", "#[cfg(test)]\nlet t = Instant::now();\n")), [""; 0]);
}
