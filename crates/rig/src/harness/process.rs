//! A process of ours: its lines are kept, its end is waited for, and it never outlives its owner.

use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

/// Lines that a process wrote to one of its outputs, as they come.
#[derive(Debug, Default)]
struct Lines {
    kept: Mutex<Vec<Line>>,
    more: Condvar,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// When it was read.
    pub at: Instant,
    /// Without the newline.
    pub text: String,
}

/// A process that was started by the harness.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: Arc<Lines>,
    stderr: Arc<Lines>,
    readers: Vec<std::thread::JoinHandle<()>>,
    status: Option<ExitStatus>,
}

impl Process {
    /// Starts it; `name` is for messages.
    ///
    /// # Errors
    /// When it can't be started.
    pub fn start(name: &str, command: &mut Command) -> Result<Self> {
        let spawned = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = spawned.with_context(|| format!("starting {name}"))?;
        let (stdout, stderr) = (Arc::<Lines>::default(), Arc::<Lines>::default());
        let readers = [
            child.stdout.take().map(|pipe| read(pipe, Arc::clone(&stdout))),
            child.stderr.take().map(|pipe| read(pipe, Arc::clone(&stderr))),
        ];
        let stdin = child.stdin.take();
        let readers = readers.into_iter().flatten().collect();
        Ok(Self { name: name.to_owned(), child, stdin, stdout, stderr, readers, status: None })
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Its children's process ids, at this moment.
    #[must_use]
    pub fn children(&self) -> Vec<u32> {
        let pid = self.pid();
        let list = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
        list.unwrap_or_default().split_whitespace().filter_map(|pid| pid.parse().ok()).collect()
    }

    /// Writes a line to its stdin.
    ///
    /// # Errors
    /// When its stdin is closed.
    pub fn tell(&mut self, line: &str) -> Result<()> {
        let stdin = self.stdin.as_mut().context("stdin is closed")?;
        writeln!(stdin, "{line}")
            .and_then(|()| stdin.flush())
            .with_context(|| format!("telling {}", self.name))
    }

    /// Closes its stdin.
    pub fn close_stdin(&mut self) {
        self.stdin = None;
    }

    /// What it has written to stdout so far.
    #[must_use]
    pub fn stdout(&self) -> Vec<Line> {
        self.stdout.kept.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What it has written to stderr so far.
    #[must_use]
    pub fn stderr(&self) -> Vec<Line> {
        self.stderr.kept.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until what it wrote to stdout satisfies `wanted`.
    ///
    /// # Errors
    /// When it ends, or the time is over, before.
    pub fn wait_for<T>(&mut self, limit: Duration, wanted: impl Fn(&[Line]) -> Option<T>) -> Result<T> {
        let deadline = Instant::now() + limit;
        loop {
            let ended = self.child.try_wait()?.is_some();
            let mut kept = self.stdout.kept.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(found) = wanted(&kept) {
                return Ok(found);
            }
            if ended || Instant::now() >= deadline {
                drop(kept);
                bail!(
                    "{} {}: {}",
                    self.name,
                    if ended { "ended" } else { "took too long" },
                    self.last_words()
                );
            }
            let wait = self.stdout.more.wait_timeout(kept, Duration::from_millis(50));
            kept = wait.unwrap_or_else(PoisonError::into_inner).0;
            drop(kept);
        }
    }

    /// Sends a signal.
    ///
    /// # Errors
    /// When it is gone already.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        signal_pid(self.pid(), signal).with_context(|| self.name.clone())
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// When it takes longer than `limit`.
    pub fn wait(&mut self, limit: Duration) -> Result<ExitStatus> {
        let deadline = Instant::now() + limit;
        while self.status.is_none() {
            self.status = self.child.try_wait()?;
            if self.status.is_none() {
                if Instant::now() >= deadline {
                    bail!("{} doesn't end: {}", self.name, self.last_words());
                }
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        for reader in self.readers.drain(..) {
            // A grandchild may hold the pipe open: whatever it says later is not this process's word.
            if reader.is_finished() || wait_until(Duration::from_secs(1), || reader.is_finished()) {
                let _ = reader.join();
            }
        }
        self.status.with_context(|| format!("{} has no status", self.name))
    }

    /// Asks it to end, and ends it when it doesn't.
    ///
    /// # Errors
    /// When it had to be killed.
    pub fn end(&mut self, limit: Duration) -> Result<ExitStatus> {
        if self.status.is_none() && self.child.try_wait()?.is_none() {
            self.signal(Signal::TERM)?;
        }
        let ended = self.wait(limit);
        if ended.is_err() {
            self.child.kill()?;
            self.wait(Duration::from_secs(5))?;
        }
        ended
    }

    fn last_words(&self) -> String {
        let all = [self.stdout(), self.stderr()].concat();
        let last: Vec<String> = all.into_iter().rev().take(12).map(|l| l.text).collect();
        last.into_iter().rev().collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.stdin = None;
        if self.status.is_none() {
            // Failing here would hide why the test failed; what it leaves open is found by the scratch.
            let _ = self.end(Duration::from_secs(5));
        }
    }
}

/// Sends a signal to a process id.
///
/// # Errors
/// When there is no such process.
pub(super) fn signal_pid(pid: u32, signal: Signal) -> Result<()> {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).context("no process id")?;
    Ok(kill_process(pid, signal)?)
}

/// Whether a process ended by its own hand, as native code does that finds itself broken.
pub(super) fn aborted(status: ExitStatus) -> bool {
    status.signal() == Some(Signal::ABORT.as_raw())
}

/// Kills processes with -9.
///
/// # Errors
/// When one is gone already.
pub fn kill(pids: &[u32]) -> Result<()> {
    pids.iter().try_for_each(|&pid| signal_pid(pid, Signal::KILL))
}

/// Looks again every few milliseconds until `done`, or the time is over.
pub(super) fn wait_until(limit: Duration, mut done: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + limit;
    loop {
        if done() {
            return true;
        }
        if Instant::now() >= deadline {
            return false;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn read(pipe: impl Read + Send + 'static, lines: Arc<Lines>) -> std::thread::JoinHandle<()> {
    std::thread::spawn(move || {
        let mut reader = BufReader::new(pipe);
        let mut bytes = Vec::new();
        while reader.read_until(b'\n', &mut bytes).is_ok_and(|n| n > 0) {
            let text = String::from_utf8_lossy(&bytes).trim_end().to_owned();
            bytes.clear();
            lines.kept.lock().unwrap_or_else(PoisonError::into_inner).push(Line { at: Instant::now(), text });
            lines.more.notify_all();
        }
    })
}
