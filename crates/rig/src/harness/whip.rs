//! Participants that play clips over WHIP (`tests/rig/whip`): codecs that no SDK at hand sends, and many participants
//! for little.

use std::process::Command;

use anyhow::Result;
use serde_json::json;

use super::tools::{clips, whip};
use super::{Publishers, Scratch};

/// Who plays what; the identity is `p0`, `p1`, …
#[derive(Debug, Clone)]
pub struct Player {
    /// Its room.
    pub room: String,
    /// Its number.
    pub number: u8,
    /// Which of its clips it shows, such as `h265-640x360`; `tests/rig/clips.py` has the list. Empty: no camera.
    pub video: String,
    /// In which codec it is heard: `opus`, `red`, `pcmu`, `pcma`, as far as there are clips. Empty: no microphone.
    pub audio: String,
}

impl Player {
    /// With camera and microphone.
    #[must_use]
    pub fn new(room: &str, number: u8, video: &str, audio: &str) -> Self {
        Self { room: room.to_owned(), number, video: video.to_owned(), audio: audio.to_owned() }
    }
}

impl Publishers {
    /// Starts players, in clear, and waits until all of them send. They begin together, with a whole second of the
    /// wall clock (`zero` of the event `ready`), at counter 0; after forty seconds the clips begin again. They take no
    /// commands.
    ///
    /// # Errors
    /// When they can't join or publish within [`PATIENCE`](super::PATIENCE).
    pub fn play(scratch: &Scratch, url: &str, players: &[Player]) -> Result<Self> {
        let person =
            |p: &Player| json!({ "room": p.room, "number": p.number, "video": p.video, "audio": p.audio });
        let people: Vec<_> = players.iter().map(person).collect();
        let mut command = Command::new(whip()?);
        command.args(["--url", url, "--people", &json!(people).to_string()]).arg("--clips").arg(clips()?);
        Self::run(scratch, "whip", &mut command)
    }
}
