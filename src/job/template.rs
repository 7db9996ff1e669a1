//! Where a recording goes: a path with the Egress API's variables, filled in once the room is known.

use std::path::{Path, PathBuf};

use time::OffsetDateTime;
use time::macros::format_description;

/// Endings of files that Egress knows; a wrong one is replaced, others stay part of the name.
const KNOWN_ENDINGS: [&str; 9] = ["mp4", "ogg", "mp3", "webm", "ivf", "ts", "m3u8", "jpeg", "jpg"];

/// The ending of what we write.
const ENDING: &str = "mp4";

/// Longest value of a variable, in bytes: two of them and some text fit a file name (255 bytes).
const VALUE_LIMIT: usize = 100;

/// What is known of a room when its recording begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts<'a> {
    /// The room's session (`RM_…`).
    pub room_id: &'a str,
    /// The room's name, as hostile as anyone may make it.
    pub room_name: &'a str,
    /// When the recording was asked for, UTC.
    pub now: OffsetDateTime,
}

/// A path with variables, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    RoomId,
    RoomName,
    Time,
    Utc,
}

impl Template {
    /// Reads a template: `{room_id}`, `{room_name}`, `{time}` and `{utc}` are filled in later.
    ///
    /// # Errors
    /// One line: it is empty, a brace is left open, or a variable is unknown.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("no file name".to_owned());
        }
        if text.contains('\0') {
            return Err("a file name can't hold a zero byte".to_owned());
        }
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            if !before.is_empty() {
                pieces.push(Piece::Text(before.to_owned()));
            }
            let (name, tail) = after.split_once('}').ok_or_else(|| format!("`{text}` leaves a `{{` open"))?;
            pieces.push(match name {
                "room_id" => Piece::RoomId,
                "room_name" => Piece::RoomName,
                "time" => Piece::Time,
                "utc" => Piece::Utc,
                _ => {
                    return Err(format!(
                        "unknown variable `{{{name}}}`; there are {{room_id}}, {{room_name}}, {{time}}, {{utc}}"
                    ));
                }
            });
            rest = tail;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        Ok(Self { pieces })
    }

    /// The directory that is surely used, before any variable: what can be checked before the room is known.
    pub fn fixed_directory(&self, cwd: &Path) -> PathBuf {
        let fixed = match self.pieces.first() {
            Some(Piece::Text(text)) => text.as_str(),
            _ => "",
        };
        let directory = fixed.rfind('/').and_then(|end| fixed.get(..=end)).unwrap_or("");
        cwd.join(directory)
    }

    /// The path, absolute when `cwd` is.
    ///
    /// Values never bring a separator, a leading dot or a control character along, so a path leaves the
    /// directory that its fixed text names only where that text itself says so. An empty file name
    /// becomes `{room_name}-{time}`; a wrong known ending is replaced, a missing one added.
    pub fn resolve(&self, cwd: &Path, facts: &Facts<'_>) -> PathBuf {
        let mut text = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(fixed) => text.push_str(fixed),
                Piece::RoomId => text.push_str(&sanitise(facts.room_id)),
                Piece::RoomName => text.push_str(&sanitise(facts.room_name)),
                Piece::Time => text.push_str(&time_of(facts.now)),
                Piece::Utc => text.push_str(&utc_of(facts.now)),
            }
        }
        let split = text.rfind('/').map_or(0, |slash| slash + 1);
        let (directory, name) = text.split_at_checked(split).unwrap_or(("", &text));
        let name = match name {
            "" | "." | ".." => format!("{}-{}", sanitise(facts.room_name), time_of(facts.now)),
            name => name.to_owned(),
        };
        cwd.join(directory).join(with_ending(&name))
    }
}

/// `2006-01-02T150405`, UTC.
fn time_of(now: OffsetDateTime) -> String {
    now.format(format_description!("[year]-[month]-[day]T[hour][minute][second]")).unwrap_or_default()
}

/// `20060102150405` and milliseconds, UTC.
fn utc_of(now: OffsetDateTime) -> String {
    now.format(format_description!("[year][month][day][hour][minute][second][subsecond digits:3]"))
        .unwrap_or_default()
}

fn with_ending(name: &str) -> String {
    match name.rsplit_once('.') {
        Some((_, ending)) if ending.eq_ignore_ascii_case(ENDING) => name.to_owned(),
        Some((stem, ending))
            if !stem.is_empty() && KNOWN_ENDINGS.contains(&ending.to_ascii_lowercase().as_str()) =>
        {
            format!("{stem}.{ENDING}")
        }
        _ => format!("{name}.{ENDING}"),
    }
}

