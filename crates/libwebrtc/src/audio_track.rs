//! A sound track.

use std::sync::Arc;

use crate::media_stream_track::media_stream_track;
use crate::remote::Remote;

/// A sound track. Cheap to clone; all clones are one track.
#[derive(Clone)]
pub struct RtcAudioTrack {
    remote: Arc<Remote>,
}

impl RtcAudioTrack {
    media_stream_track!("RtcAudioTrack");
}

impl std::fmt::Debug for RtcAudioTrack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.describe(f)
    }
}
