//! Keys that are wrong, or not there: whose they are stays shut, says so, and disturbs nobody.

use std::fs;
use std::thread::sleep;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result, ensure};
use livetape_rig::harness::{PATIENCE, PublishOptions, Publishers};
use livetape_rig::truth::captured_at;

use crate::support::{FPS, KEY, ROOM, Stage, finish};

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

#[test]
fn raw_keys_of_the_room_and_of_one_participant_under_other_indexes() -> Result<()> {
    let stage = Stage::new()?;
    let url = stage.server.url();
    let keys = ["00112233445566778899aabbccddeeff", "ffeeddccbbaa99887766554433221100"];
    let start = |first: u8| {
        let options = PublishOptions { first, ..PublishOptions::encrypted(1, keys[usize::from(first)]) };
        let options = options.with(&["--e2ee-kdf", "hkdf"]).with(&["--e2ee-key-encoding", "hex"]);
        Publishers::start(&stage.scratch, &url, ROOM, &options)
    };
    let (mut p0, p1) = (start(0)?, start(1)?);
    p0.set_key(keys[0], 15)?;
    p0.use_key(15)?;
    for (number, key) in keys.iter().enumerate() {
        fs::write(stage.scratch.join(&format!("raw{number}")), key)?;
    }
    let config = stage.scratch.join("keys.toml");
    let file = |number: u8| stage.scratch.join(&format!("raw{number}")).to_string_lossy().into_owned();
    fs::write(
        &config,
        format!(
            "[e2ee]\nencoding = \"hex\"\nkdf = \"hkdf\"\nkeys = [{{ index = 15, file = {:?} }}, \
             {{ identity = \"p1\", file = {:?} }}]\n",
            file(0),
            file(1)
        ),
    )?;
    let recording = stage.record(&["--config", &config.to_string_lossy(), "--duration", "5s"])?;
    let outcome = finish(recording, PATIENCE)?;
    p0.leave()?;
    p1.leave()?;
    let report = stage.report()?;
    for number in [0, 1] {
        let person = report.participant(number).with_context(|| outcome.stderr.clone())?;
        let (seen, heard) = (person.seen.context("a camera")?, person.heard.context("a microphone")?);
        ensure!(seen.to > 4.5 && heard.to > 4.5, "{}", report.brief());
    }
    Ok(())
}

#[test]
fn what_comes_in_clear_on_an_encrypted_track_is_not_recorded() -> Result<()> {
    let stage = Stage::new()?;
    let options = PublishOptions::encrypted(1, KEY);
    let mut publishers = Publishers::start(&stage.scratch, &stage.server.url(), ROOM, &options)?;
    let recording = stage.record_encrypted(&[])?;
    sleep(Duration::from_secs(4));
    publishers.encrypt(false)?;
    let off = SystemTime::now();
    // So long before a person is told.
    sleep(Duration::from_secs(6));
    recording.stop()?;
    let outcome = finish(recording, PATIENCE)?;
    publishers.leave()?;
    let report = stage.report()?;
    let p0 = report.participant(0).context("p0 was never seen")?;
    let last = captured_at(p0.counters.context("a picture")?.1, FPS, off);
    ensure!(last < off + Duration::from_millis(500), "recorded in clear: {}", report.brief());
    let heard = p0.heard.context("never heard")?;
    ensure!(heard.to < report.facts.duration - 4.0, "heard in clear: {}", report.brief());
    let told = "nothing from \"p0\" opens: it is declared as encrypted, but its frames come in clear";
    ensure!(outcome.stderr.contains(told), "{}", outcome.stderr);
    Ok(())
}
