//! Why a recording ended, in the words of whoever recorded it.

use serde::{Deserialize, Serialize};

/// Why a recording ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum End {
    /// The room ended or was deleted.
    RoomEnded,
    /// The duration was reached.
    Duration,
    /// Asked by the parent (signal or API).
    Stopped,
    /// Another seat with the same identity took over; this one leaves silently.
    Replaced,
    /// Removed by an administrator.
    Removed,
    /// A child without a parent reached its limit.
    Orphaned,
    /// Failed; what was written is kept.
    Failed {
        /// One line for a person.
        error: String,
        /// HTTP-like code as the Egress API uses it (400, 403, 404, 500, 503).
        code: i32,
    },
}
