//! How large a participant's picture may be. A stream names its size in a few bits, and decoders believe it:
//! one frame of 16,383 × 16,383 would take gigabytes and seconds.

/// Pixels of the largest picture that is decoded: 4096 × 2304.
const LARGEST: u64 = 4096 * 2304;

/// Whether a picture of this size may be decoded.
pub(super) fn fits(width: u64, height: u64) -> bool {
    width.saturating_mul(height) <= LARGEST
}

/// The size in a VP8 keyframe's header (RFC 6386, 9.1); `None` for anything else.
pub(super) fn of_vp8_keyframe(frame: &[u8]) -> Option<(u64, u64)> {
    let header: &[u8; 10] = frame.first_chunk()?;
    let [tag, _, _, 0x9d, 0x01, 0x2a, w0, w1, h0, h1] = *header else { return None };
    // The lowest bit says "not a keyframe"; the two highest of each size are for scaling.
    let size = |low, high| u64::from(u16::from_le_bytes([low, high]) & 0x3fff);
    (tag & 1 == 0).then(|| (size(w0, w1), size(h0, h1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vp8_keyframe_tells_its_size_without_the_scaling_bits() {
        let header = [0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 0x42, 0x68, 0x81, 0xff];
        assert_eq!(of_vp8_keyframe(&header), Some((640, 360)));
    }

    #[test]
    fn other_frames_tell_none() {
        for frame in [&[][..], &[0x10, 0, 0, 0x9d, 0x01, 0x2a], &[0x11; 20], &[0x10; 20]] {
            assert_eq!(of_vp8_keyframe(frame), None);
        }
    }

    #[test]
    fn cameras_fit_and_bombs_do_not() {
        assert!(fits(3840, 2160) && fits(2160, 3840) && fits(0, 0));
        assert!(!fits(16_383, 16_383) && !fits(u64::MAX, 2));
    }
}
