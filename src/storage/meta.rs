//! What a recording is called and where it shall go: all that recovery needs, and no secret.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// `meta.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordingMeta {
    /// The job, `EG_…`; also the directory's name.
    pub egress_id: String,
    /// The room's name.
    pub room_name: String,
    /// The room session (`RM_…`), where it is known.
    pub room_sid: Option<String>,
    /// Host (and port) of the LiveKit server; no path, no credentials.
    pub host: String,
    /// Where the closed file shall go, absolute.
    pub output: PathBuf,
    /// When the job was made, nanoseconds since the Unix epoch.
    pub created_at: i64,
    /// Wall time of time zero, nanoseconds since the Unix epoch, once something was recorded.
    pub started_at: Option<i64>,
}
