//! Keys that are wrong, or not there: whose they are stays shut, says so, and disturbs nobody.

use anyhow::{Context as _, Result, ensure};
use livetape_rig::harness::{PATIENCE, PublishOptions, Publishers};

use crate::support::{KEY, ROOM, Stage, finish};

#[test]
fn one_of_three_with_another_key_shows_a_lock_and_the_others_never_notice() -> Result<()> {
    let stage = Stage::new()?;
    let url = stage.server.url();
    let start = |options| Publishers::start(&stage.scratch, &url, ROOM, &options);
    let right = start(PublishOptions::encrypted(2, KEY))?;
    let wrong = start(PublishOptions { first: 2, ..PublishOptions::encrypted(1, "another key") })?;
    let outcome = finish(stage.record_encrypted(&["--duration", "8s"])?, PATIENCE)?;
    right.leave()?;
    wrong.leave()?;
    let report = stage.report()?;
    println!("{}\n{}", report.brief(), outcome.stderr);
    for number in [0, 1] {
        let person = report.participant(number).context("someone is missing")?;
        let (seen, heard) = (person.seen.context("a camera")?, person.heard.context("a microphone")?);
        ensure!(seen.from < 2.5 && seen.to > 7.5 && heard.from < 2.5 && heard.to > 7.5, "{}", report.brief());
        ensure!(person.muted.is_empty(), "{}", report.brief());
    }
    ensure!(report.participant(2).is_none(), "{}", report.brief());
    let told = "nothing from \"p2\" opens: the key is not the one its publisher uses";
    ensure!(outcome.stderr.contains(told), "{}", outcome.stderr);
    Ok(())
}

#[test]
fn without_a_key_the_cause_is_told() -> Result<()> {
    let stage = Stage::new()?;
    let publishers =
        Publishers::start(&stage.scratch, &stage.server.url(), ROOM, &PublishOptions::encrypted(1, KEY))?;
    let outcome = finish(stage.record(&["--duration", "7s"])?, PATIENCE)?;
    publishers.leave()?;
    let report = stage.report()?;
    ensure!(report.participants.is_empty(), "{}", report.brief());
    let told = "nothing from \"p0\" opens: there is no key for it";
    ensure!(outcome.stderr.contains(told), "{}", outcome.stderr);
    Ok(())
}
