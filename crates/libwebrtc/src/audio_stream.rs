//! Decoded sound of a track. Nothing is decoded here, so the stream ends at once.

/// Streams of decoded sound.
pub mod native {
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use futures_core::Stream;

    use crate::audio_frame::AudioFrame;
    use crate::audio_track::RtcAudioTrack;

    /// A stream without a frame; see [`crate::encoded`] for what there is instead.
    #[derive(Debug)]
    pub struct NativeAudioStream {
        track: RtcAudioTrack,
    }

    impl NativeAudioStream {
        /// A stream of the track's sound.
        pub fn new(track: RtcAudioTrack, _sample_rate: i32, _num_channels: i32) -> Self {
            Self { track }
        }

        /// The track.
        pub fn track(&self) -> RtcAudioTrack {
            self.track.clone()
        }

        /// Without effect.
        pub fn close(&mut self) {}
    }

    impl Stream for NativeAudioStream {
        type Item = AudioFrame<'static>;

        fn poll_next(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            Poll::Ready(None)
        }
    }
}
