//! Standard error, shared by the log and a status line.

use std::io::{self, IsTerminal as _, Write};
use std::sync::{Arc, Mutex, PoisonError};

use indicatif::ProgressBar;

/// Writes to stderr without tearing the status line apart. Write errors are swallowed: whoever reads the
/// log may be gone, and no recording ends for that.
#[derive(Clone, Default)]
pub struct Console {
    line: Arc<Mutex<Option<ProgressBar>>>,
}

impl Console {
    /// Whether a person is watching.
    pub fn is_terminal(&self) -> bool {
        io::stderr().is_terminal()
    }

    /// Puts a status line at the bottom of the terminal.
    pub fn put(&self, line: ProgressBar) {
        *self.lock() = Some(line);
    }

    /// Takes the status line away.
    pub fn clear(&self) {
        if let Some(line) = self.lock().take() {
            line.finish_and_clear();
        }
    }

    /// Writes one line above the status line.
    pub fn say(&self, text: &str) {
        self.write_bytes(format!("{text}\n").as_bytes());
    }

    fn write_bytes(&self, bytes: &[u8]) {
        let write = || {
            let _ = io::stderr().lock().write_all(bytes);
        };
        match &*self.lock() {
            Some(line) => line.suspend(write),
            None => write(),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<ProgressBar>> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for Console {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_bytes(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
