//! A picture track.

use std::sync::Arc;

use crate::media_stream_track::media_stream_track;
use crate::native::packet_trailer::PacketTrailerHandler;
use crate::remote::Remote;

/// A picture track. Cheap to clone; all clones are one track.
#[derive(Clone)]
pub struct RtcVideoTrack {
    remote: Arc<Remote>,
}

impl RtcVideoTrack {
    media_stream_track!("RtcVideoTrack");

    /// Kept for `packet_trailer_handler`; trailers are taken out of frames with or without one.
    pub fn set_packet_trailer_handler(&self, handler: PacketTrailerHandler) {
        self.remote.set_trailer(handler);
    }

    /// The handler set last.
    pub fn packet_trailer_handler(&self) -> Option<PacketTrailerHandler> {
        self.remote.trailer()
    }
}

impl std::fmt::Debug for RtcVideoTrack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.describe(f)
    }
}
