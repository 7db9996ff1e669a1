//! A receive-side WebRTC engine for LiveKit: encoded frames out, end-to-end encryption opened.
//!
//! ```text
//! sockets → Rtc (str0m, RTP mode) → reorder → depacketize → SealedFrame → opener → OpenFrame
//! ```
//!
//! Nothing is decoded here, and no LiveKit crate is used. Everything but the driver is sans-IO.

mod codec;
mod depacket;
pub mod e2ee;
pub mod engine;
mod frame;
mod keyframe;
mod keyframe_request;
mod leb128;
mod nal;
mod packet;
mod receive;
mod reorder;
mod rtp_time;

pub use codec::Codec;
pub use e2ee::{Keyring, KeyringOptions, Opened, Opener, Refusal, open_clear};
pub use frame::{FrameMeta, OpenFrame, SealedFrame, SenderReport};
pub use keyframe::is_keyframe;
pub use packet::{Format, RtpPacket};
pub use receive::{ReceiveStats, TrackReceiver};
