//! What the process says of itself: a log on stderr, apart from what it was asked for on stdout.
//!
//! Field names are dotted and carry their units (`job.id`, `recorded_ms`). No secret is a field: they
//! are types that don't print.

mod console;
mod log;

pub use console::Console;
pub use log::{LogFormat, install};
