//! What open and unencrypted frames have in common on their way out: RED is unwrapped, keyframes
//! are told.

use bytes::{Bytes, BytesMut};

use super::{Opened, Refusal, sif, trailer};
use crate::keyframe::is_keyframe;
use crate::{Codec, FrameMeta, OpenFrame, SealedFrame};

/// Passes a frame of an unencrypted track: packet trailers and the SFU's blank pictures are taken
/// out, RED is unwrapped, keyframes are told.
pub fn open_clear(frame: SealedFrame) -> Opened {
    let SealedFrame { meta, data, unit_ends } = frame;
    if data.is_empty() {
        return Opened::Empty;
    }
    if sif::is_blank_picture(meta.codec, &data) {
        return Opened::ServerInjected;
    }
    let data = if is_video(meta.codec) { without_trailers(data, &unit_ends) } else { data };
    finish(meta, data.freeze())
}

/// Makes an open frame of decrypted or clear bytes.
#[inline]
pub(crate) fn finish(mut meta: FrameMeta, data: Bytes) -> Opened {
    let data = match meta.codec {
        Codec::Red => {
            let Some(primary) = red_primary(&data) else { return Opened::Refused(Refusal::Malformed) };
            meta.codec = Codec::Opus;
            data.slice_ref(primary)
        }
        _ => data,
    };
    if data.is_empty() {
        return Opened::Empty;
    }
    let keyframe = is_keyframe(meta.codec, &data);
    Opened::Open(OpenFrame { meta, keyframe, data })
}

pub(crate) fn is_video(codec: Codec) -> bool {
    !codec.is_audio()
}

/// Every unit may carry a trailer; nearly none does.
fn without_trailers(mut data: BytesMut, unit_ends: &[usize]) -> BytesMut {
    if unit_ends.len() <= 1 {
        data.truncate(trailer::split_trailer(&data).0.len());
        return data;
    }
    let units = || {
        let begins = std::iter::once(0).chain(unit_ends.iter().copied());
        begins.zip(unit_ends).filter_map(|(from, to)| data.get(from..*to))
    };
    if units().all(|unit| trailer::split_trailer(unit).1.is_none()) {
        return data;
    }
    let mut out = BytesMut::with_capacity(data.len());
    units().for_each(|unit| out.extend_from_slice(trailer::split_trailer(unit).0));
    out
}

/// The newest block of a RED payload (RFC 2198, 3): redundant blocks have a header of four bytes
/// with their length, the primary one has a single byte and the rest of the payload.
fn red_primary(payload: &[u8]) -> Option<&[u8]> {
    let (mut headers, mut redundant) = (payload, 0usize);
    loop {
        match headers {
            [first, rest @ ..] if first & 0x80 == 0 => return rest.get(redundant..),
            [_, _, high, low, rest @ ..] => {
                redundant += usize::from(high & 3) << 8 | usize::from(*low);
                headers = rest;
            }
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    fn frame(codec: Codec, data: &[u8], unit_ends: &[usize]) -> SealedFrame {
        let meta = FrameMeta {
            codec,
            contiguous: true,
            rtp_time: 0,
            clock_rate: 90_000,
            arrival: Instant::now(),
            sender_report: None,
        };
        SealedFrame { meta, data: data.into(), unit_ends: unit_ends.to_vec() }
    }

    fn open(codec: Codec, data: &[u8], unit_ends: &[usize]) -> OpenFrame {
        match open_clear(frame(codec, data, unit_ends)) {
            Opened::Open(frame) => frame,
            other => panic!("{other:?}"),
        }
    }

    /// A trailer with frame id 1.
    const TRAILER: [u8; 11] = [0xfd, 0xfb, 0xff, 0xff, 0xff, 0xfe, 11 ^ 0xff, b'L', b'K', b'T', b'S'];

    #[test]
    fn red_gives_its_newest_block_as_opus() {
        let red = [0xef, 0, 0, 2, 0xef, 0, 0, 1, 0x6f, b'a', b'a', b'b', 0x78, b'n'];
        let opened = open(Codec::Red, &red, &[]);
        assert_eq!(
            (opened.meta.codec, opened.keyframe, &opened.data[..]),
            (Codec::Opus, true, &[0x78, b'n'][..])
        );
    }

    #[test]
    fn red_that_claims_more_than_it_has_is_refused() {
        for red in [&[0xef, 0, 3, 0xff, 0x6f, 1][..], &[0xef, 0, 0], &[0xef]] {
            assert_eq!(open_clear(frame(Codec::Red, red, &[])), Opened::Refused(Refusal::Malformed));
        }
    }

    #[test]
    fn what_the_sfu_made_up_in_clear_is_told_from_a_picture() {
        let blank: Vec<u8> = crate::e2ee::sif::BLANK_VP8.to_vec();
        assert_eq!(open_clear(frame(Codec::Vp8, &blank, &[])), Opened::ServerInjected);
        assert!(matches!(open_clear(frame(Codec::Vp8, &blank[..30], &[])), Opened::Open(_)));
        // Its silence is sound like any other.
        for codec in [Codec::Opus, Codec::Pcmu, Codec::Pcma] {
            assert!(matches!(open_clear(frame(codec, &[0xf8, 0xff, 0xfe], &[])), Opened::Open(_)));
        }
        assert_eq!(open_clear(frame(Codec::Vp8, &[], &[])), Opened::Empty);
    }

    #[test]
    fn trailers_come_off_every_unit_and_off_video_only() {
        let vp9 = [&[0x83, 1, 2][..], &TRAILER, &[0x86, 3], &TRAILER].concat();
        assert_eq!(&open(Codec::Vp9, &vp9, &[14, vp9.len()]).data[..], [0x83, 1, 2, 0x86, 3]);
        let vp8 = [&[0x70, 1, 2][..], &TRAILER].concat();
        assert_eq!(&open(Codec::Vp8, &vp8, &[]).data[..], [0x70, 1, 2]);
        let opus = [&[0x78][..], &TRAILER].concat();
        assert_eq!(&open(Codec::Opus, &opus, &[]).data[..], &opus[..]);
    }
}
