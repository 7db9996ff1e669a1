//! Chromium with LiveKit's web SDK: its simulcast, its H.264, its VP9 in layers, the keys it makes of raw bytes, and a phone
//! that is turned.

use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use livetape_rig::check::Report;
use livetape_rig::harness::{PATIENCE, PublishOptions, Publishers};
use serde_json::Value;

use crate::support::{FPS, KEY, ROOM, Stage, finish};

/// As the log calls them.
const ENCRYPTED: [&str; 3] = ["Vp8", "H264", "Vp9"];

/// A participant for each codec that is encrypted, all in one page.
fn encrypted() -> PublishOptions {
    PublishOptions::encrypted(3, KEY).with(&["--codec", "vp8,h264,vp9"])
}

/// Every codec is decoded, and whoever sent it is seen and heard in step. Returns the film.
fn seen_and_heard(stage: &Stage, web: Publishers, codecs: &[&str], log: &str) -> Result<Report> {
    let sent = web.leave()?;
    let report = stage.report()?;
    println!("{}\n{log}", report.brief());
    sent.iter().for_each(|left| println!("sent: {left}"));
    for codec in codecs {
        ensure!(log.contains(&format!("codec={codec}")), "no {codec}: {log}");
    }
    for left in sent {
        one_seen_and_heard(&report, &left)?;
    }
    Ok(report)
}

fn one_seen_and_heard(report: &Report, left: &Value) -> Result<()> {
    let number = left["who"].as_str().and_then(|who| who[1..].parse().ok()).context("a name")?;
    let found = report.participant(number).with_context(|| format!("p{number}: neither seen nor heard"))?;
    let seen = found.seen.with_context(|| format!("p{number}: not seen"))?;
    let heard = found.heard.with_context(|| format!("p{number}: not heard"))?;
    ensure!(seen.from < 2.5 && heard.from < 2.5, "p{number}: seen {seen:?}, heard {heard:?}");
    let end = report.facts.duration - 0.5;
    ensure!(seen.to > end && heard.to > end, "p{number}: seen {seen:?}, heard {heard:?}");
    // An encoder on a busy machine leaves pictures out; a broken depacketizer loses most of them.
    let (encoded, captured) = (left["encoders"][0]["frames"].as_f64(), left["captured"].as_f64());
    let left_out =
        encoded.zip(captured).map_or(0.0, |(encoded, captured)| (1.0 - encoded / captured).max(0.0));
    ensure!(found.missing_share < 0.2 + left_out, "p{number}: {} of {}", found.missing, found.expected);
    let offset = found.offset.as_ref().with_context(|| format!("p{number}: no flash or no beep"))?;
    ensure!(offset.p95_ms < 75.0, "p{number}: sound is {:+.1} ms off", offset.median_ms);
    Ok(())
}

#[test]
fn chromium_and_a_native_sdk_are_recorded_from_one_encrypted_room() -> Result<()> {
    let stage = Stage::new()?;
    let url = stage.server.url();
    // VP9 is large enough for three spatial layers, and has the bits to fill them.
    let options =
        encrypted().with(&["--size", "640x360,640x360,960x540"]).with(&["--video-bitrate", "1200000"]);
    let web = Publishers::in_chromium(&stage.scratch, &url, ROOM, &options)?;
    let options = PublishOptions { first: 3, ..PublishOptions::encrypted(1, KEY) };
    let native = Publishers::start(&stage.scratch, &url, ROOM, &options)?;
    let outcome = finish(stage.record_encrypted(&["--duration", "9s"])?, PATIENCE)?;
    let native = native.leave()?;
    let report = seen_and_heard(&stage, web, &ENCRYPTED, &outcome.stderr)?;
    native.iter().try_for_each(|left| one_seen_and_heard(&report, left))
}

#[test]
fn chromium_is_recorded_in_clear() -> Result<()> {
    let stage = Stage::new()?;
    let options = PublishOptions::clear(4).with(&["--codec", "vp8,h264,vp9,av1"]);
    let web = Publishers::in_chromium(&stage.scratch, &stage.server.url(), ROOM, &options)?;
    let outcome = finish(stage.record(&["--duration", "8s"])?, PATIENCE)?;
    seen_and_heard(&stage, web, &["Vp8", "H264", "Vp9", "Av1"], &outcome.stderr).map(drop)
}

#[test]
fn raw_bytes_from_chromium_open_with_hkdf() -> Result<()> {
    const BYTES: &str = "00112233445566778899aabbccddeeff0123456789abcdef";
    let stage = Stage::new()?;
    let options = PublishOptions::encrypted(1, BYTES).with(&["--e2ee-key-encoding", "hex"]);
    let options = options.with(&["--size", "320x180"]);
    let web = Publishers::in_chromium(&stage.scratch, &stage.server.url(), ROOM, &options)?;
    let key = stage.scratch.join("bytes.txt");
    std::fs::write(&key, BYTES)?;
    let flags = ["--e2ee-key-encoding", "hex", "--e2ee-kdf", "hkdf", "--duration", "6s"];
    let key = ["--e2ee-key-file", &key.to_string_lossy()];
    let outcome = finish(stage.record(&[&key[..], &flags].concat())?, PATIENCE)?;
    let sent = web.leave()?;
    let report = stage.report()?;
    println!("{}\n{}", report.brief(), outcome.stderr);
    sent.iter().try_for_each(|left| one_seen_and_heard(&report, left))
}

#[test]
fn a_phone_that_is_turned_stays_in_its_tile_upright() -> Result<()> {
    let stage = Stage::new()?;
    let mut web = Publishers::in_chromium(&stage.scratch, &stage.server.url(), ROOM, &encrypted())?;
    let recording = stage.record_encrypted(&[])?;
    // The instants are what is tested, not conditions that are waited for.
    sleep(Duration::from_secs(4));
    for who in ["p0", "p1", "p2"] {
        web.resize(who, 360, 640)?;
    }
    sleep(Duration::from_secs(5));
    recording.stop()?;
    let outcome = finish(recording, PATIENCE)?;
    let report = seen_and_heard(&stage, web, &ENCRYPTED, &outcome.stderr)?;
    for person in &report.participants {
        let number = person.number;
        let (first, last) = person.places.first().zip(person.places.last()).context("a place")?;
        // The code takes half the width of the picture, whatever its shape.
        let narrower = last.tile.width / first.tile.width;
        ensure!(narrower < 0.4, "p{number} isn't turned: {:?}", person.places);
        let shape = last.tile.width / last.tile.height * 9.0 / 16.0;
        ensure!((0.95..1.05).contains(&shape), "p{number} is out of shape: {last:?}");
        let unseen = person.longest_unseen(FPS);
        println!("p{number}: {unseen:.2} s without a picture");
        ensure!(unseen < 1.0, "p{number}: {unseen:.2} s without a picture");
    }
    Ok(())
}
