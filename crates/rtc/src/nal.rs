//! NAL units of H.264 and H.265 in a byte stream with start codes (Annex B): where they begin and
//! what they are. Reads only what it must: a search ends at the first slice.

use crate::Codec;

/// The start code that precedes every NAL unit in our frames. Receivers of LiveKit's encryption
/// authenticate this form, so no other will do.
pub(crate) const START_CODE: [u8; 4] = [0, 0, 0, 1];

/// What a NAL unit's type says about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NalKind {
    /// A coded slice that starts a picture anybody can decode from (IDR, IRAP).
    KeySlice,
    /// Any other coded slice.
    Slice,
    /// Parameter sets, SEI, delimiters, filler and whatever else.
    Other,
}

/// Classifies a NAL unit by the first byte of its header.
pub(crate) fn nal_kind(codec: Codec, header: u8) -> NalKind {
    match codec {
        Codec::H264 => match header & 0x1f {
            5 => NalKind::KeySlice,
            1 => NalKind::Slice,
            _ => NalKind::Other,
        },
        Codec::H265 => match (header >> 1) & 0x3f {
            16..=21 => NalKind::KeySlice,
            0..=9 => NalKind::Slice,
            _ => NalKind::Other,
        },
        _ => NalKind::Other,
    }
}

/// Offsets of the NAL headers: the byte after every `00 00 01`. Most searches end within a few dozen
/// bytes, where setting up a vector search would cost more than it saves.
pub(crate) fn nal_offsets(data: &[u8]) -> impl Iterator<Item = usize> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            match data.get(at..at + 3)? {
                [_, _, 2..=u8::MAX] => at += 3,
                [0, 0, 1] => {
                    at += 3;
                    return (at < data.len()).then_some(at);
                }
                [_, _, 1] => at += 3,
                _ => at += 1,
            }
        }
    })
}

/// The first slice: the offset of its NAL header, and its kind.
pub(crate) fn first_slice(codec: Codec, data: &[u8]) -> Option<(usize, NalKind)> {
    nal_offsets(data)
        .filter_map(|at| Some((at, nal_kind(codec, *data.get(at)?))))
        .find(|(_, kind)| *kind != NalKind::Other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_slice_is_found_behind_parameter_sets_of_either_start_code() {
        let frame = [0, 0, 0, 1, 0x67, 9, 0, 0, 1, 0x68, 9, 0, 0, 0, 1, 0x65, 0x88];
        assert_eq!(first_slice(Codec::H264, &frame), Some((15, NalKind::KeySlice)));
        assert_eq!(nal_offsets(&frame).collect::<Vec<_>>(), [4, 9, 15]);
    }

    #[test]
    fn zeros_before_a_start_code_hide_nothing() {
        assert_eq!(nal_offsets(&[0, 0, 0, 0, 0, 1, 0x65]).collect::<Vec<_>>(), [6]);
        assert_eq!(nal_offsets(&[9, 0, 0, 1, 0x41, 0, 0, 1, 0x42]).collect::<Vec<_>>(), [4, 8]);
        assert_eq!(nal_offsets(&[1, 0, 1, 0, 0, 2, 0, 0]).next(), None);
    }

    #[test]
    fn a_start_code_at_the_very_end_starts_nothing() {
        assert_eq!(first_slice(Codec::H264, &[0, 0, 0, 1]), None);
        assert_eq!(first_slice(Codec::H265, &[]), None);
    }
}
