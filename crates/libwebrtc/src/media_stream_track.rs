//! A track of either kind.

use crate::audio_track::RtcAudioTrack;
use crate::enum_dispatch;
use crate::video_track::RtcVideoTrack;

/// Whether anything can still come.
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub enum RtcTrackState {
    /// It can.
    Live,
    /// It can't.
    Ended,
}

/// A track of either kind.
#[derive(Debug, Clone)]
pub enum MediaStreamTrack {
    /// Picture.
    Video(RtcVideoTrack),
    /// Sound.
    Audio(RtcAudioTrack),
}

impl MediaStreamTrack {
    enum_dispatch!(
        [Video, Audio];
        pub fn id(self: &Self) -> String;
        pub fn enabled(self: &Self) -> bool;
        pub fn set_enabled(self: &Self, enabled: bool) -> bool;
        pub fn state(self: &Self) -> RtcTrackState;
        pub(crate) fn remote(self: &Self) -> &std::sync::Arc<crate::remote::Remote>;
    );
}

/// The methods that both kinds have.
macro_rules! media_stream_track {
    ($name:literal) => {
        pub(crate) fn new(remote: std::sync::Arc<crate::remote::Remote>) -> Self {
            Self { remote }
        }

        pub(crate) fn remote(&self) -> &std::sync::Arc<crate::remote::Remote> {
            &self.remote
        }

        /// The sender's name for the track.
        pub fn id(&self) -> String {
            self.remote.id().to_owned()
        }

        /// As last set; frames come either way.
        pub fn enabled(&self) -> bool {
            self.remote.enabled()
        }

        /// True when that was a change.
        pub fn set_enabled(&self, enabled: bool) -> bool {
            self.remote.set_enabled(enabled)
        }

        /// Whether anything can still come.
        pub fn state(&self) -> crate::media_stream_track::RtcTrackState {
            match self.remote.ended() {
                true => crate::media_stream_track::RtcTrackState::Ended,
                false => crate::media_stream_track::RtcTrackState::Live,
            }
        }

        fn describe(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.debug_struct($name)
                .field("id", &self.id())
                .field("state", &self.state())
                .finish_non_exhaustive()
        }
    };
}

pub(crate) use media_stream_track;

impl From<RtcAudioTrack> for MediaStreamTrack {
    fn from(track: RtcAudioTrack) -> Self {
        Self::Audio(track)
    }
}

impl From<RtcVideoTrack> for MediaStreamTrack {
    fn from(track: RtcVideoTrack) -> Self {
        Self::Video(track)
    }
}
