//! MP4, written by ourselves (ISO/IEC 14496-12, -14 and -15): fragments while recording, one ordinary movie at the
//! end. Sans-IO: bytes come out of one side and go into the other; files are `storage`'s business.
//!
//! ```text
//!  samples → FragmentWriter → head, fragments     (a recording's log, playable as fragmented MP4)
//!  log → Head, Fragment → Tables → Movie::closed  (what closing appends; then it patches the head)
//! ```

mod boxes;
mod crc;
mod entry;
mod error;
mod fragment_reader;
mod fragment_writer;
mod head;
mod movie;
mod movie_reader;
mod reader;
mod runs;
mod tables;
mod ticks;

pub use crc::Crc32c;
pub use error::FormatError;
pub use fragment_reader::{
    Fragment, FragmentSize, MAX_MOOF, SampleEntry, TRAILER_LEN, TrackRun, trailer_crc,
};
pub use fragment_writer::{FRAGMENT, FragmentWriter, Resume};
pub use head::{HEAD_LEN, Head, HeadState, Patch};
pub use movie::Movie;
pub use tables::Tables;

#[cfg(test)]
pub(crate) mod tests;
