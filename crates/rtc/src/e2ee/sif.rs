//! Frames that the SFU makes up: silence after a mute, a blank picture when a track ends. It marks
//! them with a suffix on tracks that are declared encrypted, and sends them bare on the others.
//!
//! Test the RTP payload, before depacketisation: the suffix makes H.264's aggregation packet
//! invalid. Such a frame is always a single packet.

use crate::Codec;
use crate::nal::START_CODE;

/// livekit-server's blank VP8 picture: a keyframe of 8 by 8.
pub(super) const BLANK_VP8: [u8; 31] = [
    0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x08, 0x00, 0x08, 0x00, 0x00, 0x47, 0x08, 0x85, 0x85, 0x88, 0x85,
    0x84, 0x88, 0x02, 0x02, 0x00, 0x0c, 0x0d, 0x60, 0x00, 0xfe, 0xff, 0xab, 0x50, 0x80,
];

/// livekit-server's blank H.264 picture (2 by 2): SPS, PPS, IDR.
const BLANK_H264: [&[u8]; 3] = [
    &[
        0x67, 0x42, 0xc0, 0x1f, 0x0f, 0xd9, 0x1f, 0x88, 0x88, 0x84, 0x00, 0x00, 0x03, 0x00, 0x04, 0x00, 0x00,
        0x03, 0x00, 0xc8, 0x3c, 0x60, 0xc9, 0x20,
    ],
    &[0x68, 0x87, 0xcb, 0x83, 0xcb, 0x20],
    &[0x65, 0x88, 0x84, 0x0a, 0xf2, 0x62, 0x80, 0x00, 0xa7, 0xbe],
];

/// Whether a payload or frame carries the SFU's suffix. An empty trailer means that there is none.
/// Nothing sealed matches by chance: its second last byte is `0c`, the trailer is text.
pub fn is_marked(payload: &[u8], trailer: &[u8]) -> bool {
    !trailer.is_empty() && payload.ends_with(trailer)
}

/// Whether a whole unencrypted video frame is one of livekit-server's blank pictures, which would
/// change the picture's size for nothing. Its silence is ordinary sound and never matches.
pub fn is_blank_picture(codec: Codec, frame: &[u8]) -> bool {
    match codec {
        Codec::Vp8 => frame == BLANK_VP8,
        Codec::H264 => {
            let mut rest = frame;
            for nal in BLANK_H264 {
                let Some(after) = rest.strip_prefix(&START_CODE).and_then(|r| r.strip_prefix(nal)) else {
                    return false;
                };
                rest = after;
            }
            rest.is_empty()
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_trailer_marks_nothing() {
        assert!(!is_marked(b"anything", b""));
        assert!(is_marked(b"anything", b"thing"));
    }

    #[test]
    fn blank_pictures_are_known_and_nothing_else() {
        assert!(is_blank_picture(Codec::Vp8, &BLANK_VP8));
        assert!(!is_blank_picture(Codec::Vp8, &BLANK_VP8[..30]));
        let mut h264 = Vec::new();
        for nal in BLANK_H264 {
            h264.extend_from_slice(&START_CODE);
            h264.extend_from_slice(nal);
        }
        assert!(is_blank_picture(Codec::H264, &h264));
        h264.push(0);
        assert!(!is_blank_picture(Codec::H264, &h264));
    }
}
