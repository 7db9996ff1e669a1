//! One clock for the room: where each frame stands on the programme's running time.
//!
//! Pure code; arrivals are passed in. RTP times of one track are even but say nothing about other
//! tracks; arrivals relate tracks but jitter; sender reports (RFC 3550, 6.4.1) relate the tracks of
//! one participant exactly, but come seconds late. So:
//!
//! - a track is placed by its **fastest** packets ([`MinDelay`]): delay only ever adds;
//! - **sound leads**: a participant's sound is never moved to fit a picture, for a moved sound is
//!   heard and a moved picture isn't seen;
//! - once both tracks have a sender report, the **picture follows** the sound by the sender's own
//!   clock, gently.

mod cadence;
mod min_delay;
mod participant;
mod track;

pub use cadence::Cadence;
pub use min_delay::MinDelay;
pub use participant::ParticipantClock;
pub use track::{Kind, Placed, TrackClock};

/// Nanoseconds in a second.
const SECOND: i64 = 1_000_000_000;
/// Nanoseconds in a millisecond.
const MILLISECOND: i64 = 1_000_000;

/// Turns RTP ticks into nanoseconds without overflow for any 64-bit tick count of a real clock rate.
fn ticks_to_ns(ticks: i64, clock_rate: u32) -> i64 {
    let ns = i128::from(ticks) * i128::from(SECOND) / i128::from(clock_rate.max(1));
    i64::try_from(ns).unwrap_or(if ticks < 0 { i64::MIN / 4 } else { i64::MAX / 4 })
}
