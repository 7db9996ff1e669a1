//! The test rig: real servers and publishers to record from, and the checker that judges recordings.
//!
//! Nothing of the agent depends on it, and it depends on nothing of the agent: it sees what a user sees.

pub mod check;
pub mod harness;
pub mod truth;
