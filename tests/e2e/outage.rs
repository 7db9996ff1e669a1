//! The connection to the room breaks in the middle: what it costs, in picture and sound.

use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use livetape_rig::harness::{PATIENCE, Proxy, PublishOptions, Publishers};

use crate::support::{FPS, KEY, ROOM, Stage, finish};

/// What one outage may cost.
const MOST: f64 = 1.0;

#[test]
fn two_seconds_without_signalling_cost_less_than_one() -> Result<()> {
    signalling_cut(Duration::from_secs(2))
}

#[test]
#[ignore = "many recordings: `make chaos`"]
fn chaos_signalling_is_cut_for_half_a_second_two_and_ten() -> Result<()> {
    for cut in [500, 2_000, 10_000] {
        for _ in 0..5 {
            signalling_cut(Duration::from_millis(cut))?;
        }
    }
    Ok(())
}

fn signalling_cut(cut: Duration) -> Result<()> {
    let stage = Stage::new()?;
    let publishers =
        Publishers::start(&stage.scratch, &stage.server.url(), ROOM, &PublishOptions::encrypted(2, KEY))?;
    let proxy = Proxy::to(stage.server.port())?;
    let recording = stage.record_encrypted_at(&format!("ws://127.0.0.1:{}", proxy.port()), &[])?;
    // The instants are what is tested, not conditions that are waited for.
    sleep(Duration::from_secs(3));
    proxy.cut();
    sleep(cut);
    proxy.heal();
    sleep(Duration::from_secs(5));
    recording.stop()?;
    let outcome = finish(recording, PATIENCE)?;
    publishers.leave()?;

    let report = stage.report()?;
    for person in &report.participants {
        let (picture, sound) = (person.longest_unseen(FPS), person.longest_unheard());
        println!(
            "signalling cut for {cut:?}: p{} lacks {picture:.2} s of picture, {sound:.2} s of sound",
            person.number
        );
        ensure!(picture <= MOST && sound <= MOST, "{}\n{}", report.brief(), outcome.stderr);
        let until = person.seen.context("a camera")?.to;
        ensure!(until > report.facts.duration - 0.5, "{}\n{}", report.brief(), outcome.stderr);
    }
    ensure!(report.participants.len() == 2, "{}", report.brief());
    Ok(())
}
