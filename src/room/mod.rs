//! Our hidden seat in a LiveKit room: members, tracks and encoded frames, in our own words.
//!
//! The only place that knows the `livekit` crate. What comes from here is hostile until checked:
//! names are cleaned where they are drawn, frames are opened before they are decoded.

mod directory;
mod event;
mod order;
mod seat;
mod translate;

pub use directory::{Directory, DirectoryError};
pub use event::{Encryption, Frames, Member, MemberKind, Received, SeatEvent, TrackFacts};
pub use seat::{JoinError, Seat, SeatOptions};
