//! One recording's directory in the spool.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::Context;
use super::{ChildIdentity, ParentLock, RecordingMeta, StorageError, lock};

/// Longer than whoever lists the spool holds a lock to see whether it is held.
const GLANCE: Duration = Duration::from_millis(50);

/// A directory with `log.mp4`, `meta.json`, `child.json` and `lock`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordingDir {
    path: PathBuf,
}

/// How a recording in the spool stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordingState {
    /// A parent is in charge: it records, restarts its child, or closes.
    Recording,
    /// The child records on, but its parent is gone.
    Orphaned,
    /// Nobody is at it, and it isn't closed.
    Interrupted,
    /// An ordinary MP4, not yet delivered or removed.
    Closed,
}

impl RecordingDir {
    /// The directory at this path; that it exists is found out by use.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    pub(super) fn create(path: PathBuf, meta: &RecordingMeta) -> Result<Self, StorageError> {
        fs::DirBuilder::new().mode(0o700).create(&path).context("create", &path)?;
        let recording = Self { path };
        recording.write_meta(meta)?;
        sync_dir(recording.path.parent().unwrap_or(Path::new("/")))?;
        Ok(recording)
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The job's id: the directory's name.
    pub fn id(&self) -> String {
        self.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }

    /// The log.
    pub fn log_path(&self) -> PathBuf {
        self.path.join("log.mp4")
    }

    /// Reads `meta.json`.
    ///
    /// # Errors
    /// `Io`, `Json`.
    pub fn meta(&self) -> Result<RecordingMeta, StorageError> {
        read_json(&self.path.join("meta.json"))
    }

    /// Replaces `meta.json`; a reader sees the old or the new one, after a power cut too.
    ///
    /// # Errors
    /// `Io`, `DiskFull`.
    pub fn write_meta(&self, meta: &RecordingMeta) -> Result<(), StorageError> {
        self.write_json("meta.json", meta)
    }

    /// Who writes the log, as it said itself; `None` before it did.
    ///
    /// # Errors
    /// `Io`, `Json`.
    pub fn child(&self) -> Result<Option<ChildIdentity>, StorageError> {
        match read_json(&self.path.join("child.json")) {
            Ok(child) => Ok(Some(child)),
            Err(StorageError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(other) => Err(other),
        }
    }

    /// Says who writes the log; the child does this before it opens it.
    ///
    /// # Errors
    /// `Io`, `DiskFull`.
    pub fn write_child(&self, child: &ChildIdentity) -> Result<(), StorageError> {
        self.write_json("child.json", child)
    }

    /// Puts the caller in charge, until the lock is dropped.
    ///
    /// # Errors
    /// `InUse` where another process is; `Io`.
    pub fn lock_parent(&self) -> Result<ParentLock, StorageError> {
        let file = self.lock_file()?;
        if lock::exclusive_within(&file, GLANCE).context("lock", &self.path)? {
            Ok(ParentLock::new(file))
        } else {
            Err(StorageError::InUse(self.id()))
        }
    }

    /// Whether a parent is in charge.
    pub(super) fn has_parent(&self) -> Result<bool, StorageError> {
        lock::is_held(&self.lock_file()?).context("look at the lock of", &self.path)
    }

    /// Deletes the directory and all in it; the caller is in charge, and no child writes.
    ///
    /// # Errors
    /// `LogHeld` where a child does write; `Io`.
    pub fn remove(self, charge: ParentLock) -> Result<(), StorageError> {
        let log = self.log_path();
        match File::open(&log) {
            Ok(file) if !lock::exclusive_within(&file, GLANCE).context("lock", &log)? => {
                return Err(StorageError::LogHeld(log));
            }
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error).context("open", &log),
            _ => {}
        }
        fs::remove_dir_all(&self.path).context("remove", &self.path)?;
        drop(charge);
        sync_dir(self.path.parent().unwrap_or(Path::new("/")))
    }

    fn lock_file(&self) -> Result<File, StorageError> {
        let path = self.path.join("lock");
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true).mode(0o600).open(&path).context("open", &path)
    }

    fn write_json(&self, name: &str, value: &impl Serialize) -> Result<(), StorageError> {
        let path = self.path.join(name);
        let fresh = self.path.join(format!(".{name}.new"));
        let text = serde_json::to_vec_pretty(value)
            .map_err(|source| StorageError::Json { path: path.clone(), source })?;
        let mut options = OpenOptions::new();
        let mut file = options
            .create(true)
            .truncate(true)
            .write(true)
            .mode(0o600)
            .open(&fresh)
            .context("create", &fresh)?;
        file.write_all(&text).and_then(|()| file.sync_all()).context("write", &fresh)?;
        fs::rename(&fresh, &path).context("replace", &path)?;
        sync_dir(&self.path)
    }
}

fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, StorageError> {
    let text = fs::read(path).context("read", path)?;
    serde_json::from_slice(&text).map_err(|source| StorageError::Json { path: path.to_owned(), source })
}

/// Makes the names in a directory survive a power cut.
pub(super) fn sync_dir(path: &Path) -> Result<(), StorageError> {
    File::open(path).and_then(|dir| dir.sync_all()).context("sync", path)
}
