//! livetape records LiveKit rooms from the server side, end-to-end encrypted ones included.
//!
//! ```text
//!  ASK      cli                                     → a Plan, checked before anything starts
//!  RUN      supervisor (parent) ⇄ one child process per job
//!  CAPTURE  room (livekit crate) → e2ee → encoded frames → timeline (one clock for the room)
//!  PRODUCE  media: decode → compose · mix → encode
//!  DELIVER  output (mp4 fragments) → storage (spool: one append-only log) → closed file
//! ```
//!
//! The modules below stand in the order of that flow. Bands point forward; CAPTURE, PRODUCE and
//! DELIVER never import each other: only `recorder` (the child's composition) sees all of them.

pub mod cli;
pub mod config;
pub mod job;
pub mod supervisor;
pub mod telemetry;

pub mod recorder;

pub mod e2ee;
pub mod room;
pub mod timeline;

pub mod media;

pub mod output;
pub mod storage;

pub mod sample;
