//! What was asked for, as it came: text from flags, files and variables, nothing checked.

use std::path::PathBuf;

use super::{GivenKey, Secret};

/// A value that came from outside.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Given<T> {
    /// Nobody gave it.
    #[default]
    Absent,
    /// It was given and can't be had; the mistake is noted already.
    Unreadable,
    /// Here it is.
    Present(T),
}

/// An order for one recording, unchecked. [`super::Plan`] is what comes out when all of it is right.
#[derive(Debug, Clone)]
pub struct Request {
    /// The server's URL.
    pub url: Option<String>,
    /// The room's name.
    pub room: Option<String>,
    /// The API key.
    pub api_key: Given<Secret>,
    /// The API secret.
    pub api_secret: Given<Secret>,
    /// The room's keys.
    pub keys: Vec<GivenKey>,
    /// How the keys' text stands for bytes.
    pub key_encoding: Option<String>,
    /// How frame keys are derived.
    pub kdf: Option<String>,
    /// Where the recording goes: a template.
    pub output: Option<String>,
    /// The directory that a relative output starts from.
    pub cwd: PathBuf,
    /// A layout's name.
    pub layout: String,
    /// A preset's name.
    pub preset: String,
    /// Audio bit rate, kbit/s.
    pub audio_kbps: u32,
    /// Longest distance between keyframes, seconds.
    pub key_frame_interval_s: u32,
    /// End after this span.
    pub duration: Option<String>,
    /// How long to wait for the room.
    pub wait_for_room: String,
    /// How often to look for it.
    pub poll_interval: String,
    /// Whether tokens may travel in clear to any host.
    pub insecure: bool,
    /// The spool's directory.
    pub spool: PathBuf,
}
