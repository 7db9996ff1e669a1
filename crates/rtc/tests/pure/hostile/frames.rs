//! Whole frames: the opener, the way out for clear ones, trailers, RED.

use std::collections::VecDeque;
use std::sync::{Arc, LazyLock};
use std::time::Instant;

use livetape_rtc::e2ee::{DEFAULT_SALT, Kdf, is_blank_picture, split_trailer, unescape};
use livetape_rtc::{
    Codec, Keyring, KeyringOptions, Opened, Opener, SealedFrame, Unwrapper, is_keyframe, open_clear,
};

use super::cases::each_case;
use super::dice::Dice;
use crate::support::{Sender, frame, opening};

const SEALED: [Codec; 5] = [Codec::Opus, Codec::Vp8, Codec::Vp9, Codec::H264, Codec::H265];
const ALL: [Codec; 9] = [
    Codec::Opus,
    Codec::Red,
    Codec::Pcmu,
    Codec::Pcma,
    Codec::Vp8,
    Codec::Vp9,
    Codec::H264,
    Codec::H265,
    Codec::Av1,
];

/// Keys are derived once; a case only reads them.
pub(super) static RING: LazyLock<Arc<Keyring>> = LazyLock::new(|| {
    let ring = Keyring::new(KeyringOptions { ratchet_window: 2, ..Default::default() });
    ring.set_shared(0, b"key", Kdf::Hkdf, DEFAULT_SALT);
    ring.prepare();
    Arc::new(ring)
});

fn opener(dice: &mut Dice) -> (Opener, bool) {
    let mut opener = Opener::new(RING.clone(), "ann".to_owned());
    let deviations = dice.one_in(2);
    opener.set_deviations(deviations);
    (opener, deviations)
}

fn a_spoiled_frame_stays_shut(dice: &mut Dice, codec: Codec, sender: &Sender) {
    let plain = [opening(codec), &dice.bytes(100)].concat();
    let iv = std::array::from_fn(|_| dice.byte());
    let mut sealed = sender.seal_at(iv, codec, &plain);
    for _ in 0..1 + dice.below(3) {
        dice.harm(&mut sealed);
    }
    let (mut opener, deviations) = opener(dice);
    if let Opened::Open(open) = opener.open(frame(codec, &sealed, Instant::now())) {
        // Senders that authenticate three-byte start codes leave it open how many zeros stand before one.
        let told = |data: &[u8]| match codec {
            Codec::H264 | Codec::H265 if deviations => data.iter().copied().skip_while(|b| *b == 0).collect(),
            _ => data.to_vec(),
        };
        assert_eq!(told(&open.data), told(&plain), "{codec:?}");
    }
}

#[test]
fn a_spoiled_frame_never_opens_as_another() {
    let sender = Sender::new(b"key", 0);
    each_case(|dice| {
        let codec = dice.pick(&SEALED);
        a_spoiled_frame_stays_shut(dice, codec, &sender);
    });
}

#[test]
fn made_up_frames_never_open() {
    each_case(|dice| {
        let codec = dice.pick(&ALL);
        let mut data = [if dice.one_in(2) { opening(codec) } else { &[] }, &dice.bytes(100)].concat();
        if dice.one_in(2) {
            data.extend([12, 0]); // as if it were sealed
        }
        let ends = (0..dice.below(4)).map(|_| dice.below(140)).collect();
        let sealed = SealedFrame { unit_ends: ends, ..frame(codec, &data, Instant::now()) };
        let opened = opener(dice).0.open(sealed);
        assert!(!matches!(opened, Opened::Open(_)), "{codec:?}: {opened:?}");
    });
}

#[test]
fn any_clear_frame_is_survived() {
    each_case(|dice| {
        let codec = dice.pick(&ALL);
        let data = [if dice.one_in(2) { opening(codec) } else { &[] }, &dice.bytes(100)].concat();
        let ends = (0..dice.below(4)).map(|_| dice.below(140)).collect();
        let sealed = SealedFrame { unit_ends: ends, ..frame(codec, &data, Instant::now()) };
        if let Opened::Open(open) = open_clear(sealed) {
            assert!(!open.data.is_empty() && open.data.len() <= data.len());
        }
        let _ = (is_keyframe(codec, &data), is_blank_picture(codec, &data));
    });
}

#[test]
fn any_trailer_is_survived() {
    each_case(|dice| {
        let mut data = dice.bytes(80);
        if !dice.one_in(4) {
            // As if there were fields before it: their bytes are inverted.
            data.iter_mut().rev().take(8).for_each(|byte| *byte |= 0xf0);
            data.push(dice.byte() | 0xc0);
            data.extend(b"LKTS");
        }
        let (body, trailer) = split_trailer(&data);
        assert!(data.starts_with(body));
        assert!(trailer.is_some() || body.len() == data.len());
        assert!(unescape(&data).len() <= data.len());
    });
}

#[test]
fn red_gives_parts_of_what_came() {
    each_case(|dice| {
        let mut data = Vec::new();
        for _ in 0..dice.below(4) {
            data.extend([0x80 | dice.byte(), dice.byte(), dice.byte() & 3, dice.byte() >> dice.below(8)]);
        }
        data.push(dice.byte() & if dice.one_in(8) { 0xff } else { 0x7f });
        data.extend(dice.bytes(100));
        let (mut unwrapper, mut out) = (Unwrapper::default(), VecDeque::new());
        // The second one fills the gap between them from its older blocks.
        for rtp_time in [0, 1 << 14] {
            let mut frame = frame(Codec::Red, &data, Instant::now());
            frame.meta.rtp_time = rtp_time;
            let Opened::Open(open) = open_clear(frame) else { panic!("it isn't empty") };
            // A claim of more than there is gives nothing.
            let _ = unwrapper.unwrap(open, &mut out);
        }
        assert!(out.iter().all(|part| part.meta.codec == Codec::Opus && !part.data.is_empty()));
        assert!(out.iter().all(|part| data.windows(part.data.len()).any(|bytes| bytes == part.data)));
        let times: Vec<u64> = out.iter().map(|part| part.meta.rtp_time).collect();
        assert!(times.is_sorted_by(|a, b| a < b), "in order, once each: {times:?}");
    });
}
