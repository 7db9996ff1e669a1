//! How soon a recording begins, and how soon it is there when it is asked to end.

use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context as _, Result};
use livetape_rig::harness::{PublishOptions, Publishers};
use livetape_rig::truth::captured_at;

use crate::support::{FPS, KEY, ROOM, Stage, finish};

#[test]
fn the_first_frame_is_there_at_once_and_sigterm_closes_the_file_at_once() -> Result<()> {
    // A busy machine's bound.
    first_frame_within(Duration::from_millis(1_200))
}

#[test]
#[ignore = "many recordings: `make chaos`"]
fn chaos_the_first_frame_is_there_at_once_five_times() -> Result<()> {
    (0..5).try_for_each(|_| first_frame_within(Duration::from_millis(600)))
}

fn first_frame_within(limit: Duration) -> Result<()> {
    let stage = Stage::new()?;
    let options = PublishOptions::encrypted(2, KEY);
    let publishers = Publishers::start(&stage.scratch, &stage.server.url(), ROOM, &options)?;
    let (asked, clock) = (SystemTime::now(), Instant::now());
    let recording = stage.record_encrypted(&[])?;
    // As long as it takes to be worth anything.
    std::thread::sleep(Duration::from_secs(4));
    let join = recording.stderr().into_iter().find(|line| line.text.contains("joining"));
    let joined = asked + join.context("it never joined")?.at.duration_since(clock);
    let stopped = SystemTime::now();
    recording.stop()?;
    let outcome = finish(recording, Duration::from_secs(10))?;
    let closing = stopped.elapsed()?;
    publishers.leave()?;

    let report = stage.report()?;
    println!("{}\n{}", report.brief(), outcome.stderr);
    let counters = report.participants.iter().filter_map(|p| p.counters);
    let first =
        counters.clone().map(|(first, _)| captured_at(first, FPS, asked)).min().context("no frame")?;
    let last = counters.map(|(_, last)| captured_at(last, FPS, stopped)).max().context("no frame")?;
    let start = first.duration_since(asked).unwrap_or_default();
    let join = first.duration_since(joined).unwrap_or_default();
    let lost = stopped.duration_since(last).unwrap_or_default();
    println!(
        "start to first frame {start:?}, of it from the join {join:?}; last frame {lost:?} before the signal, closed after {closing:?}"
    );
    assert!(join <= limit, "the first frame was captured {join:?} after the join");
    // Before it the process starts, looks at its tools, and asks the server for the room.
    assert!(start < Duration::from_millis(1_500), "the first frame was captured {start:?} after the start");
    assert!(closing < Duration::from_secs(1), "closing took {closing:?}");
    assert!(lost < Duration::from_millis(500), "the last frame is {lost:?} older than the signal");
    Ok(())
}
