//! Canvas, cadence and bit rates of the programme.

use serde::{Deserialize, Serialize};

/// How the programme is encoded. Units: pixels, frames and bits per second.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Encoding {
    /// Width of the canvas in pixels, even.
    pub width: u32,
    /// Height of the canvas in pixels, even.
    pub height: u32,
    /// Frames per second.
    pub fps: u32,
    /// Video bit rate in kbit/s.
    pub video_kbps: u32,
    /// Audio bit rate in kbit/s.
    pub audio_kbps: u32,
    /// Longest distance between keyframes, in seconds.
    pub key_frame_interval_s: u32,
}
