//! Sources of pictures to publish. They can be named, not used: this side only receives.

/// Width and height in pixels.
#[derive(Debug, Clone)]
pub struct VideoResolution {
    /// Width.
    pub width: u32,
    /// Height.
    pub height: u32,
}

impl Default for VideoResolution {
    fn default() -> Self {
        Self { width: 1280, height: 720 }
    }
}

/// Where pictures to publish come from.
#[non_exhaustive]
#[derive(Debug, Clone)]
pub enum RtcVideoSource {
    /// The application's own pictures.
    Native(native::NativeVideoSource),
}

impl RtcVideoSource {
    /// The size that the source was made for.
    pub fn video_resolution(&self) -> VideoResolution {
        match self {
            Self::Native(source) => source.video_resolution(),
        }
    }
}

/// Sources fed by the application.
pub mod native {
    use crate::native::packet_trailer::PacketTrailerHandler;

    use super::VideoResolution;

    /// Would take pictures to publish.
    #[derive(Debug, Clone, Default)]
    pub struct NativeVideoSource {
        resolution: VideoResolution,
    }

    impl NativeVideoSource {
        /// A source that takes nothing.
        pub fn new(resolution: VideoResolution, _is_screencast: bool) -> Self {
            Self { resolution }
        }

        /// Without effect.
        pub fn set_packet_trailer_handler(&self, _handler: PacketTrailerHandler) {}

        /// The size it was made for.
        pub fn video_resolution(&self) -> VideoResolution {
            self.resolution.clone()
        }
    }
}
