//! An opener over time: late keys, rotation, ratchets, deviations, garbage.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use livetape_rtc::e2ee::{DEFAULT_SALT, Kdf, OVERHEAD};
use livetape_rtc::{
    Codec, Format, Keyring, KeyringOptions, Opened, Opener, Refusal, RtpPacket, SealedFrame, TrackReceiver,
    Unwrapper,
};
use proptest::prelude::*;

use crate::support::{Sender, frame, ms, opening};

const OPUS: &[u8] = b"\x78 some sound";

/// A receiver of one sender, and a clock.
struct Track {
    ring: Arc<Keyring>,
    opener: Opener,
    now: Instant,
}

impl Track {
    fn new(ratchet_window: u8) -> Self {
        let ring = Arc::new(Keyring::new(KeyringOptions { ratchet_window, ..Default::default() }));
        let opener = Opener::new(ring.clone(), "ann".to_owned());
        Self { ring, opener, now: Instant::now() }
    }

    fn with_key(window: u8, material: &[u8]) -> Self {
        let track = Self::new(window);
        track.set_key(material);
        track
    }

    fn set_key(&self, material: &[u8]) {
        self.ring.set_shared(0, material, Kdf::Hkdf, DEFAULT_SALT);
    }

    fn open(&mut self, codec: Codec, data: &[u8]) -> Result<Bytes, Refusal> {
        self.now += ms(20);
        match self.opener.open(frame(codec, data, self.now)) {
            Opened::Open(frame) => Ok(frame.data),
            Opened::Refused(refusal) => Err(refusal),
            other => panic!("{other:?}"),
        }
    }

    fn opens(&mut self, data: &[u8]) -> bool {
        self.open(Codec::Opus, data).is_ok()
    }
}

#[test]
fn a_late_key_opens_the_very_next_frame() {
    let (mut track, mut ann) = (Track::new(0), Sender::new(b"key", 0));
    assert_eq!(track.open(Codec::Opus, &ann.seal(Codec::Opus, OPUS)), Err(Refusal::MissingKey { index: 0 }));
    track.set_key(b"key");
    assert_eq!(track.open(Codec::Opus, &ann.seal(Codec::Opus, OPUS)).as_deref(), Ok(OPUS));
    track.ring.remove_shared(0);
    assert_eq!(track.open(Codec::Opus, &ann.seal(Codec::Opus, OPUS)), Err(Refusal::MissingKey { index: 0 }));
}

#[test]
fn what_a_later_key_may_open_comes_back_whole() {
    for codec in [Codec::Opus, Codec::Vp8, Codec::H264] {
        let mut track = Track::with_key(0, b"old");
        let plain: &[u8] = match codec {
            Codec::H264 => &[0, 0, 0, 1, 0x65, 0x88, 1, 2, 3, 0, 0, 1, 4],
            _ => &[0x10, 1, 2, 0x9d, 1, 0x2a, 1, 0, 1, 0, 9, 9, 9],
        };
        let sealed = frame(codec, &Sender::new(b"new", 0).seal(codec, plain), track.now);
        let (refusal, back) = track.opener.open_or_return(sealed.clone()).unwrap_err();
        assert_eq!((refusal, &back), (Refusal::WrongKey { index: 0 }, &sealed), "{codec:?}");
        track.set_key(b"new");
        match track.opener.open_or_return(back) {
            Ok(Opened::Open(open)) => assert_eq!(&open.data[..], plain, "{codec:?}"),
            other => panic!("{codec:?}: {other:?}"),
        }
    }
    // What no key will ever open doesn't.
    let mut track = Track::with_key(0, b"key");
    let clear = frame(Codec::Opus, OPUS, track.now);
    assert_eq!(track.opener.open_or_return(clear), Ok(Opened::Refused(Refusal::Clear)));
}

