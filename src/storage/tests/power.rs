//! Power cuts: unsynced sectors arrive or don't, in any combination.

use std::path::Path;

use proptest::test_runner::{RngAlgorithm, TestRng};

use super::disk::MemDisk;
use super::logs::{Log, close};
use crate::output::mp4::tests::programme::{audio, merge, pictures, sounds, video};
use crate::storage::close::close_disk;
use crate::storage::disk::Disk;

/// Fragments of several sectors each.
fn log() -> Log {
    let samples = merge(pictures(60, 30, 2, |n| 300 + n * 97 % 900), sounds(94, |n| 100 + n % 50), 0);
    Log::new(&video(), &audio(), &samples)
}

fn rng(seed: u8) -> TestRng {
    TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32])
}

#[test]
fn while_recording_every_synced_fragment_survives_and_nothing_spoilt_is_shown() {
    let log = log();
    let mut lost = 0;
    for seed in 0..=255 {
        let mut rng = rng(seed);
        let mut disk = MemDisk::new(log.head.to_vec());
        let synced = usize::from(seed) % log.fragments.len();
        for (n, (fragment, _)) in log.fragments.iter().enumerate() {
            if n == synced {
                disk.sync().unwrap();
            }
            let len = disk.len().unwrap();
            disk.write_at(fragment, len).unwrap();
        }
        let (file, closed) = close(disk.after_power_cut(&mut rng).bytes);
        let closed = closed.unwrap();
        assert!(closed.fragments as usize >= synced);
        lost += log.fragments.len() - closed.fragments as usize;
        if closed.fragments > 0 {
            let found = crate::output::mp4::tests::strict::read(&file);
            let known: Vec<_> = log.fragments.iter().flat_map(|(_, samples)| samples).collect();
            for shown in found.video.iter().chain(&found.audio) {
                assert!(known.iter().any(|sample| sample.data == shown.data), "bytes that nobody wrote");
            }
        }
    }
    assert!(lost > 0, "the disk did lose something");
}

#[test]
fn while_closing_nothing_is_lost() {
    let log = log();
    let mut bytes = log.bytes();
    bytes.extend_from_slice(&log.fragments[0].0[..500]);
    let (reference, _) = close(bytes.clone());
    let count = log.fragments.len();
    for step in 0..=5 {
        for seed in 0..60 {
            let mut disk = MemDisk::new(bytes.clone()).dying(step, usize::MAX);
            drop(close_disk(&mut disk, Path::new("log.mp4")));
            let (file, closed) = close(disk.after_power_cut(&mut rng(seed)).bytes);
            assert_eq!(closed.unwrap().fragments as usize, count, "step {step}, seed {seed}");
            assert!(file == reference, "step {step}, seed {seed}");
        }
    }
}
