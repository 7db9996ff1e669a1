//! A stand-in for LiveKit's `libwebrtc` crate, over [`livetape_rtc`]: what the official `livekit`
//! crate needs to join a room and receive, with no C++ to download.
//!
//! ```text
//!  livekit (unmodified) → the names below → livetape_rtc::engine (str0m, sockets)
//!  a recorder           → encoded::EncodedFrameStream → opened, still encoded frames
//! ```
//!
//! It receives only. What takes a publisher or a sound card answers with an error or with nothing;
//! it never panics. Frames are not decoded: [`encoded`] is this crate's own extension.

mod bridge;
mod enum_dispatch;
mod peer_state;
mod remote;

pub mod audio_frame;
pub mod audio_source;
pub mod audio_stream;
pub mod audio_track;
pub mod data_channel;
pub mod encoded;
pub mod error;
pub mod ice_candidate;
pub mod media_stream;
pub mod media_stream_track;
pub mod native;
pub mod peer_connection;
pub mod peer_connection_factory;
pub mod prelude;
pub mod rtp_parameters;
pub mod rtp_receiver;
pub mod rtp_sender;
pub mod rtp_transceiver;
pub mod session_description;
pub mod stats;
pub mod video_source;
pub mod video_track;

pub use error::{RtcError, RtcErrorType};

/// What a media section or channel carries.
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub enum MediaType {
    /// Sound.
    Audio,
    /// Picture.
    Video,
    /// Data channels.
    Data,
    /// Anything else.
    Unsupported,
}
