//! What the programme tells the recorder.

use crate::media::SourceId;
use crate::sample::{AudioConfig, Sample, VideoConfig};

/// One event of the running programme, in order.
#[derive(Debug)]
pub enum ProgrammeEvent {
    /// Both encoders have said how their tracks decode; comes once, before the first sample.
    Configured {
        /// The picture.
        video: VideoConfig,
        /// The sound.
        audio: AudioConfig,
    },
    /// An encoded access unit.
    Sample(Sample),
    /// The decoder of this source needs a keyframe.
    NeedKeyframe(SourceId),
    /// All that was captured has come out; nothing follows.
    Finished,
    /// The programme broke; nothing follows.
    Failed(String),
}
