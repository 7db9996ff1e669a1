//! Logs that end anywhere, and logs with holes.

use proptest::prelude::*;

use super::logs::{Log, close};
use crate::output::mp4::HEAD_LEN;
use crate::output::mp4::tests::programme::{self, audio, small, video};
use crate::storage::StorageError;

#[test]
fn cut_at_every_byte_a_log_keeps_every_whole_fragment() {
    let log = Log::new(&video(), &audio(), &small(45));
    let all = log.bytes();
    assert!(log.fragments.len() >= 6);
    for len in 0..=all.len() {
        let (whole, end) = log.whole(len);
        let (file, closed) = close(all[..len].to_vec());
        let closed = closed.unwrap();
        assert_eq!(closed.fragments as usize, whole, "cut at {len}");
        if whole == 0 {
            assert!(closed.is_empty());
            assert_eq!(file.len(), len, "nothing recorded: left alone");
            continue;
        }
        assert_eq!((closed.torn, closed.holes), ((len - end) as u64, 0));
        log.assert_closed(&file, 0..whole);
    }
}

#[test]
fn a_tail_of_zeros_or_noise_is_cut_off() {
    let log = Log::new(&video(), &audio(), &small(45));
    for tail in [vec![0; 5000], vec![0xff; 70_000], b"moof".repeat(9000), b"\0\0\0\x08moof".repeat(9000)] {
        let mut bytes = log.bytes();
        bytes.extend_from_slice(&tail);
        let (file, closed) = close(bytes);
        assert_eq!(closed.unwrap().torn, tail.len() as u64);
        log.assert_closed(&file, 0..log.fragments.len());
    }
}

#[test]
fn a_hole_costs_what_lies_in_it_and_nothing_behind_it() {
    let log = Log::new(&video(), &audio(), &small(60));
    let starts: Vec<usize> = (0..log.fragments.len())
        .map(|n| log.head.len() + log.fragments[..n].iter().map(|(bytes, _)| bytes.len()).sum::<usize>())
        .collect();
    for (broken, start) in starts.iter().enumerate().take(log.fragments.len() - 1) {
        let len = log.fragments[broken].0.len();
        // Its lengths, its media, its trailer, all of it.
        for range in [0..8, len / 2 + 100..len / 2 + 140, len - 16..len, 0..len] {
            let mut bytes = log.bytes();
            bytes[start + range.start..start + range.end].iter_mut().for_each(|byte| *byte = !*byte);
            let (file, closed) = close(bytes);
            let closed = closed.unwrap();
            assert_eq!((closed.holes, closed.torn), (len as u64, 0));
            log.assert_closed(&file, (0..log.fragments.len()).filter(|n| *n != broken));
        }
    }
}

#[test]
fn what_is_no_log_is_refused_and_left_alone() {
    for bytes in [vec![0; HEAD_LEN], vec![7; 40_000], b"\0\0\0\x20ftyp".repeat(4000)] {
        let (after, closed) = close(bytes.clone());
        assert!(matches!(closed, Err(StorageError::Format { .. })));
        assert_eq!(after, bytes);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_programme_cut_anywhere((video, samples) in programme::any(), cut in 0.0f64..=1.0) {
        let log = Log::new(&video, &audio(), &samples);
        let all = log.bytes();
        // Half of them whole.
        let len = if cut > 0.5 { all.len() } else {
            HEAD_LEN + ((all.len() - HEAD_LEN) as f64 * cut * 2.0) as usize
        };
        let (whole, _) = log.whole(len);
        let (file, closed) = close(all[..len].to_vec());
        prop_assert_eq!(closed.unwrap().fragments as usize, whole);
        if whole > 0 {
            log.assert_closed(&file, 0..whole);
        }
    }

    #[test]
    fn spoilt_logs_never_panic(spoil in prop::collection::vec((0.0f64..1.0, any::<u8>()), 1..12)) {
        let log = Log::new(&video(), &audio(), &small(45));
        let mut bytes = log.bytes();
        for (at, value) in spoil {
            let at = HEAD_LEN + ((bytes.len() - HEAD_LEN) as f64 * at) as usize;
            bytes[at] = value;
        }
        let (file, closed) = close(bytes);
        if closed.unwrap().fragments > 0 {
            crate::output::mp4::tests::strict::read(&file);
        }
    }
}
