//! The receiving end of a media section.

use std::sync::Arc;

use livetape_rtc::engine::MediaKind;

use crate::audio_track::RtcAudioTrack;
use crate::error::RtcError;
use crate::media_stream::MediaStream;
use crate::media_stream_track::MediaStreamTrack;
use crate::remote::Remote;
use crate::rtp_parameters::RtpParameters;
use crate::stats::RtcStats;
use crate::video_track::RtcVideoTrack;

/// Receives one track, or none.
#[derive(Clone, Debug)]
pub struct RtpReceiver {
    remote: Option<Arc<Remote>>,
}

impl RtpReceiver {
    pub(crate) fn new(remote: Option<Arc<Remote>>) -> Self {
        Self { remote }
    }

    pub(crate) fn remote(&self) -> Option<&Arc<Remote>> {
        self.remote.as_ref()
    }

    /// The track.
    pub fn track(&self) -> Option<MediaStreamTrack> {
        let remote = self.remote.as_ref()?;
        Some(match remote.track()?.kind() {
            MediaKind::Audio => RtcAudioTrack::new(remote.clone()).into(),
            MediaKind::Video => RtcVideoTrack::new(remote.clone()).into(),
        })
    }

    /// The names of the streams that the track is in.
    pub fn stream_ids(&self) -> Vec<String> {
        self.streams().iter().map(MediaStream::id).collect()
    }

    /// The streams that the track is in.
    pub fn streams(&self) -> Vec<MediaStream> {
        self.remote.iter().map(|remote| MediaStream::new(remote.stream_id())).collect()
    }

    /// What came in.
    ///
    /// # Errors
    /// None.
    #[expect(clippy::unused_async, reason = "livekit awaits it")]
    pub async fn get_stats(&self) -> Result<Vec<RtcStats>, RtcError> {
        Ok(self.remote.iter().filter_map(|remote| remote.track()).map(RtcStats::of).collect())
    }

    /// Empty.
    pub fn parameters(&self) -> RtpParameters {
        RtpParameters::default()
    }
}
