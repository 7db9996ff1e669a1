//! Every codec that LiveKit's Python SDK can send, in clear and encrypted, side by side in one file.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use livetape_rig::check::Report;
use livetape_rig::harness::{PublishOptions, Publishers};

use crate::support::{KEY, ROOM, Stage, finish};

const CODECS: [&str; 4] = ["vp8", "h264", "vp9", "av1"];

/// One participant a codec, small pictures: a software AV1 encoder is among them.
fn publish(stage: &Stage, encrypted: bool) -> Result<Vec<Publishers>> {
    let one = |(number, codec): (u8, &&str)| {
        let options = if encrypted { PublishOptions::encrypted(1, KEY) } else { PublishOptions::clear(1) };
        let options = PublishOptions { first: number, ..options }
            .with(&["--codec", codec])
            .with(&["--width", "320", "--height", "180"]);
        Publishers::start(&stage.scratch, &stage.server.url(), ROOM, &options)
    };
    (0..).zip(&CODECS).map(one).collect()
}

fn seen_and_heard(report: &Report, number: u8) -> Result<()> {
    let codec = CODECS[usize::from(number)];
    let found = report.participant(number).with_context(|| format!("{codec}: neither seen nor heard"))?;
    let seen = found.seen.with_context(|| format!("{codec}: not seen"))?;
    let heard = found.heard.with_context(|| format!("{codec}: not heard"))?;
    ensure!(seen.from < 2.5 && heard.from < 2.5, "{codec}: seen {seen:?}, heard {heard:?}");
    ensure!(seen.length() > 4.0 && heard.length() > 4.0, "{codec}: seen {seen:?}, heard {heard:?}");
    // Encoders on a busy machine leave pictures out; a broken depacketizer leaves most of them out.
    ensure!(found.missing_share < 0.25, "{codec}: {} of {} missing", found.missing, found.expected);
    let offset = found.offset.as_ref().with_context(|| format!("{codec}: no flash or no beep"))?;
    ensure!(offset.p95_ms < 75.0, "{codec}: sound is {:+.1} ms off", offset.median_ms);
    Ok(())
}

#[test]
fn every_codec_in_clear_is_seen_and_heard() -> Result<()> {
    let stage = Stage::new()?;
    let publishers = publish(&stage, false)?;
    let outcome = finish(stage.record(&["--duration", "8s"])?, Duration::from_secs(40))?;
    publishers.into_iter().try_for_each(|p| p.leave().map(drop))?;
    let report = stage.report()?;
    println!("{}\n{}", report.brief(), outcome.stderr);
    // An SDK that falls back to another codec would make this a test of that one.
    for codec in ["Vp8", "H264", "Vp9", "Av1"] {
        ensure!(outcome.stderr.contains(&format!("codec={codec}")), "no {codec}: {}", outcome.stderr);
    }
    (0..4).try_for_each(|number| seen_and_heard(&report, number))
}

#[test]
fn every_codec_that_livekit_encrypts_is_opened_and_av1_shows_a_lock() -> Result<()> {
    let stage = Stage::new()?;
    let publishers = publish(&stage, true)?;
    let outcome = finish(stage.record_encrypted(&["--duration", "9s"])?, Duration::from_secs(40))?;
    publishers.into_iter().try_for_each(|p| p.leave().map(drop))?;
    let report = stage.report()?;
    println!("{}\n{}", report.brief(), outcome.stderr);
    for codec in ["Vp8", "H264", "Vp9"] {
        ensure!(outcome.stderr.contains(&format!("codec={codec}")), "no {codec}: {}", outcome.stderr);
    }
    (0..3).try_for_each(|number| seen_and_heard(&report, number))?;
    // LiveKit's SDKs don't encrypt AV1 in a way that its own receivers open.
    let av1 = report.participant(3).context("the sound beside AV1 is encrypted as all sound is")?;
    ensure!(av1.seen.is_none(), "AV1: seen {:?}", av1.seen);
    ensure!(av1.heard.is_some_and(|heard| heard.length() > 4.0), "AV1: heard {:?}", av1.heard);
    ensure!(
        outcome.stderr.contains("no LiveKit SDK encrypts AV1"),
        "nobody was told why: {}",
        outcome.stderr
    );
    Ok(())
}