#[test]
fn a_sender_changes_its_index_without_notice() {
    let mut track = Track::with_key(0, b"key");
    track.ring.set("ann", 3, b"third", Kdf::Hkdf, DEFAULT_SALT);
    let (mut before, mut after) = (Sender::new(b"key", 0), Sender::new(b"third", 3));
    for _ in 0..3 {
        assert!(track.opens(&before.seal(Codec::Opus, OPUS)));
        assert!(track.opens(&after.seal(Codec::Opus, OPUS)));
    }
    let mut other = Sender::new(b"third", 0);
    assert_eq!(track.open(Codec::Opus, &other.seal(Codec::Opus, OPUS)), Err(Refusal::WrongKey { index: 0 }));
}

#[test]
fn a_replaced_key_opens_what_is_still_under_way_for_a_while() {
    let mut track = Track::with_key(0, b"old");
    let (mut old, mut new) = (Sender::new(b"old", 0), Sender::new(b"new", 0));
    assert!(track.opens(&old.seal(Codec::Opus, OPUS)));
    track.set_key(b"new");
    assert!(track.opens(&old.seal(Codec::Opus, OPUS)));
    assert!(track.opens(&new.seal(Codec::Opus, OPUS)));
    assert!(track.opens(&old.seal(Codec::Opus, OPUS)));
    track.now += ms(10_000);
    assert!(!track.opens(&old.seal(Codec::Opus, OPUS)));
    assert!(track.opens(&new.seal(Codec::Opus, OPUS)));
}

#[test]
fn ratchets_are_followed_within_the_window_and_no_further() {
    let mut track = Track::with_key(4, b"key");
    let (mut lagging, mut ann) = (Sender::new(b"key", 0), Sender::new(b"key", 0));
    assert!(track.opens(&ann.seal(Codec::Opus, OPUS)));
    (0..4).for_each(|_| ann.ratchet());
    assert!(track.opens(&ann.seal(Codec::Opus, OPUS)));
    assert!(track.opens(&lagging.seal(Codec::Opus, OPUS))); // reordered around the change
    (0..4).for_each(|_| ann.ratchet());
    assert!(track.opens(&ann.seal(Codec::Opus, OPUS)));
    (0..5).for_each(|_| ann.ratchet());
    assert!(!track.opens(&ann.seal(Codec::Opus, OPUS)));
    lagging = Sender::new(b"key", 0);
    assert!(!track.opens(&lagging.seal(Codec::Opus, OPUS))); // two changes ago
}

#[test]
fn without_a_window_no_ratchet_is_followed_but_the_applications() {
    let (mut track, mut ann) = (Track::with_key(0, b"key"), Sender::new(b"key", 0));
    assert!(track.opens(&ann.seal(Codec::Opus, OPUS)));
    ann.ratchet();
    assert!(!track.opens(&ann.seal(Codec::Opus, OPUS)));
    track.ring.ratchet(None, 0).unwrap();
    assert!(track.opens(&ann.seal(Codec::Opus, OPUS)));
}

#[test]
fn one_participants_ratchet_leaves_the_others_alone() {
    let mut ann_track = Track::with_key(16, b"key");
    let mut bob_track = Opener::new(ann_track.ring.clone(), "bob".to_owned());
    let (mut ann, mut bob) = (Sender::new(b"key", 0), Sender::new(b"key", 0));
    ann.ratchet();
    for _ in 0..3 {
        assert!(ann_track.opens(&ann.seal(Codec::Opus, OPUS)));
        let opened = bob_track.open(frame(Codec::Opus, &bob.seal(Codec::Opus, OPUS), ann_track.now));
        assert!(matches!(opened, Opened::Open(_)), "{opened:?}");
    }
}

/// SPS, PPS and IDR, the slice long enough to be interesting.
fn h264_keyframe() -> Vec<u8> {
    let mut frame = vec![0, 0, 0, 1, 0x67, 0x42, 0, 0, 0, 1, 0x68, 0xce, 0, 0, 0, 1, 0x65, 0x88];
    frame.extend((0..2_000u32).map(|n| (n * 7 % 251) as u8));
    frame
}

