//! Writers, one after the other, on one log.

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::spool::spool_with;
use crate::output::mp4::tests::programme::{SECOND, audio, merge, pictures, sounds, video};
use crate::output::mp4::tests::strict;
use crate::output::mp4::{FRAGMENT, FragmentWriter};
use crate::sample::{AudioConfig, Sample, VideoConfig};
use crate::storage::{LogWriter, RecordingDir, StorageError};

fn samples(seconds: usize) -> Vec<Sample> {
    merge(pictures(seconds * 30, 30, 2, |n| 50 + n % 90), sounds(seconds * 375 / 8, |n| 20 + n % 9), 0)
}

/// Records these samples from `origin` on; returns the earliest origin that was allowed.
fn record(
    recording: &RecordingDir,
    video: &VideoConfig,
    audio: &AudioConfig,
    origin: i64,
    samples: Vec<Sample>,
) -> i64 {
    let (mut log, resume) = LogWriter::open(recording, video, audio, 1_700_000_000).unwrap();
    let mut fragments = FragmentWriter::resume(audio, FRAGMENT, &resume, origin);
    let now = Instant::now();
    for sample in samples {
        if let Some(fragment) = fragments.push(sample) {
            log.append(&fragment, now).unwrap();
        }
    }
    if let Some(fragment) = fragments.flush() {
        log.append(&fragment, now).unwrap();
    }
    log.sync().unwrap();
    assert_eq!(log.status().synced, fs::metadata(recording.log_path()).unwrap().len());
    resume.end
}

#[test]
fn a_second_run_goes_on_at_its_time_with_its_priming_in_the_gap() {
    let (_dir, spool, recording) = spool_with("EG_a");
    assert_eq!(record(&recording, &video(), &audio(), 0, samples(2)), 0);
    // Torn by a kill.
    let len = fs::metadata(recording.log_path()).unwrap().len();
    fs::OpenOptions::new().write(true).open(recording.log_path()).unwrap().set_len(len - 3).unwrap();
    let delayed = AudioConfig { priming: 2048, ..audio() };
    let end = record(&recording, &video(), &delayed, 3 * SECOND, samples(1));
    assert!((SECOND..=2 * SECOND + 50_000_000).contains(&end), "{end}");
    // A run that would overlap is put right behind.
    let end = record(&recording, &video(), &audio(), 0, samples(1));
    assert!((4 * SECOND..4 * SECOND + 50_000_000).contains(&end), "{end}");

    let recovered = spool.recover("EG_a").unwrap();
    let file = strict::read(&fs::read(recording.log_path()).unwrap());
    assert_eq!(recovered.log.video_samples as usize, file.video.len());
    let second = file.video.iter().position(|shown| (shown.at - 3.0).abs() < 1e-4).unwrap();
    assert!(file.video[..second].iter().all(|shown| shown.at < 2.1));
    assert!(file.video[second].sync);
    assert_eq!(file.video[second].data, samples(1).iter().find(|s| s.sync && s.dts < 0).unwrap().data);
    // Sound of the second run: its content begins at 3 s, its priming lies before.
    let primed = file.audio.iter().position(|shown| (shown.at - (3.0 - 2048.0 / 48_000.0)).abs() < 1e-4);
    assert!(primed.is_some());
    assert!(file.video.iter().all(|shown| shown.description == 1));
    assert!(file.video.windows(2).all(|pair| pair[0].decoded < pair[1].decoded));
    assert!(file.audio.windows(2).all(|pair| pair[0].decoded < pair[1].decoded));
}

#[test]
fn another_encoder_gets_a_sample_description_of_its_own() {
    let (_dir, spool, recording) = spool_with("EG_b");
    let other = VideoConfig { avcc: Bytes::from_static(&[1, 100, 0, 31, 255, 225, 0]), ..video() };
    record(&recording, &video(), &audio(), 0, samples(1));
    record(&recording, &other, &audio(), 2 * SECOND, samples(1));
    record(&recording, &video(), &audio(), 4 * SECOND, samples(1));
    spool.recover("EG_b").unwrap();
    let file = strict::read(&fs::read(recording.log_path()).unwrap());
    let used: Vec<_> = file.video.chunks(30).map(|run| (run[0].description, run[29].description)).collect();
    assert_eq!(used, [(1, 1), (2, 2), (1, 1)]);
    assert!(file.audio.iter().all(|shown| shown.description == 1));
}

