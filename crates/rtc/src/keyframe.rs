//! Whether decoding can begin at a frame, for every codec. Works on open frames, and on sealed ones
//! where the codec leaves the answer readable (VP8, H.264, H.265; not VP9).

use crate::Codec;
use crate::leb128::leb128;
use crate::nal::{NalKind, first_slice};

/// Whether a decoder can begin with this frame. Always true for sound; false for what can't be read.
pub fn is_keyframe(codec: Codec, frame: &[u8]) -> bool {
    match codec {
        Codec::Opus | Codec::Red | Codec::Pcmu | Codec::Pcma => true,
        Codec::Vp8 => frame.first().is_some_and(|tag| tag & 1 == 0),
        Codec::Vp9 => frame.first().is_some_and(|first| vp9_key(*first)),
        Codec::H264 | Codec::H265 => {
            first_slice(codec, frame).is_some_and(|(_, kind)| kind == NalKind::KeySlice)
        }
        Codec::Av1 => av1_key(frame),
    }
}

/// The first byte of VP9's uncompressed header: marker (2), profile (2, a reserved bit more for
/// profile 3), show_existing_frame, frame_type (VP9 bitstream specification, 6.2).
fn vp9_key(first: u8) -> bool {
    let below_profile = if first & 0x30 == 0x30 { first << 1 } else { first };
    first & 0xc0 == 0x80 && below_profile & 0x0c == 0
}

/// A temporal unit that begins a coded video sequence carries a sequence header. (AV1 bitstream
/// specification, 5.3.2; OBUs need their size fields here.)
fn av1_key(mut data: &[u8]) -> bool {
    const SEQUENCE_HEADER: u8 = 1;
    while let Some((&header, rest)) = data.split_first() {
        if (header >> 3) & 0x0f == SEQUENCE_HEADER {
            return true;
        }
        let (extension, has_size) = (header & 4 != 0, header & 2 != 0);
        if !has_size {
            return false;
        }
        let after_extension = if extension { rest.get(1..) } else { Some(rest) };
        let Some((size, body)) = after_extension.and_then(leb128) else { return false };
        let Some(next) = body.get(size..) else { return false };
        data = next;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(codec: Codec, head: &[u8], expected: bool) {
        assert_eq!(is_keyframe(codec, head), expected, "{codec:?} {head:02x?}");
    }

    #[test]
    fn each_codec_tells_its_keyframes() {
        check(Codec::Vp8, &[0x70, 0x2b, 0x00], true);
        check(Codec::Vp8, &[0xb1, 0x09, 0x00], false);
        check(Codec::Vp9, &[0x83, 0x49, 0x83], true);
        check(Codec::Vp9, &[0x86, 0x00, 0x40], false);
        check(Codec::Vp9, &[0xb0, 0x24], true); // profile 3: one reserved bit more
        check(Codec::Vp9, &[0xb2], false);
        check(Codec::Vp9, &[0x88], false); // shows an existing frame
        check(Codec::H264, &[0, 0, 0, 1, 0x67, 1, 0, 0, 0, 1, 0x65, 1], true);
        check(Codec::H264, &[0, 0, 0, 1, 0x41, 1], false);
        check(Codec::H265, &[0, 0, 0, 1, 0x26, 1], true);
        check(Codec::H265, &[0, 0, 0, 1, 0x02, 1], false);
        check(Codec::Av1, &[0x12, 0x00, 0x0a, 0x01, 0xff], true);
        check(Codec::Av1, &[0x12, 0x00, 0x32, 0x01, 0xff], false);
        check(Codec::Av1, &[0x32, 0xff, 0xff, 0xff, 0xff, 0xff], false);
        check(Codec::Opus, &[], true);
        check(Codec::Vp8, &[], false);
    }
}
