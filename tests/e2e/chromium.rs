//! Chromium with LiveKit's web SDK: its simulcast, its H.264, its VP9 in layers, and how it derives keys.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use livetape_rig::check::Report;
use livetape_rig::harness::{PublishOptions, Publishers};

use crate::support::{KEY, ROOM, Stage, finish};

/// A participant a codec, all in one page. VP9 is large enough for three spatial layers.
const CODECS: [&str; 3] = ["vp8", "h264", "vp9"];
const SIZES: &str = "640x360,640x360,960x540";

fn every_codec(options: PublishOptions) -> PublishOptions {
    options.with(&["--codec", &CODECS.join(",")]).with(&["--size", SIZES])
}

fn seen_and_heard(report: &Report, number: u8, what: &str) -> Result<()> {
    let found = report.participant(number).with_context(|| format!("{what}: neither seen nor heard"))?;
    let seen = found.seen.with_context(|| format!("{what}: not seen"))?;
    let heard = found.heard.with_context(|| format!("{what}: not heard"))?;
    ensure!(seen.from < 2.5 && heard.from < 2.5, "{what}: seen {seen:?}, heard {heard:?}");
    ensure!(seen.length() > 4.0 && heard.length() > 4.0, "{what}: seen {seen:?}, heard {heard:?}");
    // Encoders on a busy machine leave pictures out; a broken depacketizer leaves most of them out.
    ensure!(found.missing_share < 0.25, "{what}: {} of {} missing", found.missing, found.expected);
    let offset = found.offset.as_ref().with_context(|| format!("{what}: no flash or no beep"))?;
    ensure!(offset.p95_ms < 75.0, "{what}: sound is {:+.1} ms off", offset.median_ms);
    Ok(())
}

#[test]
fn chromium_and_a_native_sdk_in_an_encrypted_room_are_seen_and_heard() -> Result<()> {
    let stage = Stage::new()?;
    let url = stage.server.url();
    let web = every_codec(PublishOptions::encrypted(3, KEY));
    let web = Publishers::in_chromium(&stage.scratch, &url, ROOM, &web)?;
    let native = PublishOptions { first: 3, ..PublishOptions::encrypted(1, KEY) };
    let native = Publishers::start(&stage.scratch, &url, ROOM, &native)?;
    let outcome = finish(stage.record_encrypted(&["--duration", "9s"])?, Duration::from_secs(40))?;
    let sent = web.leave()?;
    native.leave()?;
    let report = stage.report()?;
    println!("{}\n{}", report.brief(), outcome.stderr);
    sent.iter().for_each(|left| println!("sent: {left}"));
    for codec in ["Vp8", "H264", "Vp9"] {
        ensure!(outcome.stderr.contains(&format!("codec={codec}")), "no {codec}: {}", outcome.stderr);
    }
    (0..).zip(CODECS).try_for_each(|(number, codec)| seen_and_heard(&report, number, codec))?;
    seen_and_heard(&report, 3, "native")
}

#[test]
fn chromium_in_clear_is_seen_and_heard() -> Result<()> {
    let stage = Stage::new()?;
    let options = every_codec(PublishOptions::clear(3));
    let web = Publishers::in_chromium(&stage.scratch, &stage.server.url(), ROOM, &options)?;
    let outcome = finish(stage.record(&["--duration", "8s"])?, Duration::from_secs(40))?;
    let sent = web.leave()?;
    let report = stage.report()?;
    println!("{}\n{}", report.brief(), outcome.stderr);
    sent.iter().for_each(|left| println!("sent: {left}"));
    for codec in ["Vp8", "H264", "Vp9"] {
        ensure!(outcome.stderr.contains(&format!("codec={codec}")), "no {codec}: {}", outcome.stderr);
    }
    (0..).zip(CODECS).try_for_each(|(number, codec)| seen_and_heard(&report, number, codec))
}
