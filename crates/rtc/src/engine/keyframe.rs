//! Whether decoding can begin at a frame, as far as a sealed one tells.
//!
//! VP8 keeps its frame tag in clear under encryption, H.264 and H.265 their NAL headers up to the
//! first slice. VP9 and AV1 show nothing then, so the answer for them is "unknown".

use crate::{Codec, SealedFrame};

/// `None` where the payload can't tell.
pub(super) fn starts_decoding(frame: &SealedFrame) -> Option<bool> {
    match frame.meta.codec {
        // RFC 6386, 9.1: the lowest bit of the frame tag is 0 for a key frame.
        Codec::Vp8 => frame.data.first().map(|tag| tag & 1 == 0),
        Codec::H264 => first_slice(&frame.data, |b| b & 0x1f, |t| t == 1 || t == 5).map(|t| t == 5),
        Codec::H265 => {
            first_slice(&frame.data, |b| (b >> 1) & 0x3f, |t| t < 32).map(|t| (16..=23).contains(&t))
        }
        Codec::Vp9 | Codec::Av1 => None,
        Codec::Opus | Codec::Red | Codec::Pcmu | Codec::Pcma => Some(true),
    }
}

/// The type of the first NAL unit that is a slice, walking start codes.
fn first_slice(data: &[u8], kind: fn(u8) -> u8, is_slice: fn(u8) -> bool) -> Option<u8> {
    data.windows(4).filter(|w| w.starts_with(&[0, 0, 1])).map(|w| kind(w[3])).find(|t| is_slice(*t))
}
