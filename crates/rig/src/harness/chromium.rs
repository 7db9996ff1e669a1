//! Participants made with LiveKit's web SDK in Chromium (`tests/rig/chromium`).

use std::process::Command;

use anyhow::Result;

use super::{PublishOptions, Publishers, Scratch, python, web_sdk};

impl Publishers {
    /// Starts them, all in one page, and waits until all have published. Options are those of `browser.py`.
    ///
    /// # Errors
    /// When they can't join or publish within [`PATIENCE`](super::PATIENCE).
    pub fn in_chromium(scratch: &Scratch, url: &str, room: &str, options: &PublishOptions) -> Result<Self> {
        let mut command = Command::new(python()?);
        command.env("LIVETAPE_RIG_WEB_SDK", web_sdk()?);
        Self::launch("chromium/browser.py", command, scratch, url, room, options)
    }
}