#[test]
fn deviating_senders_are_understood_frame_after_frame() {
    let plain = h264_keyframe();
    let delta = [&[0, 0, 0, 1, 0x41, 0x9a][..], &[0x55; 300]].concat();
    let vp9: Vec<u8> = [&[0x86][..], &[0x33; 300]].concat();
    let mut track = Track::with_key(0, b"key");
    let mut ann = Sender::new(b"key", 0);
    for _ in 0..3 {
        // The encoder's slice start code had three bytes.
        let key_aad = [&plain[..12], &plain[13..18]].concat();
        let sealed = ann.seal_as(&plain, 18, &key_aad, true);
        assert_eq!(track.open(Codec::H264, &sealed).as_deref(), Ok(&plain[..]));
        let sealed = ann.seal_as(&delta, 6, &delta[1..6], true);
        assert_eq!(track.open(Codec::H264, &sealed).as_deref(), Ok(&delta[..]));
        // The header's length was cut, so that the slice is hidden.
        let sealed = ann.seal_as(&plain, 11, &plain[..11], true);
        assert_eq!(track.open(Codec::H264, &sealed).as_deref(), Ok(&plain[..]));
        // VP8's rule on VP9.
        let sealed = ann.seal_as(&vp9, 3, &vp9[..3], false);
        assert_eq!(track.open(Codec::Vp9, &sealed).as_deref(), Ok(&vp9[..]));
        // And as it should be.
        assert_eq!(track.open(Codec::H264, &ann.seal(Codec::H264, &plain)).as_deref(), Ok(&plain[..]));
    }
}

#[test]
fn a_sender_that_never_escapes_is_understood() {
    let plain = h264_keyframe();
    let (mut track, mut ann) = (Track::with_key(0, b"key"), Sender::new(b"key", 0));
    // Until the sealed bytes have something that looks like an escape.
    let sealed = std::iter::from_fn(|| Some(ann.seal_as(&plain, 18, &plain[..18], false)))
        .find(|sealed| sealed[18..].windows(3).any(|w| w == [0, 0, 3]))
        .unwrap();
    assert_eq!(track.open(Codec::H264, &sealed).as_deref(), Ok(&plain[..]));
}

#[test]
fn escapes_are_taken_out_of_what_does_not_open_as_it_lies() {
    let plain = h264_keyframe();
    let (mut track, ann) = (Track::with_key(0, b"key"), Sender::new(b"key", 0));
    let iv = [0, 0, 1, 0, 0, 2, 0, 0, 3, 0, 0, 0];
    let sealed = ann.seal_at(iv, Codec::H264, &plain);
    assert!(sealed.len() >= plain.len() + OVERHEAD + 4, "four escapes in the IV alone");
    for deviations in [true, false] {
        track.opener.set_deviations(deviations);
        assert_eq!(track.open(Codec::H264, &sealed).as_deref(), Ok(&plain[..]));
    }
}

#[test]
fn every_layer_of_a_picture_must_open() {
    let (mut track, mut ann) = (Track::with_key(0, b"key"), Sender::new(b"key", 0));
    let layers = [ann.seal(Codec::Vp9, &[0x83, 1, 2]), ann.seal(Codec::Vp9, &[0x86, 3])];
    let picture = SealedFrame {
        unit_ends: vec![layers[0].len(), layers.concat().len()],
        ..frame(Codec::Vp9, &layers.concat(), track.now)
    };
    match track.opener.open(picture.clone()) {
        Opened::Open(open) => assert_eq!((&open.data[..], open.keyframe), (&[0x83, 1, 2, 0x86, 3][..], true)),
        other => panic!("{other:?}"),
    }
    let mut damaged = picture.data.to_vec();
    *damaged.last_mut().unwrap() ^= 1;
    let damaged = SealedFrame { data: damaged.as_slice().into(), ..picture };
    assert_eq!(track.opener.open(damaged), Opened::Refused(Refusal::MissingKey { index: 1 }));
}

