//! Closing, killed at every step: what is left plays, and closing again gives the same file.

use std::path::Path;

use super::disk::MemDisk;
use super::logs::{Log, close};
use crate::output::mp4::tests::programme::{audio, small, video};
use crate::output::mp4::{HEAD_LEN, Head, HeadState};
use crate::storage::close::close_disk;

fn torn_log() -> (Log, Vec<u8>) {
    let log = Log::new(&video(), &audio(), &small(45));
    let mut bytes = log.bytes();
    let (last, _) = log.fragments.last().unwrap();
    bytes.truncate(bytes.len() - last.len() / 2);
    (log, bytes)
}

/// Either form, and all of it.
fn assert_plays(log: &Log, fragments: usize, file: &[u8]) {
    match Head::parse(file).unwrap().state {
        HeadState::Closed { .. } => log.assert_closed(file, 0..fragments),
        HeadState::Live => {
            // The fragments, untouched, behind a head that is untouched.
            let end = log.head.len() + log.fragments[..fragments].iter().map(|(f, _)| f.len()).sum::<usize>();
            assert!(file[..end] == log.bytes()[..end]);
        }
    }
}

#[test]
fn killed_at_any_step_closing_leaves_a_playable_file_and_can_be_done_again() {
    let (log, bytes) = torn_log();
    let whole = log.fragments.len() - 1;
    let mut unharmed = MemDisk::new(bytes.clone());
    close_disk(&mut unharmed, Path::new("log.mp4")).unwrap();
    let steps = unharmed.operations;
    assert_eq!(steps, 5, "cut, append, sync, patch, sync");
    let tables = unharmed.bytes.len() - log.whole(bytes.len()).1;
    for step in 0..steps {
        for partial in (0..=tables).step_by(7) {
            let mut disk = MemDisk::new(bytes.clone()).dying(step, partial);
            // The patch is one write inside a sector: it is there or not.
            if step == 3 && partial > 0 && partial < 16 {
                continue;
            }
            close_disk(&mut disk, Path::new("log.mp4")).unwrap_err();
            assert_plays(&log, whole, &disk.bytes);
            let (again, result) = close(disk.bytes);
            assert_eq!(result.unwrap().fragments as usize, whole);
            assert!(again == unharmed.bytes, "killed at step {step}, {partial} bytes into it");
        }
    }
}

#[test]
fn closing_a_closed_log_changes_nothing_and_says_the_same() {
    let (_, bytes) = torn_log();
    let (once, first) = close(bytes);
    let mut disk = MemDisk::new(once.clone());
    let second = close_disk(&mut disk, Path::new("log.mp4")).unwrap();
    assert_eq!(disk.operations, 0, "not one write");
    let first = first.unwrap();
    assert_eq!(
        (second.fragments, second.recorded, second.bytes),
        (first.fragments, first.recorded, first.bytes)
    );
    assert_eq!(disk.bytes, once);
}

#[test]
fn a_closed_file_whose_tables_were_lost_is_closed_again() {
    let (log, bytes) = torn_log();
    let whole = log.fragments.len() - 1;
    let (once, _) = close(bytes);
    let end = log.whole(log.bytes().len() - 1).1;
    for len in [end, end + 4, end + 300, once.len() - 1] {
        let (again, closed) = close(once[..len].to_vec());
        closed.unwrap();
        assert!(again == once);
        log.assert_closed(&again, 0..whole);
    }
}

#[test]
fn the_head_is_patched_inside_one_sector() {
    let patch = Head::close_patch(u64::from(u32::MAX) * 10);
    assert!(patch.at / 512 == (patch.at + patch.bytes.len() as u64 - 1) / 512);
    assert!(patch.at + (patch.bytes.len() as u64) < HEAD_LEN as u64);
}
