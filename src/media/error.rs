//! Why a programme can't be made.

use livetape_rtc::Codec;

use super::MissingElement;

/// What keeps a programme, or one input of it, from starting. All of it is the machine's or our own
/// fault, never a participant's: bad media is dropped, not an error.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// The GStreamer library doesn't start.
    #[error("GStreamer does not start: {0}")]
    Init(String),
    /// Elements are not installed; all of them are named at once.
    #[error("GStreamer elements are missing: {}", list(.0))]
    Missing(Vec<MissingElement>),
    /// A bin of `pipelines/` can't be built or started.
    #[error("pipeline `{bin}`: {reason}")]
    Bin {
        /// Its name below `pipelines/`.
        bin: &'static str,
        /// What GStreamer said.
        reason: String,
    },
    /// The codec can't be decoded here, or is of the other kind (sound, picture).
    #[error("no decoder for {0:?} here")]
    Codec(Codec),
}

fn list(missing: &[MissingElement]) -> String {
    missing.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
