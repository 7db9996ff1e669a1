//! A directory for one test, and the last word on what the test left behind.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Result;
use rustix::process::Signal;
use tempfile::TempDir;

use super::process::{signal_pid, wait_until};

/// Set, it keeps the directories of tests, for a look at what they left.
const KEEP: &str = "LIVETAPE_RIG_KEEP";

/// Figures of two scenarios at once would be figures of neither.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// A directory that goes with the test. Dropping it fails the test when a process still has its working
/// directory or a file in it; such processes are killed.
#[derive(Debug)]
pub struct Scratch {
    dir: TempDir,
    _alone: MutexGuard<'static, ()>,
}

impl Scratch {
    /// Makes the directory, once no other test of this process has one.
    ///
    /// # Errors
    /// When the machine's temporary directory can't be written.
    pub fn new() -> Result<Self> {
        // A test that failed is no reason not to run the next.
        let alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let mut dir = TempDir::with_prefix("livetape-rig-")?;
        if std::env::var_os(KEEP).is_some() {
            dir.disable_cleanup(true);
            println!("kept: {}", dir.path().display());
        }
        Ok(Self { dir, _alone: alone })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// A path in it.
    #[must_use]
    pub fn join(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    /// Processes that use something in it: id and command.
    #[must_use]
    pub fn users(&self) -> Vec<(u32, String)> {
        let all = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        let pids = all.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
        pids.filter(|&pid| pid != std::process::id() && uses(pid, self.path()))
            .map(|pid| {
                let command = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
                (pid, String::from_utf8_lossy(&command).replace('\0', " "))
            })
            .collect()
    }
}

fn uses(pid: u32, dir: &Path) -> bool {
    let open = std::fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    let links = open.map(|entry| entry.path()).chain([PathBuf::from(format!("/proc/{pid}/cwd"))]);
    links.filter_map(|link| std::fs::read_link(link).ok()).any(|target| target.starts_with(dir))
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // A process that is ending at this moment is no leftover.
        if wait_until(Duration::from_secs(2), || self.users().is_empty()) {
            return;
        }
        let left = self.users();
        for (pid, _) in &left {
            // It may have ended since.
            let _ = signal_pid(*pid, Signal::KILL);
        }
        if !std::thread::panicking() && !left.is_empty() {
            panic!("left behind: {left:?}");
        }
    }
}
