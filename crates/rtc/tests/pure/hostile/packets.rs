//! RTP payloads and packets: the depacketizers of every codec, and the order of arrival.

use std::time::Instant;

use bytes::Bytes;
use livetape_rtc::{Codec, Format, RtpPacket, SealedFrame, TrackReceiver};

use super::allocation::largest_piece;
use super::cases::each_case;
use super::dice::Dice;
use crate::support::ms;

/// No case sends as much; a length that a payload claims easily is more.
const LARGEST_PIECE: usize = 8 << 10;

fn format(codec: Codec) -> Format {
    Format { payload_type: 96, codec, clock_rate: if codec.is_audio() { 48_000 } else { 90_000 } }
}

/// Bytes that headers of this codec's payloads are made of, so that more than the first check is met.
fn openings(codec: Codec) -> &'static [&'static [u8]] {
    match codec {
        Codec::Vp8 => &[&[0x10], &[0], &[0x90, 0x80, 0x80], &[0x90, 0xff], &[0x80, 0x70]],
        Codec::Vp9 => &[&[0x0c], &[0x08], &[0x04], &[0x8f, 0x80], &[0x1e, 1], &[0x5c, 0xff], &[0xae, 0, 3]],
        Codec::H264 => {
            &[&[24, 0, 2], &[24, 0xff, 0xff], &[28, 0x85], &[28, 0x45], &[28, 5], &[0x65], &[0x67]]
        }
        Codec::H265 => &[
            &[0x60, 1, 0, 3],
            &[0x60, 1, 0xff],
            &[0x62, 1, 0x93],
            &[0x62, 1, 0x53],
            &[0x62, 1, 0x13],
            &[0x26, 1],
        ],
        Codec::Av1 => {
            &[&[0x10, 0x0a], &[0x20, 3], &[0x20, 0xff, 0xff, 0xff, 0xff, 0x0f], &[0x90], &[0x50], &[0x38]]
        }
        _ => &[&[0x78], &[0xef, 0, 3, 0xff], &[0xef, 0, 0, 2, 0x6f]],
    }
}

fn payload(dice: &mut Dice, codec: Codec) -> Vec<u8> {
    let mut payload = if dice.one_in(4) { Vec::new() } else { dice.pick(openings(codec)).to_vec() };
    payload.extend(dice.bytes(40));
    payload
}

fn check(frame: &SealedFrame) {
    let ends = &frame.unit_ends;
    assert!(!frame.data.is_empty());
    assert!(ends.is_sorted() && (ends.is_empty() || ends.last() == Some(&frame.data.len())), "{ends:?}");
}

/// In order and without loss, so that all of it reaches the depacketizer.
fn depacketize(dice: &mut Dice, codec: Codec) {
    let (mut bytes, mut out, now) = (0, 0, Instant::now());
    let count = 1 + dice.below(8);
    let payloads: Vec<_> = (0..count).map(|_| payload(dice, codec)).collect();
    let largest = largest_piece(|| {
        let mut receiver = TrackReceiver::new(&[format(codec)]);
        let mut timestamp = 0;
        for (seq, payload) in (0..).zip(payloads) {
            timestamp += u32::from(dice.one_in(4));
            bytes += payload.len();
            let (marker, payload) = (dice.one_in(4), Bytes::from(payload));
            receiver.push(now, RtpPacket { seq, timestamp, marker, payload_type: 96, payload });
            while let Some(frame) = receiver.poll_frame() {
                check(&frame);
                out += frame.data.len();
            }
        }
    });
    // What a byte can become: an aggregated unit of one byte gets a start code.
    assert!(out <= bytes * 5, "{out} of {bytes}");
    assert!(largest <= LARGEST_PIECE, "{largest} bytes at once for {bytes}");
}

#[test]
fn vp8_payloads_are_survived() {
    each_case(|dice| depacketize(dice, Codec::Vp8));
}

#[test]
fn vp9_payloads_are_survived() {
    each_case(|dice| depacketize(dice, Codec::Vp9));
}

#[test]
fn h264_payloads_are_survived() {
    each_case(|dice| depacketize(dice, Codec::H264));
}

#[test]
fn h265_payloads_are_survived() {
    each_case(|dice| depacketize(dice, Codec::H265));
}

#[test]
fn av1_payloads_are_survived() {
    each_case(|dice| depacketize(dice, Codec::Av1));
}

#[test]
fn sounds_payloads_are_survived() {
    each_case(|dice| {
        let codec = dice.pick(&[Codec::Opus, Codec::Red, Codec::Pcmu, Codec::Pcma]);
        depacketize(dice, codec);
    });
}

/// Any numbers, any times, several formats: frames come at most once, and memory has a bound.
#[test]
fn any_order_of_packets_is_survived() {
    each_case(|dice| {
        let codecs =
            dice.pick(&[[Codec::Vp8, Codec::H264], [Codec::Vp9, Codec::Av1], [Codec::Opus, Codec::Red]]);
        let formats = [format(codecs[0]), Format { payload_type: 97, ..format(codecs[1]) }];
        let mut receiver = TrackReceiver::new(&formats);
        let (mut now, mut seq, mut timestamp) = (Instant::now(), dice.next(), dice.next() as u32);
        let mut frames = 0;
        for _ in 0..1 + dice.below(16) {
            match dice.below(8) {
                0 => seq = dice.next(),
                1 => seq = seq.wrapping_sub(dice.next() % 4),
                2 => seq = seq.wrapping_add(dice.next() % 6_000),
                _ => seq = seq.wrapping_add(1),
            }
            match dice.below(6) {
                0 => timestamp = dice.next() as u32,
                1 | 2 => timestamp = timestamp.wrapping_add(3_000),
                _ => {}
            }
            let line = dice.below(2);
            let payload_type = if dice.one_in(10) { dice.byte() } else { 96 + line as u8 };
            let payload = if dice.one_in(8) { Bytes::new() } else { payload(dice, codecs[line]).into() };
            receiver.push(now, RtpPacket { seq, timestamp, marker: dice.one_in(2), payload_type, payload });
            if dice.one_in(10) {
                receiver.push_sender_report(dice.next() as i64, dice.next() as u32);
            }
            now += ms(dice.next() % 200);
            receiver.handle_timeout(now);
            receiver.take_keyframe_request(now);
            while let Some(frame) = receiver.poll_frame() {
                check(&frame);
                frames += 1;
            }
        }
        let stats = receiver.stats();
        assert_eq!(stats.frames, frames);
        assert!(stats.frames + stats.duplicates + stats.ignored <= stats.packets, "{stats:?}");
    });
}
