//! One participant's bad media harms that participant's tile only.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use bytes::Bytes;
use gstreamer::prelude::*;

use super::cadence::assert_constant;
use super::oracle;
use super::source::{Frame, camera, microphone, tone};
use super::stage::{Push, Stage, scene};
use crate::media::{Pushed, SourceId};
use livetape_rtc::Codec;

/// Deterministic noise.
fn noise(seed: u64, length: usize) -> Bytes {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    (0..length)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 32) as u8
        })
        .collect()
}

fn garbage(codec: Codec) {
    let stage = Stage::open();
    let clip = camera("white", 320, 180, 2);
    let voice = microphone(&tone(440.0, 2));
    let good = stage.programme.add_video(SourceId(1), Codec::Vp8).unwrap();
    let bad = stage.programme.add_video(SourceId(2), codec).unwrap();
    let (good_mic, bad_mic) = (
        stage.programme.add_audio(SourceId(1), Codec::Opus).unwrap(),
        stage.programme.add_audio(SourceId(2), Codec::Opus).unwrap(),
    );
    stage.programme.set_scene(&scene(&[1, 2]));
    let start = stage.programme.open_gate(stage.programme.running_time());
    let spoil = |f: &Frame, at: Duration| {
        let n = f.pts.as_millis() as u64;
        // Empty, tiny, and large; and a true keyframe with a spoilt body now and then.
        let data = match n % 4 {
            0 => Bytes::new(),
            1 => noise(n, 3),
            2 => noise(n, 5000),
            _ => [&f.data[..f.data.len().min(12)], &noise(n, 500)[..]].concat().into(),
        };
        bad.push(at, !n.is_multiple_of(3), data)
    };
    stage.play(
        start,
        &[
            (&|f, at| good.push(at, f.keyframe, f.data.clone()), &clip),
            (&|f, at| good_mic.push(at, f.data.clone()), &voice),
            (&|f, at| bad_mic.push(at, noise(f.pts.as_millis() as u64, 80)), &voice),
            (&spoil, &clip),
        ],
    );
    let (output, _) = stage.finish();
    assert_constant(&output);
    let left = oracle::luma(&output, "150:100:50:110");
    let seen = left.iter().filter(|(_, luma)| *luma > 200.0).count();
    assert!(seen + 10 > left.len(), "the good tile is seen in {seen} of {} pictures", left.len());
    assert!(!output.asked.contains(&SourceId(1)));
}

#[test]
fn garbage_in_vp8_harms_its_own_tile_only() {
    garbage(Codec::Vp8);
}

#[test]
fn garbage_in_h264_harms_its_own_tile_only() {
    garbage(Codec::H264);
}

#[test]
fn garbage_in_vp9_harms_its_own_tile_only() {
    garbage(Codec::Vp9);
}

#[test]
fn garbage_in_h265_harms_its_own_tile_only() {
    garbage(Codec::H265);
}

#[test]
fn garbage_in_av1_harms_its_own_tile_only() {
    garbage(Codec::Av1);
}

#[test]
fn a_decoder_that_breaks_is_replaced_and_shows_again() {
    let stage = Stage::open();
    let clip = camera("white", 320, 180, 1);
    let good = stage.programme.add_video(SourceId(1), Codec::Vp8).unwrap();
    let bad = stage.programme.add_video(SourceId(2), Codec::Vp8).unwrap();
    stage.programme.set_scene(&scene(&[1, 2]));
    let start = stage.programme.open_gate(stage.programme.running_time());
    let both: Push<'_> = &|f, at| {
        bad.push(at, f.keyframe, f.data.clone());
        good.push(at, f.keyframe, f.data.clone())
    };
    stage.play(start, &[(both, &clip)]);
    let decoder = bad.branch.as_ref().unwrap().element("decoder").unwrap();
    gstreamer::element_error!(decoder, gstreamer::StreamError::Decode, ("broken on purpose"));
    stage.play(start + Duration::from_secs(1), &[(both, &clip)]);
    let (output, _) = stage.finish();

    assert_constant(&output);
    assert!(output.asked.contains(&SourceId(2)), "a keyframe is asked for");
    assert!(!output.asked.contains(&SourceId(1)));
    for (side, region) in [("good", "150:100:50:110"), ("bad", "150:100:370:110")] {
        let pictures = oracle::luma(&output, region);
        let seen = pictures.iter().filter(|(_, luma)| *luma > 200.0).count();
        // The last picture stays while its decoder is replaced.
        assert!(seen + 10 > pictures.len(), "the {side} tile is seen in {seen} of {}", pictures.len());
    }
}

#[test]
fn a_picture_without_a_time_stops_nobody() {
    let stage = Stage::open();
    let clip = camera("white", 320, 180, 2);
    let good = stage.programme.add_video(SourceId(1), Codec::Vp8).unwrap();
    let bad = stage.programme.add_video(SourceId(2), Codec::Vp8).unwrap();
    stage.programme.set_scene(&scene(&[1, 2]));
    // As AV1 decoders do now and then.
    let pad = bad.branch.as_ref().unwrap().element("decoder").unwrap().static_pad("src").unwrap();
    let count = AtomicU32::new(0);
    pad.add_probe(gstreamer::PadProbeType::BUFFER, move |_, info| {
        if count.fetch_add(1, Ordering::Relaxed) % 10 == 5
            && let Some(buffer) = info.buffer_mut()
        {
            buffer.make_mut().set_pts(gstreamer::ClockTime::NONE);
        }
        gstreamer::PadProbeReturn::Ok
    });
    let start = stage.programme.open_gate(stage.programme.running_time());
    let both: Push<'_> = &|f, at| {
        bad.push(at, f.keyframe, f.data.clone());
        good.push(at, f.keyframe, f.data.clone())
    };
    stage.play(start, &[(both, &clip)]);
    let (output, _) = stage.finish();
    assert_constant(&output);
    assert!(output.shown().len() > 50, "{} pictures in two seconds", output.shown().len());
}

#[test]
fn a_picture_of_gigantic_size_is_not_decoded() {
    let stage = Stage::open();
    let clip = camera("white", 64, 36, 1);
    let mut bomb = clip[0].data.to_vec();
    bomb[6..10].copy_from_slice(&[0xff, 0x3f, 0xff, 0x3f]);
    let input = stage.programme.add_video(SourceId(1), Codec::Vp8).unwrap();
    assert_eq!(input.push(Duration::ZERO, true, bomb.into()), Pushed::Dropped);
    // What builds on it is of no use either.
    assert_eq!(input.push(Duration::from_millis(33), false, clip[1].data.clone()), Pushed::Dropped);
    assert_eq!(input.push(Duration::from_millis(66), true, clip[0].data.clone()), Pushed::Accepted);
}

#[test]
fn inputs_may_outlive_their_programme() {
    let stage = Stage::open();
    let clip = camera("white", 320, 180, 1);
    let input = stage.programme.add_video(SourceId(1), Codec::Vp8).unwrap();
    input.push(Duration::ZERO, true, clip[0].data.clone());
    drop(stage);
    for frame in &clip {
        input.push(frame.pts, frame.keyframe, frame.data.clone());
    }
}
