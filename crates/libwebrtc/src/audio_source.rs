//! Sources of sound to publish. They can be named, not used: this side only receives.

pub use native::NativeAudioSource;

/// Sample rate that sources report.
pub const DEFAULT_SAMPLE_RATE: u32 = 48_000;
/// Channels that sources report.
pub const DEFAULT_NUM_CHANNELS: u32 = 1;

/// Processing that a microphone would get.
#[derive(Default, Debug)]
pub struct AudioSourceOptions {
    /// Echo cancellation.
    pub echo_cancellation: bool,
    /// Noise suppression.
    pub noise_suppression: bool,
    /// Automatic gain.
    pub auto_gain_control: bool,
}

/// Where sound to publish comes from.
#[non_exhaustive]
#[derive(Debug, Clone)]
pub enum RtcAudioSource {
    /// The application's own samples.
    Native(NativeAudioSource),
    /// A sound card; there is none here.
    Device,
}

impl RtcAudioSource {
    /// Without effect.
    pub fn set_audio_options(&self, _options: AudioSourceOptions) {}

    /// Nothing is processed.
    pub fn audio_options(&self) -> AudioSourceOptions {
        AudioSourceOptions::default()
    }

    /// Samples per second.
    pub fn sample_rate(&self) -> u32 {
        DEFAULT_SAMPLE_RATE
    }

    /// Channels.
    pub fn num_channels(&self) -> u32 {
        DEFAULT_NUM_CHANNELS
    }
}

/// Sources fed by the application.
pub mod native {
    use crate::audio_frame::AudioFrame;
    use crate::error::RtcError;

    use super::AudioSourceOptions;

    /// Would take samples to publish.
    #[derive(Debug, Clone)]
    pub struct NativeAudioSource {}

    impl NativeAudioSource {
        /// A source that takes nothing.
        pub fn new(_: AudioSourceOptions, _rate: u32, _channels: u32, _queue_ms: u32) -> Self {
            Self {}
        }

        /// Refuses the samples.
        ///
        /// # Errors
        /// Always: this side only receives.
        #[expect(clippy::unused_async, reason = "livekit awaits it")]
        pub async fn capture_frame(&self, _frame: &AudioFrame<'_>) -> Result<(), RtcError> {
            Err(RtcError::receive_only())
        }
    }
}
