//! The cadence is constant, whoever comes or goes.

use std::time::Duration;

use super::source::{camera, microphone, tone};
use super::stage::{Output, Stage, scene};
use crate::media::{Pushed, SourceId};
use crate::sample::Track;
use livetape_rtc::Codec;

/// Steps between pictures and between AAC frames are what they should be, from zero on.
pub(super) fn assert_constant(output: &Output) {
    let shown = output.shown();
    for (n, pts) in shown.iter().enumerate() {
        let expected = n as i64 * 1_000_000_000 / 30;
        assert!((pts - expected).abs() <= 2, "picture {n} at {pts}, not {expected}");
    }
    let sounds = output.track(Track::Audio);
    for (n, sample) in sounds.iter().enumerate() {
        let expected = n as i64 * 1024 * 1_000_000_000 / 48_000;
        assert!((sample.pts - expected).abs() <= 2, "sound {n} at {}, not {expected}", sample.pts);
        assert_eq!(sample.dts, sample.pts);
    }
    let video = output.track(Track::Video);
    assert!(video[0].sync, "decoding begins at the first sample");
    assert!(video.windows(2).all(|w| w[0].dts < w[1].dts), "decoding times rise");
    assert!(video.iter().all(|s| s.dts <= s.pts));
    let (picture, sound) = (shown.len() as f64 / 30.0, sounds.len() as f64 * 1024.0 / 48_000.0);
    assert!((picture - sound).abs() < 0.070, "tracks end together: {picture} {sound}");
}

fn accepted(pushed: Pushed) -> Pushed {
    assert_eq!(pushed, Pushed::Accepted);
    pushed
}

#[test]
fn an_empty_room_is_black_and_silent_at_a_constant_cadence() {
    let stage = Stage::open();
    let zero = stage.programme.open_gate(stage.programme.running_time());
    stage.until(zero + Duration::from_secs(1));
    let (output, took) = stage.finish();
    assert!(took < Duration::from_millis(700), "flush took {took:?}");
    assert_constant(&output);
    assert!((30..=33).contains(&output.shown().len()), "{}", output.shown().len());
    let video = output.video.unwrap();
    assert_eq!(video.avcc[1], 77, "main profile");
    // AAC-LC, 48 kHz, stereo.
    assert_eq!(output.audio.unwrap().asc[..2], [0x11, 0x90]);
}

#[test]
fn nothing_comes_out_before_the_gate_opens() {
    let stage = Stage::open();
    stage.until(Duration::from_millis(700));
    let (output, _) = stage.finish();
    assert!(output.samples.is_empty() && output.video.is_none());
}

#[test]
fn a_source_that_leaves_or_comes_does_not_disturb_the_cadence() {
    let stage = Stage::open();
    let clip = camera("ball", 320, 180, 2);
    let voice = microphone(&tone(440.0, 2));
    let stay = stage.programme.add_video(SourceId(1), Codec::Vp8).unwrap();
    let voice_in = stage.programme.add_audio(SourceId(1), Codec::Opus).unwrap();
    stage.programme.set_scene(&scene(&[1, 2]));
    let start = stage.programme.open_gate(stage.programme.running_time());

    let guest = std::cell::RefCell::new(None);
    let visit = |frame: &super::source::Frame, at: Duration| {
        let ms = (at - start).as_millis();
        if ms < 500 {
            return Pushed::Dropped;
        }
        let mut guest = guest.borrow_mut();
        if ms < 1200 {
            let camera =
                guest.get_or_insert_with(|| stage.programme.add_video(SourceId(2), Codec::Vp8).unwrap());
            camera.push(at, frame.keyframe, frame.data.clone())
        } else {
            *guest = None;
            Pushed::Dropped
        }
    };
    stage.play(
        start,
        &[
            (&|f, at| accepted(stay.push(at, f.keyframe, f.data.clone())), &clip),
            (&|f, at| accepted(voice_in.push(at, f.data.clone())), &voice),
            (&visit, &clip),
        ],
    );
    let (output, took) = stage.finish();
    assert!(took < Duration::from_millis(700), "flush took {took:?}");
    assert_constant(&output);
    // The visitor came in the middle of its clip: it is asked for a keyframe.
    assert!(output.asked.contains(&SourceId(2)), "{:?}", output.asked);
    assert!(!output.asked.contains(&SourceId(1)), "{:?}", output.asked);
}
