//! The spool: a directory per recording with its append-only log, and what becomes of it: closing (which is
//! recovery), delivery, removal. Everything here blocks; callers on an async runtime use `spawn_blocking`.
//!
//! The layout on disk, the log's format and the guarantees are described in `docs/spool.md`.

mod child;
mod close;
mod deliver;
mod disk;
mod error;
mod lock;
mod log_writer;
mod meta;
mod recording;
mod scan;
mod spool;

pub use child::ChildIdentity;
pub use close::ClosedLog;
pub use deliver::deliver;
pub use error::StorageError;
pub use lock::ParentLock;
pub use log_writer::{LogStatus, LogWriter, SYNC_INTERVAL};
pub use meta::RecordingMeta;
pub use recording::{RecordingDir, RecordingState};
pub use spool::{Recovered, Spool, SpoolEntry};

#[cfg(test)]
mod tests;
