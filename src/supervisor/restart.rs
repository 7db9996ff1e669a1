//! What happens when a recorder dies without a word: the restart policy.

use crate::job::Cause;

/// What to do about a dead recorder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Restart {
    /// Close what it wrote and end the job.
    Close(Cause),
}

/// Decides. A second child could append to the same log; until it does, the recording ends here, with
/// all that was written.
pub fn after_death(how: &str) -> Restart {
    Restart::Close(Cause::Broken { error: format!("the recorder died ({how})"), code: 500 })
}
