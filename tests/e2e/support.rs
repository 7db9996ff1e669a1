//! What every scenario starts with.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, ensure};
use livetape_rig::check::{Report, check};
use livetape_rig::harness::{LiveKitServer, Outcome, Recorder, Recording, Scratch};

/// Frames a second that publishers capture.
pub const FPS: u32 = 30;
pub const ROOM: &str = "demo";
pub const KEY: &str = "correct horse battery staple";

/// A server and a place for files. Fields are dropped in this order: the scratch looks for leftovers last.
pub struct Stage {
    pub server: LiveKitServer,
    pub recorder: Recorder,
    pub film: PathBuf,
    pub scratch: Scratch,
}

impl Stage {
    pub fn new() -> Result<Self> {
        let scratch = Scratch::new()?;
        std::fs::write(scratch.join("key.txt"), format!("{KEY}\n"))?;
        Ok(Self {
            server: LiveKitServer::start(&scratch)?,
            recorder: Recorder::new(env!("CARGO_BIN_EXE_livetape"), &scratch),
            film: scratch.join("film.mp4"),
            scratch,
        })
    }

    /// Starts `livetape record` on the room, with further flags.
    pub fn record(&self, more: &[&str]) -> Result<Recording> {
        self.record_at(&self.server.url(), more)
    }

    fn record_at(&self, url: &str, more: &[&str]) -> Result<Recording> {
        let film = self.film.to_string_lossy();
        self.recorder.start(&[&["record", "--url", url, "--room", ROOM, "--output", &film], more].concat())
    }

    /// Starts it with the key.
    pub fn record_encrypted(&self, more: &[&str]) -> Result<Recording> {
        self.record_encrypted_at(&self.server.url(), more)
    }

    /// The same by another way to the server.
    pub fn record_encrypted_at(&self, url: &str, more: &[&str]) -> Result<Recording> {
        let key = self.scratch.join("key.txt");
        self.record_at(url, &[&["--e2ee-key-file", &key.to_string_lossy()], more].concat())
    }

    /// The film, looked at and listened to.
    pub fn report(&self) -> Result<Report> {
        check(&self.film, FPS, &[])
    }
}

/// Waits for an end that must be a success.
pub fn finish(recording: Recording, limit: Duration) -> Result<Outcome> {
    let outcome = recording.wait(limit)?;
    ensure!(outcome.status.success(), "{}: {}", outcome.status, outcome.stderr);
    Ok(outcome)
}
