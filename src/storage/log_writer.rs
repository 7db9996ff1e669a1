//! The one writer of a log: whole fragments, unbuffered, synced each second, fenced by an exclusive lock.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::error::Context;
use super::recording::sync_dir;
use super::scan::{ScanError, scan};
use super::{RecordingDir, StorageError, lock};
use crate::output::mp4::{FormatError, FragmentWriter, HEAD_LEN, Head, HeadState, Resume, Tables};
use crate::sample::{AudioConfig, VideoConfig};

/// How long written bytes wait for `fdatasync`: what a power cut may cost.
pub const SYNC_INTERVAL: Duration = Duration::from_secs(1);

/// How long a writer waits for its predecessor to let go of the log.
const PATIENCE: Duration = Duration::from_secs(1);

/// An open log.
#[derive(Debug)]
pub struct LogWriter {
    file: File,
    path: PathBuf,
    status: LogStatus,
    unsynced_since: Option<Instant>,
}

/// How a log stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LogStatus {
    /// Bytes of head and whole fragments.
    pub bytes: u64,
    /// Of these, bytes that would survive a power cut.
    pub synced: u64,
    /// The longest that bytes waited until they were synced.
    pub worst_lag: Duration,
    /// The longest that one `fdatasync` took: the disk's own part of it.
    pub worst_sync: Duration,
}

impl LogWriter {
    /// Opens the recording's log for appending: makes it where there is none, else cuts a torn tail off and goes on
    /// behind the last whole fragment. `created` is the time of day in seconds since the Unix epoch, for a new log.
    /// The [`Resume`] is for [`FragmentWriter::resume`]; its `end` is 0 where nothing was recorded before.
    ///
    /// # Errors
    /// `LogHeld` where another writer keeps the log for a second; `Closed`; `Format` where the log isn't ours or can't
    /// take these configurations ([`FormatError::Clock`], [`FormatError::HeadFull`]); `DiskFull`, `Io`.
    pub fn open(
        recording: &RecordingDir,
        video: &VideoConfig,
        audio: &AudioConfig,
        created: u64,
    ) -> Result<(Self, Resume), StorageError> {
        let path = recording.log_path();
        let file = open_locked(&path, true)?;
        let len = file.metadata().context("read", &path)?.len();
        let mut log = Self { file, path, status: LogStatus::default(), unsynced_since: None };
        let resume =
            if len < HEAD_LEN as u64 { log.begin(video, audio, created)? } else { log.go_on(video, audio)? };
        log.status.synced = log.status.bytes;
        Ok((log, resume))
    }

    /// Appends one fragment, and syncs when it is time. `now` is the monotonic clock's.
    ///
    /// # Errors
    /// `DiskFull`, `Io`: nothing of this fragment is left in the log, and what was there before is untouched.
    pub fn append(&mut self, fragment: &[u8], now: Instant) -> Result<(), StorageError> {
        if let Err(error) = self.file.write_all_at(fragment, self.status.bytes) {
            // A second failure changes nothing: closing cuts the same tail off.
            drop(self.file.set_len(self.status.bytes));
            return Err(error).context("append to", &self.path);
        }
        self.status.bytes = self.status.bytes.saturating_add(fragment.len() as u64);
        self.unsynced_since.get_or_insert(now);
        self.tick(now)
    }

    /// Syncs if bytes have waited for [`SYNC_INTERVAL`]; to be called now and then when nothing is appended.
    ///
    /// # Errors
    /// `DiskFull`, `Io`: it isn't known which bytes since the last sync would survive a power cut.
    pub fn tick(&mut self, now: Instant) -> Result<(), StorageError> {
        match self.unsynced_since {
            Some(since) if now.saturating_duration_since(since) >= SYNC_INTERVAL => self.sync(),
            _ => Ok(()),
        }
    }

    /// Syncs now.
    ///
    /// # Errors
    /// As [`Self::tick`].
    pub fn sync(&mut self) -> Result<(), StorageError> {
        let Some(since) = self.unsynced_since else { return Ok(()) };
        let begun = Instant::now();
        self.file.sync_data().context("sync", &self.path)?;
        let done = Instant::now();
        self.unsynced_since = None;
        self.status.synced = self.status.bytes;
        self.status.worst_sync = self.status.worst_sync.max(done.saturating_duration_since(begun));
        self.status.worst_lag = self.status.worst_lag.max(done.saturating_duration_since(since));
        Ok(())
    }

    /// How the log stands.
    pub fn status(&self) -> LogStatus {
        self.status
    }

    fn begin(
        &mut self,
        video: &VideoConfig,
        audio: &AudioConfig,
        created: u64,
    ) -> Result<Resume, StorageError> {
        let fragments = FragmentWriter::new(video, audio, Duration::ZERO).created_at(created);
        let bytes = fragments.init_segment().map_err(|error| self.format(error))?;
        let head = Head::parse(&bytes).map_err(|error| self.format(error))?;
        self.file.set_len(0).context("write", &self.path)?;
        self.file
            .write_all_at(&bytes, 0)
            .and_then(|()| self.file.sync_data())
            .context("write", &self.path)?;
        sync_dir(self.path.parent().unwrap_or(Path::new("/")))?;
        self.status.bytes = bytes.len() as u64;
        let tables = Tables::new(&head.movie);
        self.resume(head, &tables, video, audio)
    }

    fn go_on(&mut self, video: &VideoConfig, audio: &AudioConfig) -> Result<Resume, StorageError> {
        let found = match scan(&&self.file) {
            Ok(found) => found,
            Err(ScanError::Io(error)) => return Err(error).context("read", &self.path),
            Err(ScanError::Format(error)) => return Err(self.format(error)),
        };
        if found.head.state != HeadState::Live {
            return Err(StorageError::Closed(self.path.clone()));
        }
        self.file.set_len(found.end).context("cut the torn end off", &self.path)?;
        self.file.sync_data().context("sync", &self.path)?;
        self.status.bytes = found.end;
        self.resume(found.head, &found.tables, video, audio)
    }

    fn resume(
        &mut self,
        mut head: Head,
        tables: &Tables,
        video: &VideoConfig,
        audio: &AudioConfig,
    ) -> Result<Resume, StorageError> {
        let (descriptions, patches) = head.describe(video, audio).map_err(|error| self.format(error))?;
        for patch in patches {
            let written = self.file.write_all_at(&patch.bytes, patch.at).and_then(|()| self.file.sync_data());
            written.context("write the head of", &self.path)?;
        }
        Ok(Resume::new(&head, descriptions, tables, audio))
    }

    fn format(&self, error: FormatError) -> StorageError {
        StorageError::format(&self.path, error)
    }
}

/// Opens a log and takes its writer's lock, making sure that it still has its name: a delivered log has another.
pub(super) fn open_locked(path: &Path, create: bool) -> Result<File, StorageError> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(create).truncate(false).mode(0o666);
    let file = options.open(path).context("open", path)?;
    if !lock::exclusive_within(&file, PATIENCE).context("lock", path)? {
        return Err(StorageError::LogHeld(path.to_owned()));
    }
    let (ours, named) = (file.metadata().context("read", path)?, std::fs::metadata(path));
    match named {
        Ok(named) if (named.dev(), named.ino()) == (ours.dev(), ours.ino()) => Ok(file),
        Ok(_) => Err(StorageError::Closed(path.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(StorageError::Closed(path.to_owned())),
        Err(error) => Err(error).context("read", path),
    }
}
