//! A receive-side WebRTC engine for LiveKit: encoded frames out, end-to-end encryption opened.
//!
//! ```text
//! sockets → Rtc (str0m, RTP mode) → reorder → depacketize → SealedFrame → opener → OpenFrame
//! ```
//!
//! Nothing is decoded here, and no LiveKit crate is used. Everything but the driver is sans-IO:
//!
//! ```
//! use std::{sync::Arc, time::Instant};
//!
//! use livetape_rtc::e2ee::{DEFAULT_SALT, Kdf};
//! use livetape_rtc::{Codec, Format, Keyring, Opened, Opener, RtpPacket, TrackReceiver};
//!
//! let keys = Keyring::new(Default::default());
//! keys.set_shared(0, b"correct horse battery staple", Kdf::Pbkdf2, DEFAULT_SALT);
//! let mut opener = Opener::new(Arc::new(keys), "ann".to_owned());
//! let opus = Format { payload_type: 111, codec: Codec::Opus, clock_rate: 48_000 };
//! let mut receiver = TrackReceiver::new(&[opus]);
//!
//! // Silence, as LiveKit's Python SDK sealed it.
//! let payload = b"\xf8\x0b,6\x1b\x83\xcd\xd1D\x15k\xcc\xd01sr\x1c\xbb\xf7\x9f\xfe2/)\xab2/)q\x0c\0";
//! let payload = payload.to_vec().into();
//! let packet = RtpPacket { seq: 1, timestamp: 960, marker: false, payload_type: 111, payload };
//! receiver.push(Instant::now(), packet);
//!
//! let sealed = receiver.poll_frame().expect("each packet of sound is a frame");
//! let Opened::Open(frame) = opener.open(sealed) else { panic!("stays shut") };
//! assert_eq!(&frame.data[..], [0xf8]);
//! ```

mod bandwidth;
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
mod red;
mod reorder;
mod rtp_time;

pub use codec::Codec;
pub use e2ee::{Keyring, KeyringOptions, Opened, Opener, Refusal, open_clear};
pub use frame::{FrameMeta, OpenFrame, SealedFrame, SenderReport};
pub use keyframe::is_keyframe;
pub use packet::{Format, RtpPacket};
pub use receive::{ReceiveStats, TrackReceiver};
pub use red::Unwrapper;
