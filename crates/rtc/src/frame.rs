//! Frames on their way from the wire to a decoder. A decoder can't be handed a sealed frame: they
//! are different types.

use std::time::Instant;

use bytes::{Bytes, BytesMut};

use crate::Codec;
use crate::keyframe::is_keyframe;

/// The newest RTCP sender report of a track (RFC 3550, 6.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SenderReport {
    /// Sender's wall clock, nanoseconds since the Unix epoch.
    pub ntp_ns: i64,
    /// The RTP time of that instant, unwrapped as the frames' RTP times are.
    pub rtp_time: u64,
}

/// What sealed and open frames have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrameMeta {
    /// The codec of the payload.
    pub codec: Codec,
    /// Nothing was lost between the previous frame and this one.
    pub contiguous: bool,
    /// RTP time stamp, unwrapped to 64 bits.
    pub rtp_time: u64,
    /// Ticks of `rtp_time` per second.
    pub clock_rate: u32,
    /// When the frame's first packet came in.
    pub arrival: Instant,
    /// The newest sender report, where one has come.
    pub sender_report: Option<SenderReport>,
}

/// A whole frame as the SFU delivered it: perhaps encrypted, never to be decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedFrame {
    /// Codec, times, continuity.
    pub meta: FrameMeta,
    /// Payload after depacketisation, byte exact (H.264/H.265: Annex B with 4-byte start codes). The
    /// frame's own, so that it can be opened where it lies.
    pub data: BytesMut,
    /// Where each separately sealed unit of `data` ends (VP9: one per spatial layer, the last one
    /// ends with `data`); empty when `data` is a single unit.
    pub unit_ends: Vec<usize>,
}

impl SealedFrame {
    /// Whether decoding can begin at this frame, sealed or not; `None` where its codec hides that.
    pub(crate) fn starts_decoding(&self) -> Option<bool> {
        let codec = self.meta.codec;
        let hidden = matches!(codec, Codec::Vp9 | Codec::Av1);
        (!hidden).then(|| is_keyframe(codec, &self.data))
    }
}

/// A frame that a decoder may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenFrame {
    /// Codec, times, continuity.
    pub meta: FrameMeta,
    /// Decoding can begin here (always true for sound).
    pub keyframe: bool,
    /// The encoded frame; of RED the whole payload ([`Unwrapper`](crate::Unwrapper) takes it apart).
    pub data: Bytes,
}
