//! Starts a recorder: this program again, with nothing of our environment that it doesn't need.

use std::io;
use std::path::PathBuf;
use std::process::Stdio;

use serde::Serialize;
use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command as Process};
use zeroize::Zeroizing;

use super::Lines;
use super::footprint::MALLOC;
use super::protocol::{Command, Order};
use super::watch::Patience;

/// The variables that a child is given, when they are set, and why. Everything else stays out: the
/// environment is where API secrets and room keys live.
///
/// A name ending in `*` stands for all that begin with it.
const CHILD_ENV: [(&str, &str); 12] = [
    ("PATH", "GStreamer's plugin scanner and font tools start helpers"),
    ("HOME", "where GStreamer's registry and fontconfig's cache are kept"),
    ("XDG_CACHE_HOME", "the same, moved"),
    ("XDG_DATA_DIRS", "where fonts are"),
    ("GST_*", "plugin paths and debug level: an operator's business"),
    ("FONTCONFIG_*", "which fonts are used"),
    ("LANG", "encoding of messages"),
    ("LD_LIBRARY_PATH", "GStreamer beside the system's own"),
    ("SSL_CERT_FILE", "the roots that the server's certificate is checked against"),
    ("SSL_CERT_DIR", "the same, as a directory"),
    ("TMPDIR", "where code generators of codecs put their files"),
    ("TZ", "times in GStreamer's debug output"),
];

/// More than any line with keys of ordinary length takes, in bytes.
const LINE_ROOM: usize = 64 * 1024;

/// How children are started.
#[derive(Debug, Clone)]
pub struct Launcher {
    /// What is executed, with the arguments `child` and what follows.
    pub program: PathBuf,
    /// The child's log filter (`RUST_LOG`).
    pub log_filter: String,
    /// Whether the child writes its log as JSON.
    pub log_json: bool,
    /// Whether the child's log comes through us (a status line is on the terminal) or goes straight to stderr.
    pub relay_log: bool,
    /// How long the child is waited for.
    pub patience: Patience,
}

/// A running child and the three pipes to it.
#[derive(Debug)]
pub struct Seat {
    /// The process.
    pub child: Child,
    /// Orders to it.
    pub stdin: ChildStdin,
    /// What it reports.
    pub reports: Lines<ChildStdout>,
    /// Its log, where we relay it.
    pub log: Option<Lines<ChildStderr>>,
}

impl Launcher {
    /// Children of this very program, even when its file was replaced by an upgrade.
    pub fn this_program(log_filter: String, log_json: bool, relay_log: bool) -> Self {
        Self {
            program: PathBuf::from("/proc/self/exe"),
            log_filter,
            log_json,
            relay_log,
            patience: Patience::default(),
        }
    }

    /// A child's command line and environment.
    pub fn command(&self) -> Process {
        let mut command = Process::new(&self.program);
        command.arg("child").env_clear().envs(child_environment()).env("RUST_LOG", &self.log_filter);
        command.env(MALLOC.0, MALLOC.1);
        if self.log_json {
            command.args(["--log-format", "json"]);
        }
        // A group of its own: Ctrl-C on the terminal reaches us only, and we say Stop.
        command.process_group(0);
        command
    }

    /// Starts a child and gives it its order.
    ///
    /// # Errors
    /// The process can't be started, or is gone before it took the order.
    pub async fn launch(&self, order: &Order) -> io::Result<Seat> {
        let log = if self.relay_log { Stdio::piped() } else { Stdio::inherit() };
        let mut child = self
            .command()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            // It outlives us: what it records is worth more than our order.
            .kill_on_drop(false)
            .spawn()?;
        let missing = || io::Error::other("a pipe to the recorder is missing");
        let mut stdin = child.stdin.take().ok_or_else(missing)?;
        let reports = Lines::new(child.stdout.take().ok_or_else(missing)?);
        let log = child.stderr.take().map(Lines::new);
        say(&mut stdin, order).await?;
        Ok(Seat { child, stdin, reports, log })
    }
}

impl Seat {
    /// Tells the child something.
    ///
    /// # Errors
    /// It is gone.
    pub async fn tell(&mut self, command: &Command) -> io::Result<()> {
        say(&mut self.stdin, command).await
    }
}

/// Writes one line. There may be keys in it: it is wiped, and room is made at the start, so that no copy is left
/// behind in growing.
async fn say(stdin: &mut ChildStdin, message: &impl Serialize) -> io::Result<()> {
    let mut line = Zeroizing::new(Vec::with_capacity(LINE_ROOM));
    serde_json::to_writer(&mut *line, message)?;
    line.push(b'\n');
    stdin.write_all(&line).await?;
    stdin.flush().await
}

#[expect(clippy::disallowed_methods, reason = "passes on what a child needs, by the list above")]
fn child_environment() -> Vec<(std::ffi::OsString, std::ffi::OsString)> {
    std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(is_needed)).collect()
}

fn is_needed(name: &str) -> bool {
    CHILD_ENV.iter().any(|(pattern, _)| match pattern.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix),
        None => name == *pattern,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_stay_with_the_parent() {
        for name in [
            "LIVEKIT_API_SECRET",
            "LIVEKIT_API_KEY",
            "ROOM_KEY",
            "AWS_SECRET_ACCESS_KEY",
            "LD_PRELOAD",
            "GST",
        ] {
            assert!(!is_needed(name), "{name}");
        }
        for name in ["PATH", "GST_PLUGIN_PATH", "GST_DEBUG", "SSL_CERT_FILE", "FONTCONFIG_PATH"] {
            assert!(is_needed(name), "{name}");
        }
    }
}
