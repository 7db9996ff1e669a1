//! What someone who means harm may send: everything is survived, and nothing spoiled is opened.
//!
//! `make fuzz` runs these, and their like in the sources, ten million times each.

use std::sync::Arc;
use std::time::Instant;

use livetape_rtc::e2ee::{
    DEFAULT_SALT, Kdf, is_blank_picture, open_data, seal_data, split_trailer, unescape,
};
use livetape_rtc::{Codec, Keyring, KeyringOptions, Opened, Opener, SealedFrame, is_keyframe, open_clear};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::support::{Sender, frame, opening};

const CODECS: [Codec; 9] = [
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

fn ring() -> Arc<Keyring> {
    let ring = Keyring::new(KeyringOptions { ratchet_window: 2, ..Default::default() });
    ring.set_shared(0, b"key", Kdf::Hkdf, DEFAULT_SALT);
    Arc::new(ring)
}

/// One thing that happens to bytes on their way.
#[derive(Debug, Clone)]
enum Harm {
    Flip(usize, u8),
    Cut(usize),
    Insert(usize, u8),
    Double(usize),
}

fn harm() -> impl Strategy<Value = Harm> {
    prop_oneof![
        (any::<usize>(), 1u8..).prop_map(|(at, with)| Harm::Flip(at, with)),
        any::<usize>().prop_map(Harm::Cut),
        (any::<usize>(), any::<u8>()).prop_map(|(at, byte)| Harm::Insert(at, byte)),
        any::<usize>().prop_map(Harm::Double),
    ]
}

fn suffer(bytes: &mut Vec<u8>, harm: &Harm) {
    let within = |at: usize| at % bytes.len().max(1);
    match *harm {
        Harm::Flip(at, with) => {
            let at = within(at);
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= with;
            }
        }
        Harm::Cut(at) => bytes.truncate(within(at)),
        Harm::Insert(at, byte) => bytes.insert(within(at), byte),
        Harm::Double(at) => {
            let again = bytes[within(at)..].to_vec();
            bytes.extend(again);
        }
    }
}

proptest! {
    #[test]
    fn a_spoiled_frame_never_opens_as_another(
        body in vec(0u8..6, 0..120),
        codec in prop_oneof![Just(Codec::Opus), Just(Codec::Vp8), Just(Codec::Vp9), Just(Codec::H264), Just(Codec::H265)],
        harms in vec(harm(), 1..4),
        deviations in any::<bool>(),
    ) {
        let plain = [opening(codec), &body].concat();
        let mut sealed = Sender::new(b"key", 0).seal(codec, &plain);
        harms.iter().for_each(|harm| suffer(&mut sealed, harm));
        let mut opener = Opener::new(ring(), "ann".to_owned());
        opener.set_deviations(deviations);
        if let Opened::Open(open) = opener.open(frame(codec, &sealed, Instant::now())) {
            // Senders that authenticate three-byte start codes leave it open how many zeros stand before one.
            let told = |data: &[u8]| match codec {
                Codec::H264 | Codec::H265 if deviations => data.iter().copied().skip_while(|b| *b == 0).collect(),
                _ => data.to_vec(),
            };
            prop_assert_eq!(told(&open.data), told(&plain));
        }
    }

    #[test]
    fn any_clear_frame_is_survived(data in vec(any::<u8>(), 0..120), ends in vec(0usize..140, 0..4)) {
        for codec in CODECS {
            let sealed = SealedFrame { unit_ends: ends.clone(), ..frame(codec, &data, Instant::now()) };
            if let Opened::Open(open) = open_clear(sealed) {
                prop_assert!(open.data.len() <= data.len());
            }
            let _ = (is_keyframe(codec, &data), is_blank_picture(codec, &data));
        }
    }

    #[test]
    fn any_trailer_is_survived(mut data in vec(any::<u8>(), 0..80), len in any::<u8>(), marked in any::<bool>()) {
        if marked {
            data.push(len);
            data.extend(b"LKTS");
        }
        let (body, trailer) = split_trailer(&data);
        prop_assert!(data.starts_with(body));
        prop_assert!(trailer.is_some() || body.len() == data.len());
        prop_assert!(unescape(&data).len() <= data.len());
    }

    #[test]
    fn a_spoiled_data_packet_never_opens(plain in vec(any::<u8>(), 0..60), harms in vec(harm(), 1..3)) {
        let ring = ring();
        let sealed = seal_data(&ring, "ann", 0, &plain).unwrap();
        let mut value = sealed.value.clone();
        harms.iter().for_each(|harm| suffer(&mut value, harm));
        let opened = open_data(&ring, "ann", sealed.key_index, &sealed.iv, &value);
        prop_assert!(opened.is_err() || value == sealed.value);
    }

    #[test]
    fn any_data_packet_is_survived(iv in vec(any::<u8>(), 0..20), value in vec(any::<u8>(), 0..60), index in any::<u8>()) {
        prop_assert!(open_data(&ring(), "ann", index, &iv, &value).is_err());
    }
}
