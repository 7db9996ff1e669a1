//! A media section (transceiver) as callers see it: a snapshot, bound to the track it had then.

use super::RemoteTrack;

/// Sound or picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MediaKind {
    /// Sound.
    Audio,
    /// Picture.
    Video,
}

/// One media section. Mids are used again for other tracks, so a snapshot keeps its own track.
#[derive(Debug, Clone)]
pub struct Section {
    /// Identification within the SDP, once negotiated.
    pub mid: Option<String>,
    /// Sound or picture.
    pub kind: MediaKind,
    /// Whether the remote sends on it, by the last description.
    pub receiving: bool,
    /// The remote track that it carries now.
    pub track: Option<RemoteTrack>,
}
