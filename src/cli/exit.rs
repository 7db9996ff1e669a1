//! Exit codes: an interface for scripts.

use crate::job::{Cause, Outcome, Verdict};

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// As asked.
    Ok,
    /// It failed; what was got is kept.
    Failed,
    /// What was asked for makes no sense; nothing was done.
    BadInput,
    /// The room isn't there.
    NoRoom,
}

impl Exit {
    /// The number that a shell sees.
    pub fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Failed => 1,
            Self::BadInput => 2,
            Self::NoRoom => 3,
        }
    }
}

impl From<&Outcome> for Exit {
    fn from(outcome: &Outcome) -> Self {
        match (outcome.verdict, &outcome.cause) {
            (Verdict::Failed, Cause::NoRoom(_)) => Self::NoRoom,
            // Whoever stops it by a signal gets what he asked for, even when that is nothing.
            (Verdict::Complete | Verdict::LimitReached, _) | (Verdict::Aborted, Cause::Signal) => Self::Ok,
            (Verdict::Failed | Verdict::Aborted, _) => Self::Failed,
        }
    }
}
