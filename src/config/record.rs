//! The defaults of `record`: the shape of `config/record.toml`, which has every key and its manual.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::job::Mistake;

/// The defaults that are built in.
const BUILT_IN: &str = include_str!("../../config/record.toml");

/// A configuration file of `record`. Every key may be left out; unknown ones are refused.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RecordConfig {
    /// The LiveKit server.
    pub server: Server,
    /// The room's key.
    pub e2ee: E2ee,
    /// Picture and sound.
    pub programme: Programme,
    /// The file.
    pub output: Output,
    /// Where recordings grow.
    pub spool: Spool,
}

/// `[server]`
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// Its URL.
    pub url: Option<String>,
    /// File with the API key.
    pub api_key_file: Option<PathBuf>,
    /// File with the API secret.
    pub api_secret_file: Option<PathBuf>,
    /// Whether tokens may travel in clear to any host.
    pub insecure: Option<bool>,
    /// How long to wait for the room.
    pub wait_for_room: Option<String>,
    /// How often to look for it.
    pub poll_interval: Option<String>,
}

/// `[e2ee]`
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct E2ee {
    /// File with the key of index 0.
    pub key_file: Option<PathBuf>,
    /// Files with further keys.
    pub keys: Option<Vec<KeyEntry>>,
    /// Whether key files may come later.
    pub late: Option<bool>,
    /// How its text stands for bytes.
    pub encoding: Option<String>,
    /// How frame keys are derived.
    pub kdf: Option<String>,
}

/// An entry of `keys` in `[e2ee]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyEntry {
    /// Whose frames the key opens; everyone's unless given.
    pub identity: Option<String>,
    /// The index that frames name it by.
    #[serde(default)]
    pub index: u8,
    /// File with the key.
    pub file: PathBuf,
}

/// `[programme]`
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Programme {
    /// A layout's name.
    pub layout: Option<String>,
    /// A preset's name.
    pub preset: Option<String>,
    /// AAC bit rate, kbit/s.
    pub audio_kbps: Option<u32>,
    /// Longest distance between keyframes, seconds.
    pub key_frame_interval_s: Option<u32>,
}

/// `[output]`
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Output {
    /// A path, with variables.
    pub path: Option<String>,
    /// End after this span.
    pub duration: Option<String>,
}

/// `[spool]`
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Spool {
    /// Its directory.
    pub dir: Option<PathBuf>,
}

impl RecordConfig {
    /// Reads a configuration from text; `about` names it in a mistake.
    ///
    /// # Errors
    /// The text isn't TOML, a key is unknown, or a value has the wrong type.
    pub fn parse(text: &str, about: &str) -> Result<Self, Mistake> {
        toml::from_str(text).map_err(|error| {
            let line =
                error.span().map(|span| text.get(..span.start).unwrap_or("").matches('\n').count() + 1);
            let place = line.map_or_else(|| about.to_owned(), |line| format!("{about}:{line}"));
            Mistake::new(place, error.message())
        })
    }

    /// The defaults that are built in.
    ///
    /// # Errors
    /// Never: a test loads them. The mistake is passed on like any other, so that nothing can panic.
    pub fn built_in() -> Result<Self, Mistake> {
        Self::parse(BUILT_IN, "config/record.toml")
    }

    /// Reads an operator's file.
    ///
    /// # Errors
    /// The file can't be read, or is wrong as in [`Self::parse`].
    pub fn load(path: &Path) -> Result<Self, Mistake> {
        let about = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| Mistake::new(&about, error.to_string()))?;
        Self::parse(&text, &about)
    }

    /// Takes every value of `self`, and those of `under` where there is none.
    #[must_use]
    pub fn over(self, under: Self) -> Self {
        let Self { server, e2ee, programme, output, spool } = self;
        Self {
            server: Server {
                url: server.url.or(under.server.url),
                api_key_file: server.api_key_file.or(under.server.api_key_file),
                api_secret_file: server.api_secret_file.or(under.server.api_secret_file),
                insecure: server.insecure.or(under.server.insecure),
                wait_for_room: server.wait_for_room.or(under.server.wait_for_room),
                poll_interval: server.poll_interval.or(under.server.poll_interval),
            },
            e2ee: E2ee {
                key_file: e2ee.key_file.or(under.e2ee.key_file),
                keys: e2ee.keys.or(under.e2ee.keys),
                late: e2ee.late.or(under.e2ee.late),
                encoding: e2ee.encoding.or(under.e2ee.encoding),
                kdf: e2ee.kdf.or(under.e2ee.kdf),
            },
            programme: Programme {
                layout: programme.layout.or(under.programme.layout),
                preset: programme.preset.or(under.programme.preset),
                audio_kbps: programme.audio_kbps.or(under.programme.audio_kbps),
                key_frame_interval_s: programme.key_frame_interval_s.or(under.programme.key_frame_interval_s),
            },
            output: Output {
                path: output.path.or(under.output.path),
                duration: output.duration.or(under.output.duration),
            },
            spool: Spool { dir: spool.dir.or(under.spool.dir) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_defaults_load() {
        let config = RecordConfig::built_in().unwrap();
        assert_eq!(config.programme.preset.as_deref(), Some("h264-720p30"));
        assert_eq!(config.programme.audio_kbps, Some(192));
        assert_eq!(config.server.insecure, Some(false));
    }

    #[test]
    fn every_commented_key_is_a_key() {
        let open: String = BUILT_IN
            .lines()
            .map(|line| match line.strip_prefix('#') {
                Some(rest) if rest.starts_with(|c: char| c.is_ascii_lowercase()) => rest,
                _ => line,
            })
            .fold(String::new(), |text, line| text + line + "\n");
        let config = RecordConfig::parse(&open, "config/record.toml").unwrap();
        // And every key of the struct is in the file: none is left without a value.
        assert!(!format!("{config:?}").contains("None"), "{config:?}");
    }

    #[test]
    fn unknown_keys_and_wrong_types_are_refused_with_their_line() {
        for (text, mistake) in [
            ("[server]\nulr = \"x\"\n", "f.toml:2: unknown field `ulr`"),
            ("[sever]\n", "f.toml:1: unknown field `sever`"),
            ("[programme]\n\naudio_kbps = \"192\"\n", "f.toml:3: invalid type"),
            ("[server\n", "f.toml:1: "),
        ] {
            let error = RecordConfig::parse(text, "f.toml").unwrap_err().to_string();
            assert!(error.starts_with(mistake), "{error}");
        }
    }

    #[test]
    fn an_operator_gives_only_what_differs() {
        let mine = RecordConfig::parse("[programme]\npreset = \"h264-1080p30\"\n", "f.toml").unwrap();
        let merged = mine.over(RecordConfig::built_in().unwrap());
        assert_eq!(merged.programme.preset.as_deref(), Some("h264-1080p30"));
        assert_eq!(merged.programme.layout.as_deref(), Some("grid"));
    }
}