/// Packets 1 to 4 of this codec, the second and third lost on the way, each opened; what a decoder gets of them. The
/// vectors of SDKs have Opus alone.
fn heard_over_rtp(codec: Codec, payload: impl Fn(u8) -> Vec<u8>) -> Vec<Vec<u8>> {
    let (mut track, mut ann) = (Track::with_key(0, b"key"), Sender::new(b"key", 0));
    let mut receiver = TrackReceiver::new(&[Format { payload_type: 96, codec, clock_rate: 48_000 }]);
    for number in [1, 4] {
        let payload = ann.seal(codec, &payload(number)).into();
        let (seq, timestamp) = (u64::from(number), u32::from(number) * 960);
        receiver.push(track.now, RtpPacket { seq, timestamp, marker: false, payload_type: 96, payload });
    }
    receiver.handle_timeout(track.now + ms(60));
    let (mut unwrapper, mut out) = (Unwrapper::default(), VecDeque::new());
    while let Some(sealed) = receiver.poll_frame() {
        let Opened::Open(open) = track.opener.open(sealed) else { panic!("{codec:?} stays shut") };
        unwrapper.unwrap(open, &mut out).unwrap();
    }
    out.iter().map(|frame| frame.data.to_vec()).collect()
}

#[test]
fn sealed_sound_of_every_codec_is_heard_and_red_gives_back_what_was_lost() {
    for codec in [Codec::Opus, Codec::Pcmu, Codec::Pcma] {
        let heard = heard_over_rtp(codec, |number| vec![number; 160]);
        assert_eq!(heard, [vec![1; 160], vec![4; 160]], "{codec:?}");
    }
    // Each packet repeats the one before it.
    let heard =
        heard_over_rtp(Codec::Red, |number| vec![0xef, 15, 0, 2, 0x6f, 0x78, number - 1, 0x78, number]);
    assert_eq!(heard, [[0x78, 1], [0x78, 3], [0x78, 4]]);
}

#[test]
fn refusals_say_why() {
    let (mut track, mut ann) = (Track::with_key(0, b"key"), Sender::new(b"other", 0));
    let cases: [(Codec, Vec<u8>, Refusal); 5] = [
        (Codec::Opus, ann.seal(Codec::Opus, OPUS), Refusal::WrongKey { index: 0 }),
        (Codec::Opus, OPUS.to_vec(), Refusal::Clear),
        (Codec::Opus, vec![0x78, 12, 0], Refusal::Malformed),
        (Codec::Av1, vec![0x12, 0, 12, 0], Refusal::NotSupported),
        (Codec::Opus, vec![0x78, 12, 9], Refusal::MissingKey { index: 9 }),
    ];
    for (codec, data, expected) in cases {
        assert_eq!(track.open(codec, &data), Err(expected));
    }
}

#[test]
fn a_flood_of_garbage_costs_a_bounded_time() {
    let mut track = Track::with_key(16, b"key");
    track.ring.set_shared(1, b"passphrase", Kdf::Pbkdf2, DEFAULT_SALT);
    let mut garbage = [&[0, 0, 0, 1, 0x67][..], &[0x5a; 100_000]].concat();
    garbage.extend([12, 1]);
    let begin = Instant::now();
    for _ in 0..300 {
        track.now += ms(10);
        assert_eq!(track.open(Codec::H264, &garbage), Err(Refusal::Malformed));
    }
    // Nine seconds of media, 257 readings each: unbounded this would be 7 GB of AES per pass and
    // key. 16 derivations of about 25 ms are the other part.
    let took = begin.elapsed();
    assert!(took < ms(4_000), "{took:?}");
}

proptest! {
    #[test]
    fn whatever_is_sealed_opens(
        body in proptest::collection::vec(0u8..6, 0..300),
        codec in prop_oneof![Just(Codec::Opus), Just(Codec::Vp8), Just(Codec::Vp9), Just(Codec::H264), Just(Codec::H265)],
    ) {
        let plain = [opening(codec), &body].concat();
        let mut track = Track::with_key(0, b"key");
        let sealed = Sender::new(b"key", 0).seal(codec, &plain);
        track.opener.set_deviations(false);
        let opened = track.open(codec, &sealed);
        prop_assert_eq!(opened.as_deref(), Ok(&plain[..]));
    }
}
