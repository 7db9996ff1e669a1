//! The `livetape` binary, run as a user would.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use anyhow::Result;
use rustix::process::Signal;

use super::process::{Line, Process};
use super::server::credentials;
use super::tools::recorder_cache;
use super::{Host, Scratch, Usage};

/// The binary and the environment it runs in.
#[derive(Debug, Clone)]
pub struct Recorder {
    host: Host,
    binary: PathBuf,
    home: PathBuf,
    environment: Vec<(String, OsString)>,
}

/// A running `livetape`.
#[derive(Debug)]
pub struct Recording {
    process: Process,
    started: Instant,
}

/// How a run ended.
#[derive(Debug)]
pub struct Outcome {
    /// Its exit status.
    pub status: ExitStatus,
    /// From start to end.
    pub took: Duration,
    /// Its stdout.
    pub stdout: String,
    /// Its stderr.
    pub stderr: String,
}

impl Recorder {
    /// This binary (`env!("CARGO_BIN_EXE_livetape")`), with a home and a spool in the scratch.
    #[must_use]
    pub fn new(binary: impl AsRef<Path>, scratch: &Scratch) -> Self {
        let home = scratch.join("home");
        // It is started in another directory.
        let binary = std::path::absolute(&binary).unwrap_or_else(|_| binary.as_ref().to_owned());
        Self { host: Host::here(), binary, home, environment: Vec::new() }
    }

    /// On this host.
    #[must_use]
    pub fn at(mut self, host: Host) -> Self {
        self.host = host;
        self
    }

    /// With one more environment variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.environment.push((name.to_owned(), value.into()));
        self
    }

    /// Starts it with these arguments.
    ///
    /// # Errors
    /// When it can't be started.
    pub fn start(&self, args: &[&str]) -> Result<Recording> {
        std::fs::create_dir_all(&self.home)?;
        std::fs::create_dir_all(recorder_cache())?;
        let mut command = self.host.command(&self.binary);
        // The rig's environment is not the user's: no proxy, no cache, no other spool.
        command.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        command.env("HOME", &self.home).env("TMPDIR", &self.home).env("LANG", "C.UTF-8");
        command.env("XDG_CACHE_HOME", recorder_cache());
        credentials(&mut command).args(args).current_dir(&self.home);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        let started = Instant::now();
        Ok(Recording { process: Process::start("livetape", &mut command)?, started })
    }

    /// Runs it to its end.
    ///
    /// # Errors
    /// When it doesn't end in time.
    pub fn run(&self, args: &[&str], limit: Duration) -> Result<Outcome> {
        self.start(args)?.wait(limit)
    }
}

impl Recording {
    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// The processes that capture for it.
    #[must_use]
    pub fn children(&self) -> Vec<u32> {
        self.process.children()
    }

    /// CPU time and memory of it and its children so far.
    #[must_use]
    pub fn usage(&self) -> Usage {
        Usage::of(self.pid())
    }

    /// What it wrote to stderr so far.
    #[must_use]
    pub fn stderr(&self) -> Vec<Line> {
        self.process.stderr()
    }

    /// Asks it to finish (SIGTERM).
    ///
    /// # Errors
    /// When it is gone already.
    pub fn stop(&self) -> Result<()> {
        self.process.signal(Signal::TERM)
    }

    /// Interrupts it (SIGINT).
    ///
    /// # Errors
    /// When it is gone already.
    pub fn interrupt(&self) -> Result<()> {
        self.process.signal(Signal::INT)
    }

    /// Kills it with -9; its children live on.
    ///
    /// # Errors
    /// When it is gone already.
    pub fn kill(&self) -> Result<()> {
        self.process.signal(Signal::KILL)
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// When it takes longer than `limit`.
    pub fn wait(mut self, limit: Duration) -> Result<Outcome> {
        let status = self.process.wait(limit)?;
        let text = |lines: Vec<Line>| lines.into_iter().map(|l| l.text + "\n").collect::<String>();
        let (stdout, stderr) = (text(self.process.stdout()), text(self.process.stderr()));
        Ok(Outcome { status, took: self.started.elapsed(), stdout, stderr })
    }
}
