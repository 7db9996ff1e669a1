//! The parent's side of a job: find the room, launch a child, watch it, close what it wrote.
//!
//! The parent sits in no room and touches no media. What it promises: a child's death costs nothing that
//! the child wrote, and every job ends with one [`crate::job::Outcome`].

mod clock;
pub mod deliver;
mod footprint;
mod hardening;
mod job;
mod keys;
mod launch;
mod lines;
mod observer;
mod places;
mod preflight;
pub mod protocol;
mod restart;
mod rooms;
mod signals;
mod watch;

pub use clock::wall_nanos;
pub use footprint::small_pages;
pub use hardening::no_core_dumps;
pub use job::run;
pub use launch::Launcher;
pub use lines::Lines;
pub use observer::Observer;
pub use places::{check_output, check_spool};
pub use preflight::{preflight, say as say_preflight};
pub use signals::Signals;

#[cfg(test)]
mod tests;
