//! What can go wrong between a recording and its disk.

use std::io;
use std::path::{Path, PathBuf};

use crate::output::mp4::FormatError;

/// Why the spool couldn't do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The disk (or the quota) is full. A log still is a whole number of fragments.
    #[error("no space left to {what} {}", path.display())]
    DiskFull {
        /// What was tried.
        what: &'static str,
        /// On which file.
        path: PathBuf,
    },
    /// Any other failure of the file system.
    #[error("can't {what} {}: {source}", path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Bytes that aren't a log of ours, or a request that the log's format has no room for.
    #[error("{}: {source}", path.display())]
    Format {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        source: FormatError,
    },
    /// A JSON file of the spool can't be read.
    #[error("{} is damaged: {source}", path.display())]
    Json {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// Another process is in charge of the recording.
    #[error("the recording {0} is in use by another livetape process")]
    InUse(String),
    /// A writer holds the log and could not be ended.
    #[error("another process still writes {}", .0.display())]
    LogHeld(PathBuf),
    /// The log was closed (or delivered): nothing can be appended.
    #[error("{} is closed already", .0.display())]
    Closed(PathBuf),
    /// Nothing of that name in the spool.
    #[error("there is no recording {0} in the spool")]
    NoSuchRecording(String),
    /// A name that can't be one of a recording.
    #[error("{0:?} can't name a recording")]
    BadId(String),
    /// Others could read recordings in this directory.
    #[error("the spool directory {} is open to other users: chmod 700 it", .0.display())]
    SpoolOpen(PathBuf),
}

impl StorageError {
    /// Whether space on the disk is what is missing.
    pub fn is_disk_full(&self) -> bool {
        matches!(self, Self::DiskFull { .. })
    }

    pub(super) fn format(path: &Path, source: FormatError) -> Self {
        Self::Format { path: path.to_owned(), source }
    }
}

/// Names what was tried, for whoever reads the error.
pub(super) trait Context<T> {
    fn context(self, what: &'static str, path: &Path) -> Result<T, StorageError>;
}

impl<T, E: Into<io::Error>> Context<T> for Result<T, E> {
    fn context(self, what: &'static str, path: &Path) -> Result<T, StorageError> {
        self.map_err(|error| {
            let (source, path) = (error.into(), path.to_owned());
            match source.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                    StorageError::DiskFull { what, path }
                }
                _ => StorageError::Io { what, path, source },
            }
        })
    }
}
