//! What closing costs.

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

use super::logs::Log;
use crate::output::mp4::tests::programme::{audio, merge, pictures, sounds, video};
use crate::output::mp4::tests::strict;
use crate::storage::close::close;

/// Closes so many seconds of recording; says what it cost of the processor. (Time by the clock is the disk's too, and
/// that of whatever else the machine does.)
fn close_seconds(seconds: usize) -> Duration {
    // Samples are smaller than real ones, which keeps the test small; the tables are real.
    let sounds = sounds(seconds * 375 / 8, |n| 40 + n % 9);
    let samples = merge(pictures(seconds * 30, 30, 2, |n| 70 + n % 70), sounds, 400_000_000);
    let log = Log::new(&video(), &audio(), &samples);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log.mp4");
    fs::write(&path, log.bytes()).unwrap();
    let file = File::options().read(true).write(true).open(&path).unwrap();
    // While recording, all but the last second is on the disk.
    file.sync_all().unwrap();
    let (begun, worked) = (Instant::now(), processor());
    let closed = close(&file, Path::new("log.mp4")).unwrap();
    let (took, worked) = (begun.elapsed(), processor() - worked);
    println!("{seconds} s: {} fragments, closed in {took:?}, {worked:?} of work", closed.fragments);
    assert_eq!(closed.video_samples as usize, seconds * 30);
    let read = strict::read(&fs::read(&path).unwrap());
    assert_eq!((read.video.len(), read.audio.len()), (seconds * 30, seconds * 375 / 8));
    worked
}

fn processor() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap()
}

#[test]
fn three_hours_are_closed_within_a_second_and_a_minute_at_once() {
    assert!(close_seconds(60) < Duration::from_millis(50));
    assert!(close_seconds(3 * 3600) < Duration::from_secs(1));
}
