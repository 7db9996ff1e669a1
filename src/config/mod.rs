//! What an operator may set. Files and environment are read here and nowhere else.
//!
//! Layers, first one wins: command line, environment, the operator's file, built-in defaults
//! (`config/record.toml`). Every mistake is collected; nothing here decides whether a value is right:
//! that is [`crate::job::Plan`]'s work.

mod environment;
mod flags;
mod gather;
mod key_files;
mod keys;
mod record;
mod secret_file;

pub use environment::Environment;
pub use flags::RecordFlags;
pub use gather::{gather, spool_dir};
pub use key_files::KeyFiles;
pub use record::RecordConfig;
