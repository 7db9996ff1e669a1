//! Who wants to know how a job goes.

use super::protocol::Report;

/// Hears what happens, and shows it to a person or a log. Called from the watching task: must not block.
pub trait Observer: Send {
    /// The room isn't there; it is waited for.
    fn waiting(&mut self, room: &str);
    /// The recorder said something.
    fn report(&mut self, report: &Report);
    /// A line of the recorder's log, where it isn't written straight to ours.
    fn relay(&mut self, line: &str);
    /// It was asked to stop.
    fn stopping(&mut self);
}
