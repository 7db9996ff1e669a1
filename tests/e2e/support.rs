//! What every scenario starts with.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use livetape_rig::check::{Report, check};
use livetape_rig::harness::{
    Host, LiveKitServer, Network, Outcome, PublishOptions, Publishers, Recorder, Recording, Scratch,
};

/// Frames a second that publishers capture.
pub const FPS: u32 = 30;
pub const ROOM: &str = "demo";
pub const KEY: &str = "correct horse battery staple";

/// A server and a place for files. Fields are dropped in this order: the scratch looks for leftovers last.
pub struct Stage {
    pub server: LiveKitServer,
    pub recorder: Recorder,
    /// What lies between the server and the recorder, when they aren't on one machine.
    pub network: Option<Network>,
    pub film: PathBuf,
    pub scratch: Scratch,
}

impl Stage {
    pub fn new() -> Result<Self> {
        Self::on(Scratch::new()?, None, "")
    }

    /// The server and its publishers are on one machine, the recorder on another.
    pub fn across(network: impl FnOnce() -> Result<Network>) -> Result<Self> {
        // One scenario at a time: its network too.
        let scratch = Scratch::new()?;
        let network = network()?;
        Self::on(scratch, Some(network), "")
    }

    /// With more configuration for the server.
    pub fn configured(scratch: Scratch, more: &str) -> Result<Self> {
        Self::on(scratch, None, more)
    }

    fn on(scratch: Scratch, network: Option<Network>, more: &str) -> Result<Self> {
        std::fs::write(scratch.join("key.txt"), format!("{KEY}\n"))?;
        let here = || (Host::here(), Host::here());
        let (room, recorder) = network.as_ref().map_or_else(here, |n| (n.room(), n.recorder()));
        Ok(Self {
            server: LiveKitServer::start_at(&room, &scratch, more)?,
            recorder: Recorder::new(env!("CARGO_BIN_EXE_livetape"), &scratch).at(recorder),
            network,
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

    /// Two encrypted participants of one process, where the server is.
    pub fn publish_two(&self) -> Result<Publishers> {
        let options = PublishOptions::encrypted(2, KEY);
        Publishers::start_at(self.server.host(), &self.scratch, &self.server.url(), ROOM, &options)
    }

    /// The film, looked at and listened to.
    pub fn report(&self) -> Result<Report> {
        check(&self.film, FPS, &[])
    }
}

/// Both participants are seen and heard until the end.
pub fn both_to_the_end(report: &Report) -> Result<()> {
    ensure!(report.participants.len() == 2, "{}", report.brief());
    for person in &report.participants {
        let (seen, heard) = (person.seen.context("a camera")?, person.heard.context("a microphone")?);
        let end = report.facts.duration - 0.5;
        ensure!(seen.to > end && heard.to > end, "{}", report.brief());
    }
    Ok(())
}

/// Both are there to the end, and neither lacks more than `most` seconds of picture or sound in a row; tells how much.
pub fn both_lack_at_most(report: &Report, what: &str, most: f64) -> Result<()> {
    both_to_the_end(report)?;
    for person in &report.participants {
        let (picture, sound) = (person.longest_unseen(FPS), person.longest_unheard());
        println!("{what}: p{} lacks {picture:.2} s of picture, {sound:.2} s of sound", person.number);
        ensure!(picture <= most && sound <= most, "{}", report.brief());
    }
    Ok(())
}

/// Waits for an end that must be a success.
pub fn finish(recording: Recording, limit: Duration) -> Result<Outcome> {
    let outcome = recording.wait(limit)?;
    ensure!(outcome.status.success(), "{}: {}", outcome.status, outcome.stderr);
    Ok(outcome)
}
