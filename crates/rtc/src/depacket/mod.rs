//! RTP payloads to frames, one file per codec. Byte exact: what is authenticated must arrive as the
//! sender's encryption saw it, so nothing is trimmed, reordered or repaired.
//!
//! Hostile payloads are refused; nothing is allocated by a length that a payload claims.

mod assembly;
mod av1;
mod h264;
mod h265;
mod units;
mod vp8;
mod vp9;
mod whole;

use crate::Codec;

pub(crate) use assembly::Assembled;

/// A payload that can't be part of the frame being put together, which is lost with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the payload makes no sense here")]
pub(crate) struct Malformed;

/// Puts the payloads of one frame together. The caller knows where frames end (marker, time stamp)
/// and that no packet is missing in between.
pub(crate) trait Depacketizer: std::fmt::Debug + Send {
    /// Whether a frame can begin with this payload: asked after a loss, when the packet before is
    /// not known.
    fn begins_frame(&self, payload: &[u8]) -> bool;

    /// Takes the next payload of the frame. After an error: `reset`.
    fn push(&mut self, payload: &[u8]) -> Result<(), Malformed>;

    /// Takes the frame out; `None` if it is empty or a part of it has no end.
    fn finish(&mut self) -> Option<Assembled>;

    /// Forgets what was taken so far.
    fn reset(&mut self);
}

/// The depacketizer of a codec.
pub(crate) fn depacketizer(codec: Codec) -> Box<dyn Depacketizer> {
    match codec {
        Codec::Vp8 => Box::new(vp8::Vp8::default()),
        Codec::Vp9 => Box::new(vp9::Vp9::default()),
        Codec::H264 => Box::new(h264::H264::default()),
        Codec::H265 => Box::new(h265::H265::default()),
        Codec::Av1 => Box::new(av1::Av1::default()),
        Codec::Opus | Codec::Red | Codec::Pcmu | Codec::Pcma => Box::new(whole::Whole::default()),
    }
}

#[cfg(test)]
mod tests;
