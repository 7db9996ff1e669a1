//! What open and unencrypted frames have in common on their way out: keyframes are told.

use bytes::{Bytes, BytesMut};

use super::{Opened, sif, trailer};
use crate::keyframe::is_keyframe;
use crate::{Codec, FrameMeta, OpenFrame, SealedFrame};

/// Passes a frame of an unencrypted track: packet trailers and the SFU's blank pictures are taken
/// out, keyframes are told.
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
pub(crate) fn finish(meta: FrameMeta, data: Bytes) -> Opened {
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
    fn trailers_come_off_every_unit_and_off_video_only() {
        let vp9 = [&[0x83, 1, 2][..], &TRAILER, &[0x86, 3], &TRAILER].concat();
        assert_eq!(&open(Codec::Vp9, &vp9, &[14, vp9.len()]).data[..], [0x83, 1, 2, 0x86, 3]);
        let vp8 = [&[0x70, 1, 2][..], &TRAILER].concat();
        assert_eq!(&open(Codec::Vp8, &vp8, &[]).data[..], [0x70, 1, 2]);
        let opus = [&[0x78][..], &TRAILER].concat();
        assert_eq!(&open(Codec::Opus, &opus, &[]).data[..], &opus[..]);
    }
}