#[test]
fn another_clock_is_refused() {
    let (_dir, _spool, recording) = spool_with("EG_c");
    record(&recording, &video(), &audio(), 0, samples(1));
    let slower = AudioConfig { sample_rate: 44_100, ..audio() };
    let refused = LogWriter::open(&recording, &video(), &slower, 0).unwrap_err();
    assert!(matches!(refused, StorageError::Format { .. }), "{refused}");
}

#[test]
fn a_closed_log_takes_no_more() {
    let (_dir, spool, recording) = spool_with("EG_d");
    record(&recording, &video(), &audio(), 0, samples(1));
    drop(spool.recover("EG_d").unwrap());
    assert!(matches!(LogWriter::open(&recording, &video(), &audio(), 0), Err(StorageError::Closed(_))));
}

#[test]
fn a_log_killed_while_its_head_was_written_begins_again() {
    let (_dir, spool, recording) = spool_with("EG_e");
    fs::write(recording.log_path(), [0; 700]).unwrap();
    assert!(spool.recover("EG_e").unwrap().log.is_empty());
    assert_eq!(record(&recording, &video(), &audio(), 0, samples(1)), 0);
    assert_eq!(spool.recover("EG_e").unwrap().log.video_samples, 30);
}

#[test]
fn one_writer_at_a_time() {
    let (_dir, _spool, recording) = spool_with("EG_f");
    let (first, _) = LogWriter::open(&recording, &video(), &audio(), 0).unwrap();
    let begun = Instant::now();
    assert!(matches!(LogWriter::open(&recording, &video(), &audio(), 0), Err(StorageError::LogHeld(_))));
    assert!(begun.elapsed() >= Duration::from_secs(1), "it waits for its predecessor");
    drop(first);
    LogWriter::open(&recording, &video(), &audio(), 0).unwrap();
}

#[test]
fn synced_each_second_by_the_callers_clock() {
    let (_dir, _spool, recording) = spool_with("EG_g");
    let (mut log, resume) = LogWriter::open(&recording, &video(), &audio(), 0).unwrap();
    let mut fragments = FragmentWriter::resume(&audio(), FRAGMENT, &resume, 0);
    let start = Instant::now();
    let head = log.status();
    assert_eq!(head.bytes, head.synced);
    for sample in samples(1) {
        if let Some(fragment) = fragments.push(sample) {
            log.append(&fragment, start).unwrap();
        }
    }
    assert_eq!(log.status().synced, head.bytes, "not a second yet");
    log.tick(start + Duration::from_millis(999)).unwrap();
    assert_eq!(log.status().synced, head.bytes);
    log.tick(start + Duration::from_secs(1)).unwrap();
    assert_eq!(log.status().synced, log.status().bytes);
}

/// The disk's end: a limit on the size of files, for which a process of its own is needed.
#[test]
fn a_full_disk_leaves_whole_fragments() {
    let inner = "storage::tests::writer::in_a_process_whose_files_end_at_20_kib";
    let status = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 40; exec \"$0\" --exact \"$1\" --ignored --nocapture"])
        .arg(std::env::current_exe().unwrap())
        .arg(inner)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&status.stdout);
    assert!(
        status.status.success() && said.contains("1 passed"),
        "{said}{}",
        String::from_utf8_lossy(&status.stderr)
    );
}

#[test]
#[ignore = "run by the test above"]
fn in_a_process_whose_files_end_at_20_kib() {
    let (_dir, spool, recording) = spool_with("EG_h");
    let (mut log, resume) = LogWriter::open(&recording, &video(), &audio(), 0).unwrap();
    let mut fragments = FragmentWriter::resume(&audio(), FRAGMENT, &resume, 0);
    let now = Instant::now();
    let (mut count, mut refused) = (0, 0);
    for sample in samples(2) {
        let Some(fragment) = fragments.push(sample) else { continue };
        match log.append(&fragment, now) {
            Ok(()) => count += 1,
            Err(error) => {
                assert!(error.is_disk_full(), "{error}");
                refused += 1;
            }
        }
        assert_eq!(fs::metadata(recording.log_path()).unwrap().len(), log.status().bytes);
    }
    assert!(count > 0 && refused > 0);
    drop(log);
    // Nor is there room for the tables: the log stays as it is, and playable.
    let before = fs::read(recording.log_path()).unwrap();
    let error = spool.recover("EG_h").unwrap_err();
    assert!(error.is_disk_full(), "{error}");
    assert!(fs::read(recording.log_path()).unwrap() == before);
}
