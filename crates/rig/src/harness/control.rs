//! An ordinary subscriber made with LiveKit's own SDK, for comparison (`tests/rig/subscriber.py`).

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use serde::Deserialize;

use super::process::{Process, aborted};
use super::server::credentials;
use super::{PATIENCE, Scratch, python, rig_file};

/// What it is called in messages.
const NAME: &str = "subscriber.py";
/// How often it may begin: the SDK's native library was seen to abort, once in some dozens of runs.
const TRIES: u32 = 3;

/// A subscriber that is measuring.
#[derive(Debug)]
pub struct Control {
    command: Command,
    process: Process,
    seconds: u32,
}

/// What it measured of one participant.
#[derive(Debug, Clone, Deserialize)]
pub struct Measured {
    /// Frames received and read.
    pub frames: u32,
    /// Frames captured between the first and the last.
    pub span: u32,
    /// Those that were not received.
    pub missing: u32,
    /// Beep minus flash.
    pub offset_ms: Option<Offset>,
}

/// Sound against picture, in milliseconds.
#[derive(Debug, Clone, Deserialize)]
pub struct Offset {
    /// With its sign: positive when sound is late.
    pub median: f64,
    /// 95th percentile of the magnitudes.
    pub p95_abs: f64,
}

#[derive(Deserialize)]
struct Said {
    participants: BTreeMap<String, Measured>,
}

impl Control {
    /// Joins, subscribes to so many participants, and measures for so long.
    ///
    /// # Errors
    /// When it can't be started.
    pub fn start(
        scratch: &Scratch,
        url: &str,
        room: &str,
        participants: u8,
        seconds: u32,
        key: Option<&str>,
    ) -> Result<Self> {
        let mut command = Command::new(python()?);
        command.arg(rig_file("subscriber.py")).args(["--url", url, "--room", room]);
        command.args(["--participants", &participants.to_string(), "--seconds", &seconds.to_string()]);
        if let Some(key) = key {
            command.args(["--e2ee-key-env", "RIG_E2EE_KEY"]).env("RIG_E2EE_KEY", key);
        }
        credentials(&mut command).current_dir(scratch.path());
        let process = Process::start(NAME, &mut command)?;
        Ok(Self { command, process, seconds })
    }

    /// Waits for the figures, by identity. What it measured counts, whatever becomes of it afterwards; when its
    /// library aborts before, it measures anew.
    ///
    /// # Errors
    /// When it fails or takes too long.
    pub fn measured(mut self) -> Result<BTreeMap<String, Measured>> {
        let limit = PATIENCE + Duration::from_secs(u64::from(self.seconds));
        for _ in 0..TRIES {
            let status = self.process.wait(limit)?;
            let lines = self.process.stdout();
            let said = lines.iter().rev().find_map(|line| serde_json::from_str::<Said>(&line.text).ok());
            if let Some(said) = said {
                return Ok(said.participants);
            }
            let stderr = self.process.stderr();
            ensure!(aborted(status), "{NAME}: {status}: {stderr:?}");
            println!("{NAME} aborted and measures anew: {stderr:?}");
            self.process = Process::start(NAME, &mut self.command)?;
        }
        bail!("{NAME} aborts each time")
    }
}
