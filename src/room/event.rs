//! What happens in a room, as far as a recorder cares.

pub use libwebrtc::encoded::Received;

use libwebrtc::encoded::EncodedFrameStream;
use livekit_protocol::DisconnectReason;

use crate::timeline::Kind;

/// Encoded frames of one subscribed track, opened on the reader's task.
pub type Frames = EncodedFrameStream;

/// What kind of participant someone is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberKind {
    /// A person, or what stands for one (ingress, SIP, connector).
    Person,
    /// An agent: shown once it publishes.
    Agent,
    /// Another recorder: never shown.
    Recorder,
}

/// A participant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Identity, unique in the room.
    pub identity: String,
    /// Display name; may be empty.
    pub name: String,
    /// Person, agent or recorder.
    pub kind: MemberKind,
}

/// Whether a track's publisher declared it as encrypted (`TrackInfo.encryption`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// In clear.
    None,
    /// LiveKit's AES-GCM.
    Gcm,
    /// A scheme of the application's own: can't be opened.
    Custom,
}

/// A published track.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackFacts {
    /// Track id (`TR_…`).
    pub sid: String,
    /// Whose.
    pub identity: String,
    /// Sound or picture.
    pub kind: Kind,
    /// A screen share, or its sound.
    pub screen: bool,
    /// Muted by its publisher.
    pub muted: bool,
    /// As declared.
    pub encryption: Encryption,
    /// Declared as AV1 (`TrackInfo.mime_type`).
    pub av1: bool,
}

/// One event, in the room's order.
#[derive(Debug)]
pub enum SeatEvent {
    /// Someone is here (also told for those who were here before us), or changed name.
    Member(Member),
    /// Someone left.
    Left {
        /// Who.
        identity: String,
    },
    /// A track was published (also told for those published before we came).
    Published(TrackFacts),
    /// A track is gone.
    Unpublished {
        /// Whose.
        identity: String,
        /// Which.
        sid: String,
    },
    /// Frames of this track come in.
    Subscribed(TrackFacts, Frames),
    /// Frames of this track come no longer.
    Unsubscribed {
        /// Which.
        sid: String,
    },
    /// Muted or unmuted.
    Muted {
        /// Which.
        sid: String,
        /// Now muted.
        muted: bool,
    },
    /// The connection is being mended by the client; frames may be missing meanwhile.
    Reconnecting,
    /// All who are here were told: after joining, and when the connection is mended.
    Settled,
    /// The seat is lost. Nothing follows.
    Lost(DisconnectReason),
}
