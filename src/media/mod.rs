//! The programme: decode, compose and mix, encode once.
//!
//! ```text
//!  VideoInput ─ decode bin ─┐
//!  VideoInput ─ decode bin ─┴ compositor ─ gate ─ labels ─ x264 ─┐
//!                                                                ├ Tap ─ ProgrammeEvents
//!  AudioInput ─ decode bin ─┐                                    │
//!  AudioInput ─ decode bin ─┴ audiomixer ─ gate ──────────  aac ─┘
//! ```
//!
//! It promises a constant cadence whoever comes or goes, times that begin at zero for both tracks, and
//! that one participant's bad media harms that participant's tile only. It knows no network, no files,
//! and no keys; GStreamer is used nowhere else but in `output`.

mod bin;
mod branch;
mod error;
mod event;
mod g711;
mod gate;
mod inbox;
mod input;
mod intake;
mod keeper;
mod layout;
mod opus;
mod outbox;
mod paint;
mod preflight;
mod programme;
mod pulse;
mod scene;
mod size;
mod tap;

pub use error::MediaError;
pub use event::ProgrammeEvent;
pub use input::{AudioInput, Pushed, VideoInput};
pub use outbox::ProgrammeEvents;
pub use preflight::{MissingElement, preflight};
pub use programme::{Programme, ProgrammeSpec};
pub use pulse::Pulse;
pub use scene::{Scene, SourceId, Tile, TileState};

/// Samples per second of all sound from decoder to encoder.
const SAMPLE_RATE: u32 = 48_000;
/// Stereo, always.
const CHANNELS: u16 = 2;
/// 32-bit floats, interleaved.
const BYTES_PER_FRAME: usize = 8;

#[cfg(test)]
mod tests;