/// Makes a value fit to be part of one file name: no separators, no control or direction-changing
/// characters, no leading dot, at most a hundred bytes, never empty.
pub fn sanitise(value: &str) -> String {
    let mut clean = String::new();
    for c in value.chars() {
        let c = match c {
            '/' | '\\' => '_',
            c if c.is_control() || is_invisible(c) => '_',
            '.' if clean.is_empty() => '_',
            c => c,
        };
        if clean.len() + c.len_utf8() > VALUE_LIMIT {
            break;
        }
        clean.push(c);
    }
    if clean.is_empty() { "_".to_owned() } else { clean }
}

/// Characters that reorder or hide others: bidi controls (UAX #9), zero-width ones, line separators.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::macros::datetime;

    use super::*;

    fn resolve(template: &str, room_name: &str) -> String {
        let facts = Facts { room_id: "RM_abc", room_name, now: datetime!(2026-11-23 01:02:03.045 UTC) };
        let path = Template::parse(template).unwrap().resolve(Path::new("/w"), &facts);
        path.to_str().unwrap().to_owned()
    }

    #[test]
    fn variables_are_filled_in_as_egress_does() {
        for (template, path) in [
            ("out.mp4", "/w/out.mp4"),
            ("/a/b.mp4", "/a/b.mp4"),
            ("{room_name}/{room_id}-{time}.mp4", "/w/demo/RM_abc-2026-11-23T010203.mp4"),
            ("x-{utc}", "/w/x-20261123010203045.mp4"),
            ("calls/", "/w/calls/demo-2026-11-23T010203.mp4"),
            ("{room_name}/", "/w/demo/demo-2026-11-23T010203.mp4"),
            ("..", "/w/demo-2026-11-23T010203.mp4"),
            ("out.OGG", "/w/out.mp4"),
            ("v1.2", "/w/v1.2.mp4"),
            ("out", "/w/out.mp4"),
            ("out.MP4", "/w/out.MP4"),
            ("../up.mp4", "/w/../up.mp4"),
        ] {
            assert_eq!(resolve(template, "demo"), path, "{template}");
        }
    }

    #[test]
    fn hostile_rooms_stay_where_they_belong() {
        for (room, path) in [
            ("../../etc/cron.d/x", "/w/d/_._.._etc_cron.d_x/f.mp4"),
            ("..", "/w/d/_./f.mp4"),
            (".", "/w/d/_/f.mp4"),
            ("", "/w/d/_/f.mp4"),
            ("/abs", "/w/d/_abs/f.mp4"),
            ("a\\b\u{202e}c\n", "/w/d/a_b_c_/f.mp4"),
            ("{time}", "/w/d/{time}/f.mp4"),
        ] {
            assert_eq!(resolve("d/{room_name}/f.mp4", room), path, "{room:?}");
        }
        assert_eq!(resolve("{room_name}", &"ü".repeat(300)).len(), "/w/".len() + 100 + ".mp4".len());
    }

    #[test]
    fn what_is_refused() {
        for (template, says) in [
            ("", "no file name"),
            ("{track_id}.mp4", "unknown variable `{track_id}`"),
            ("{}", "unknown variable `{}`"),
            ("{Room_Name}", "unknown variable"),
            ("a{room_id", "leaves a `{` open"),
            ("a\0b", "zero byte"),
        ] {
            let error = Template::parse(template).unwrap_err();
            assert!(error.contains(says), "{template}: {error}");
        }
    }

    #[test]
    fn the_directory_that_can_be_checked_early() {
        for (template, directory) in [
            ("out.mp4", "/w/"),
            ("a/b/out.mp4", "/w/a/b/"),
            ("/abs/{room_name}/x.mp4", "/abs/"),
            ("a/pre-{time}/x.mp4", "/w/a/"),
            ("{room_name}/x/y.mp4", "/w/"),
            ("/x.mp4", "/"),
        ] {
            let got = Template::parse(template).unwrap().fixed_directory(Path::new("/w"));
            assert_eq!(got, Path::new(directory), "{template}");
        }
    }

    proptest! {
        #[test]
        fn no_room_name_leaves_the_directory(room in ".{0,80}") {
            let path = resolve("d/{room_name}/{room_name}.mp4", &room);
            let tail = path.strip_prefix("/w/d/").unwrap();
            let parts: Vec<_> = tail.split('/').collect();
            prop_assert_eq!(parts.len(), 2);
            prop_assert!(parts.iter().all(|part| *part != "." && *part != ".." && !part.is_empty()));
        }
    }
}
