//! Decoded sound. Nothing here makes any; the type stands in signatures.

use std::borrow::Cow;

/// Interleaved 16-bit samples.
#[derive(Debug, Clone)]
pub struct AudioFrame<'a> {
    /// The samples.
    pub data: Cow<'a, [i16]>,
    /// Samples per second and channel.
    pub sample_rate: u32,
    /// Channels.
    pub num_channels: u32,
    /// Samples in each channel.
    pub samples_per_channel: u32,
}
