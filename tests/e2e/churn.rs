//! People come and go, and turn their cameras off and on, all call long: nothing is left behind.

use std::fs;
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use livetape_rig::harness::{PATIENCE, PublishOptions, Publishers, Usage};

use crate::support::{KEY, ROOM, Stage, finish};

#[test]
fn cameras_that_go_off_and_on_leave_nothing_behind() -> Result<()> {
    churn(6, 2)
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
    let options = PublishOptions::encrypted(2, KEY);
    let mut publishers = Publishers::start(&stage.scratch, &stage.server.url(), ROOM, &options)?;
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
    publishers.leave()?;
    let report = stage.report()?;
    println!("{cameras} cameras, {rejoins} rejoins: {before:?} became {after:?}\n{}", report.brief());
    ensure!(after.threads <= before.threads + 2, "threads: {before:?} became {after:?}");
    ensure!(after.files <= before.files + 4, "files: {before:?} became {after:?}");
    ensure!(after.pss <= before.pss + (32 << 20), "memory: {before:?} became {after:?}");
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
