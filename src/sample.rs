//! What the programme hands to its outputs: encoded samples on one time line, and what decodes them.
//!
//! Time zero is the first picture or sound of the recording. Times are signed nanoseconds, because a
//! decoding time may lie before zero where the encoder reorders frames (ISO/IEC 14496-12, 8.6.1).

use bytes::Bytes;

/// One of the programme's two tracks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Track {
    /// The composed picture.
    Video,
    /// The mixed sound.
    Audio,
}

/// How the video track decodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VideoConfig {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Frames per second.
    pub fps: u32,
    /// `AVCDecoderConfigurationRecord` (ISO/IEC 14496-15, 5.3.3.1); samples carry 4-byte NAL lengths.
    pub avcc: Bytes,
}

/// How the audio track decodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AudioConfig {
    /// Samples per second.
    pub sample_rate: u32,
    /// Channels, interleaved order of the codec.
    pub channels: u16,
    /// `AudioSpecificConfig` (ISO/IEC 14496-3, 1.6.2.1).
    pub asc: Bytes,
    /// Bits per second the encoder was asked for.
    pub bitrate: u32,
    /// Samples the encoder puts before the first real one (its delay); outputs take them out.
    pub priming: u32,
}

/// One encoded access unit of one track.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// Which track it belongs to.
    pub track: Track,
    /// When it is shown or heard, in nanoseconds from time zero.
    pub pts: i64,
    /// When it is decoded, in nanoseconds from time zero.
    pub dts: i64,
    /// How long it lasts, in nanoseconds.
    pub duration: u64,
    /// Whether decoding can begin here.
    pub sync: bool,
    /// The access unit (video: length-prefixed NAL units; audio: one raw AAC frame).
    pub data: Bytes,
}
