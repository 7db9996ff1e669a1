//! The line protocol between a parent and its child: JSON, one message a line.
//!
//! The parent's first line on the child's stdin is the [`Order`]; it carries the secrets, which is
//! why they never appear in argv or the environment. Later lines are [`Command`]s; new keys come by them. The child answers
//! on stdout with [`Report`]s. End of file on stdin means that the parent is gone: the child records
//! on, as `DESIGN`ed: until the room ends, the duration is reached, or [`ORPHAN_LIMIT`].

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::e2ee::RoomKey;
pub use crate::job::End;
use crate::job::{EgressId, Encoding, Layout, Secret};

/// How long a child without a parent records at the most.
pub const ORPHAN_LIMIT: Duration = Duration::from_secs(3600);

/// All that a child needs to record one room.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// The job, and the identity in the room: `EG_…`.
    pub egress_id: EgressId,
    /// Signalling URL (`ws`, `wss`, `http`, `https`).
    pub url: String,
    /// API key that tokens are minted with.
    pub api_key: Secret,
    /// API secret that tokens are signed with.
    pub api_secret: Secret,
    /// The room's name.
    pub room_name: String,
    /// The room session this recording belongs to (`RM_…`): another session is another recording.
    pub room_sid: String,
    /// The keys that there are so far.
    pub keys: Vec<RoomKey>,
    /// How tiles are laid out.
    pub layout: Layout,
    /// Canvas, cadence and bit rates.
    pub encoding: Encoding,
    /// End after this much recorded time.
    pub duration: Option<Duration>,
    /// How many children came before this one: a child that follows another joins only a room that is still there.
    pub restart: u32,
    /// Wall time of time zero in nanoseconds since the Unix epoch, where a former child recorded something.
    pub started_at: Option<i64>,
    /// This recording's directory in the spool (made by the parent, mode 0700).
    pub recording: PathBuf,
}

/// What a parent may say after the order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum Command {
    /// Finish: flush what was captured and end.
    Stop,
    /// Keys that are new, or have changed.
    Keys {
        /// Each takes the place of the one before of its index and owner.
        keys: Vec<RoomKey>,
    },
}

/// What a child says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "report", rename_all = "snake_case")]
pub enum Report {
    /// Sitting in the room.
    Joined {
        /// Session id of the room that was joined.
        room_sid: String,
    },
    /// The first picture or sound was recorded.
    Started {
        /// Wall time of time zero, nanoseconds since the Unix epoch.
        started_at: i64,
    },
    /// How it goes, about once a second.
    Progress {
        /// Recorded time, in milliseconds.
        recorded_ms: u64,
        /// Bytes in the log.
        bytes: u64,
        /// Participants on the canvas.
        participants: u32,
        /// Tracks whose frames can't be opened, with the likely cause.
        locked: Vec<LockedTrack>,
    },
    /// Frames stay shut for want of a key: said at most once a second for each index of a participant, as long
    /// as it lasts. [`Command::Keys`] is the answer, where there is one.
    KeyWanted {
        /// Whose frames.
        identity: String,
        /// The index that they name.
        index: u8,
        /// `missing_key` or `wrong_key`.
        why: LockReason,
    },
    /// Something that a person should read; the recording goes on.
    Notice {
        /// One line.
        text: String,
    },
    /// The last line: why the recording ended.
    Ended {
        /// Why.
        end: End,
    },
}

/// A track that stays shut.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockedTrack {
    /// Whose track.
    pub identity: String,
    /// `missing_key` | `wrong_key` | `not_supported` | `clear` (frames in clear on an encrypted track).
    pub reason: LockReason,
    /// For how long, in seconds.
    pub seconds: u64,
}

/// Why a track stays shut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LockReason {
    /// No key at all, or none with the index that frames name.
    MissingKey,
    /// There is a key, but nothing authenticates.
    WrongKey,
    /// A codec or scheme that can't be opened.
    NotSupported,
    /// Declared as encrypted AV1: LiveKit's SDKs send nothing then, or send it in clear.
    Av1,
    /// Frames in clear on a track declared as encrypted.
    Clear,
}
