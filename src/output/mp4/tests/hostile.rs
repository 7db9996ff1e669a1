//! Bytes that a disk may give back: any at all. Nothing panics, and what passes makes sense.

use proptest::prelude::*;

use super::programme::{audio, small, video};
use crate::output::mp4::{Crc32c, FRAGMENT, Fragment, FragmentWriter, HEAD_LEN, Head, Tables, trailer_crc};

fn log() -> (Vec<u8>, Vec<bytes::Bytes>) {
    let mut writer = FragmentWriter::new(&video(), &audio(), FRAGMENT);
    let head = writer.init_segment().unwrap().to_vec();
    let mut fragments: Vec<_> = small(30).into_iter().filter_map(|sample| writer.push(sample)).collect();
    fragments.extend(writer.flush());
    (head, fragments)
}

#[test]
fn the_checksum_is_castagnolis() {
    // RFC 3720, B.4.
    assert_eq!(Crc32c::of(&[0; 32]), 0x8a91_36aa);
    assert_eq!(Crc32c::of(b"123456789"), 0xe306_9283);
    let mut parts = Crc32c::default();
    parts.update(b"1234");
    parts.update(b"56789");
    assert_eq!(parts.value(), 0xe306_9283);
}

#[test]
fn a_fragment_carries_its_checksum() {
    for bytes in log().1 {
        let body = bytes.len() - 16;
        assert_eq!(trailer_crc(&bytes[body..]), Ok(Crc32c::of(&bytes[..body])));
    }
}

#[test]
fn every_cut_of_a_fragment_is_refused() {
    let bytes = &log().1[1];
    let parsed = (0..bytes.len()).filter(|len| Fragment::parse(&bytes[..*len]).is_ok()).count();
    // It takes the moof and the header of the mdat, and no more.
    let media: u64 =
        Fragment::parse(bytes).unwrap().runs().flat_map(|run| run.samples()).map(|s| u64::from(s.size)).sum();
    assert_eq!(parsed as u64, media + 16);
}

proptest! {
    #[test]
    fn a_spoilt_fragment_never_panics(which in 0usize..4, spoil in prop::collection::vec((0usize..700, any::<u8>()), 1..6)) {
        let (head, fragments) = log();
        let mut bytes = fragments[which].to_vec();
        for (at, value) in spoil {
            let len = bytes.len();
            bytes[at % len] = value;
        }
        let mut tables = Tables::new(&Head::parse(&head).unwrap().movie);
        if let Ok(fragment) = Fragment::parse(&bytes) && tables.push(&fragment, HEAD_LEN as u64).is_ok() {
            let moov = Head::parse(&head).unwrap().movie.closed(&tables).unwrap();
            prop_assert!(moov.len() < 10_000);
        }
    }

    #[test]
    fn a_spoilt_head_never_panics(spoil in prop::collection::vec((0usize..1400, any::<u8>()), 1..6)) {
        let mut head = log().0;
        for (at, value) in spoil {
            head[at] = value;
        }
        if let Ok(mut head) = Head::parse(&head) {
            let other = crate::sample::VideoConfig { avcc: vec![9; 30].into(), ..video() };
            drop(head.describe(&other, &audio()));
        }
    }

    #[test]
    fn noise_is_no_fragment(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        prop_assert!(Fragment::parse(&bytes).is_err());
        prop_assert!(Head::parse(&bytes).is_err());
    }
}
