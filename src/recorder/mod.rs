//! One recording, from the seat in the room to the last synced byte of its log.
//!
//! This is the child's composition: the only place that knows every stage.
//!
//! ```text
//! Seat ─ frames ─▶ Feed (a task a track: open, place) ─▶ Programme ─ samples ─▶ LogKeeper (a thread)
//!   └─ events ─▶ Recorder (one task) ─ scene ─▶ Programme           └─ log.mp4 in the spool
//! ```
//!
//! It never speaks to a store, a grant or a webhook: that is the parent's.

mod doubts;
mod failures;
mod feed;
mod keeper;
mod keys;
mod locks;
mod missing;
mod place;
mod questions;
mod rejoin;
mod roster;
mod run;
mod session;
mod sit;
mod standstill;

pub use missing::missing;
pub use run::run;
