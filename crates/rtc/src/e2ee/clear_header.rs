//! How much of a frame stays readable when LiveKit encrypts it. Those bytes are authenticated with
//! the rest, so the length must be exactly the sender's.

use crate::Codec;
use crate::nal::first_slice;

/// Length of the clear header of a frame, sealed or not; `None` where encryption has no place: no
/// slice in an H.264/H.265 frame, or a codec without a scheme (AV1). May exceed a frame cut short.
pub fn clear_header_len(codec: Codec, frame: &[u8]) -> Option<usize> {
    match codec {
        // The Opus TOC, or the first RED header: duration and bandwidth readable without a key.
        Codec::Opus | Codec::Red | Codec::Pcmu | Codec::Pcma => Some(1),
        // RFC 6386, 9.1: frame tag (3); start code and dimensions (7) follow in keyframes.
        Codec::Vp8 => Some(if frame.first()? & 1 == 0 { 10 } else { 3 }),
        Codec::Vp9 => Some(0),
        // Through the first slice's header byte and one more; for H.265 its two header bytes.
        Codec::H264 | Codec::H265 => first_slice(codec, frame).map(|(at, _)| at + 2),
        Codec::Av1 => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_codec_keeps_its_header_clear() {
        assert_eq!(clear_header_len(Codec::Opus, &[0x78]), Some(1));
        assert_eq!(clear_header_len(Codec::Vp8, &[0x70]), Some(10));
        assert_eq!(clear_header_len(Codec::Vp8, &[0xb1]), Some(3));
        assert_eq!(clear_header_len(Codec::Vp9, &[0x83]), Some(0));
        assert_eq!(
            clear_header_len(Codec::H264, &[0, 0, 0, 1, 9, 0xf0, 0, 0, 0, 1, 0x41, 0x9a, 1]),
            Some(12)
        );
        assert_eq!(clear_header_len(Codec::H265, &[0, 0, 0, 1, 0x02, 0x01, 0xd0]), Some(6));
        assert_eq!(clear_header_len(Codec::H264, &[0, 0, 0, 1, 0x67, 0x42]), None);
        assert_eq!(clear_header_len(Codec::Av1, &[0x12, 0]), None);
    }
}
