//! What comes out of redundant packets, some of which were lost.

use std::time::Instant;

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::FrameMeta;

/// Ticks from packet to packet.
const STEP: u64 = 960;
const BEGIN: u64 = 1 << 32;

fn frame(codec: Codec, rtp_time: u64, contiguous: bool, data: &[u8]) -> OpenFrame {
    let meta = FrameMeta {
        codec,
        contiguous,
        rtp_time,
        clock_rate: 48_000,
        arrival: Instant::now(),
        sender_report: None,
    };
    OpenFrame { meta, keyframe: true, data: Bytes::copy_from_slice(data) }
}

/// The payload of packet `number`, which repeats so many before it. Packet `n` is the two bytes `0x78 n`.
fn red(number: u8, repeats: u8) -> Vec<u8> {
    let (mut headers, mut data) = (Vec::new(), Vec::new());
    for back in (1..=repeats).rev() {
        let age = u16::from(back) * 960;
        headers.extend([0x80 | 111, (age >> 6) as u8, (age << 2) as u8, 2]);
        data.extend([0x78, number - back]);
    }
    headers.push(111);
    [headers, data, vec![0x78, number]].concat()
}

/// Numbers of the packets that come out when these come in, each with what it repeats, and whether each follows.
fn through(arrived: &[u8], repeats: u8) -> Vec<(u8, bool)> {
    let (mut unwrapper, mut out, mut before) = (Unwrapper::default(), VecDeque::new(), None);
    for &number in arrived {
        let contiguous = before.is_none_or(|before: u8| before + 1 == number);
        let time = BEGIN + u64::from(number) * STEP;
        unwrapper.unwrap(frame(Codec::Red, time, contiguous, &red(number, repeats)), &mut out).unwrap();
        before = Some(number);
    }
    let told = |frame: OpenFrame| {
        assert_eq!((frame.meta.codec, frame.keyframe), (Codec::Opus, true));
        assert_eq!(frame.meta.rtp_time, BEGIN + u64::from(frame.data[1]) * STEP, "its time is its own");
        (frame.data[1], frame.meta.contiguous)
    };
    out.into_iter().map(told).collect()
}

#[test]
fn what_was_lost_is_taken_from_what_repeats_it() {
    let whole = |numbers: &[u8]| numbers.iter().map(|&n| (n, true)).collect::<Vec<_>>();
    // Nothing lost: nothing twice, and nothing from before the beginning.
    assert_eq!(through(&[10, 11, 12, 13], 2), whole(&[10, 11, 12, 13]));
    // One and two lost: all there; the loss is told where it was.
    assert_eq!(through(&[10, 12, 13], 2), [(10, true), (11, false), (12, true), (13, true)]);
    assert_eq!(through(&[10, 13], 2), [(10, true), (11, false), (12, true), (13, true)]);
    // Three lost, two repeated; two lost, none or one repeated.
    assert_eq!(through(&[10, 14], 2), [(10, true), (12, false), (13, true), (14, true)]);
    assert_eq!(through(&[10, 13], 0), [(10, true), (13, false)]);
    assert_eq!(through(&[10, 13], 1), [(10, true), (12, false), (13, true)]);
}

#[test]
fn other_codecs_pass_and_count() {
    let (mut unwrapper, mut out) = (Unwrapper::default(), VecDeque::new());
    unwrapper.unwrap(frame(Codec::Opus, BEGIN + 11 * STEP, true, &[0x78, 11]), &mut out).unwrap();
    unwrapper.unwrap(frame(Codec::Red, BEGIN + 12 * STEP, true, &red(12, 2)), &mut out).unwrap();
    let numbers: Vec<u8> = out.iter().map(|frame| frame.data[1]).collect();
    assert_eq!(numbers, [11, 12], "11 came by itself");
    let picture = frame(Codec::Vp8, BEGIN, false, &[1, 2, 3]);
    out.clear();
    unwrapper.unwrap(picture.clone(), &mut out).unwrap();
    assert_eq!(out, [picture]);
}

#[test]
fn silence_and_foreign_blocks_give_nothing() {
    let cases: [(&str, &[u8], &[u8]); 4] = [
        ("its own is silence", &[0xef, 15, 0, 2, 0x6f, 0x78, 11], &[11]),
        ("the older one is silence", &[0xef, 15, 0, 0, 0x6f, 0x78, 12], &[12]),
        ("the older one is of another codec", &[0x80, 15, 0, 2, 0x6f, 0x78, 11, 0x78, 12], &[12]),
        ("as old as the packet itself", &[0xef, 0, 0, 2, 0x6f, 0x78, 11, 0x78, 12], &[12]),
    ];
    for (what, payload, expected) in cases {
        let (mut unwrapper, mut out) = (Unwrapper::default(), VecDeque::new());
        unwrapper.unwrap(frame(Codec::Opus, BEGIN + 10 * STEP, true, &[0x78, 10]), &mut out).unwrap();
        out.clear();
        unwrapper.unwrap(frame(Codec::Red, BEGIN + 12 * STEP, false, payload), &mut out).unwrap();
        let numbers: Vec<u8> = out.iter().map(|frame| frame.data[1]).collect();
        assert_eq!(numbers, expected, "{what}");
    }
}

#[test]
fn what_claims_more_than_it_has_is_refused() {
    for payload in [&[0xef, 0, 3, 0xff, 0x6f, 1][..], &[0xef, 0, 0], &[0xef], &[]] {
        let (mut unwrapper, mut out) = (Unwrapper::default(), VecDeque::new());
        let refused = unwrapper.unwrap(frame(Codec::Red, BEGIN, true, payload), &mut out);
        assert_eq!((refused, out.len()), (Err(Refusal::Malformed), 0), "{payload:02x?}");
    }
}

proptest! {
    #[test]
    fn whatever_is_lost_the_rest_is_in_order_and_once(
        arrived in proptest::collection::btree_set(10u8..60, 1..50), repeats in 0u8..5
    ) {
        let arrived: Vec<u8> = arrived.into_iter().collect();
        let out = through(&arrived, repeats);
        prop_assert!(out.windows(2).all(|pair| pair[0].0 < pair[1].0), "{out:?}");
        let saved = (arrived[0]..=arrived[arrived.len() - 1])
            .filter(|n| arrived.iter().any(|a| (*a).saturating_sub(repeats) <= *n && n <= a));
        prop_assert_eq!(out.into_iter().map(|(number, _)| number).collect::<Vec<_>>(), saved.collect::<Vec<_>>());
    }

    #[test]
    fn any_payloads_are_survived(
        payloads in proptest::collection::vec((0u64..20_000, proptest::collection::vec(any::<u8>(), 0..40)), 0..20)
    ) {
        let (mut unwrapper, mut out) = (Unwrapper::default(), VecDeque::new());
        for (time, payload) in payloads {
            let _ = unwrapper.unwrap(frame(Codec::Red, time, true, &payload), &mut out);
            prop_assert!(out.len() <= payload.len() / 4 + 1);
            prop_assert!(out.iter().rev().skip(1).all(|older| older.meta.rtp_time < time));
            out.clear();
        }
    }
}
