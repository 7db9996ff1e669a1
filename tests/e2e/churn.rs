//! People come and go, and turn their cameras off and on, all call long: nothing is left behind.

use std::fs;
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use livetape_rig::harness::{PATIENCE, PublishOptions, Publishers, Usage, Wire};

use crate::support::{FPS, KEY, ROOM, Stage, finish};

#[test]
fn cameras_that_go_off_and_on_leave_nothing_behind() -> Result<()> {
    churn(6, 6)
}

#[test]
#[ignore = "minutes: `make chaos`"]
fn chaos_two_hundred_cameras_and_fifty_rejoins_leave_nothing_behind() -> Result<()> {
    churn(200, 50)
}

/// What a recorder holds.
#[derive(Debug)]
struct Holds {
    threads: usize,
    files: usize,
    pss: u64,
}

impl Holds {
    fn of(pid: u32) -> Result<Self> {
        let count = |what: &str| fs::read_dir(format!("/proc/{pid}/{what}")).map(Iterator::count);
        Ok(Self { threads: count("task")?, files: count("fd")?, pss: Usage::of(pid).pss })
    }
}

fn churn(cameras: u32, rejoins: u32) -> Result<()> {
    let stage = Stage::new()?;
    // Processes of their own: who comes and goes must not keep the other's camera waiting.
    let start = |first| {
        let options = PublishOptions { first, ..PublishOptions::encrypted(1, KEY) };
        Publishers::start(&stage.scratch, &stage.server.url(), ROOM, &options)
    };
    let (stays, mut publishers) = (start(0)?, start(1)?);
    let wire = Wire::listen(stage.server.media_port())?;
    let recording = stage.record_encrypted(&[])?;
    sleep(Duration::from_secs(3));
    let child = *recording.children().first().context("no recorder")?;
    // Caches and pools fill up during the first.
    turn(&mut publishers, cameras.min(4), 1)?;
    let before = Holds::of(child)?;
    turn(&mut publishers, cameras, rejoins)?;
    sleep(Duration::from_secs(3));
    let after = Holds::of(child)?;
    recording.stop()?;
    let outcome = finish(recording, PATIENCE)?;
    let streams = wire.streams();
    publishers.leave()?;
    let left = stays.leave()?;
    let best = left.first().and_then(|left| left["ssrcs"][0].as_u64()).context("an SSRC")?;
    let stream = streams.get(&u32::try_from(best)?).context("the wire has no stream of p0")?;
    println!("p0's own: {:?} left out", stream.left_out(FPS)?);
    let report = stage.report()?;
    println!("{cameras} cameras, {rejoins} rejoins: {before:?} became {after:?}\n{}", report.brief());
    ensure!(after.threads <= before.threads + 2, "threads: {before:?} became {after:?}");
    ensure!(after.files <= before.files + 4, "files: {before:?} became {after:?}");
    ensure!(after.pss <= before.pss + (32 << 20), "memory: {before:?} became {after:?}");
    let p0 = report.participant(0).context("p0 is missing")?;
    let stood = p0.freezes.iter().chain(&p0.hidden).map(|span| span.length()).fold(0.0, f64::max);
    ensure!(stood < 0.5, "who stayed stood still for {stood:.2} s: {}", report.brief());
    for number in [0, 1] {
        let person = report.participant(number).context("someone is missing")?;
        let (seen, heard) = (person.seen.context("a camera")?, person.heard.context("a microphone")?);
        let end = report.facts.duration - 1.0;
        ensure!(seen.to > end && heard.to > end, "{}\n{}", report.brief(), outcome.stderr);
    }
    Ok(())
}

fn turn(publishers: &mut Publishers, cameras: u32, rejoins: u32) -> Result<()> {
    for _ in 0..cameras {
        publishers.command("camera_off", "p1")?;
        publishers.command("camera_on", "p1")?;
    }
    for _ in 0..rejoins {
        publishers.command("leave", "p1")?;
        publishers.command("join", "p1")?;
    }
    Ok(())
}
