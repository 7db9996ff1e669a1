//! Placing frames on the room's clock, on made-up traces.

use std::time::Instant;

use livetape_rtc::Codec;

use super::*;

const FRAME: i64 = 20 * MILLISECOND;

fn meta(rtp_time: u64, clock_rate: u32, sender_report: Option<SenderReport>) -> FrameMeta {
    FrameMeta {
        codec: if clock_rate == 48_000 { Codec::Opus } else { Codec::Vp8 },
        contiguous: true,
        rtp_time,
        clock_rate,
        arrival: Instant::now(),
        sender_report,
    }
}

/// Plays `count` frames of `step` ns through a clock, each late by `delay(n)`; returns (ideal, placed).
fn play(
    kind: Kind,
    count: i64,
    step: i64,
    rate: u32,
    delay: impl Fn(i64) -> i64,
    report: impl Fn(i64) -> Option<SenderReport>,
    shared: &mut ParticipantClock,
) -> Vec<(i64, i64)> {
    let mut clock = TrackClock::new(kind, rate);
    (0..count)
        .map(|n| {
            let ideal = n * step;
            let rtp = 1_000_000 + (ideal as i128 * rate as i128 / SECOND as i128) as u64;
            let placed = clock.place(&meta(rtp, rate, report(n)), ideal + delay(n), shared);
            (ideal, placed.pts)
        })
        .collect()
}

#[test]
fn jitter_does_not_reach_the_sound() {
    let mut shared = ParticipantClock::default();
    let placed =
        play(Kind::Sound, 500, FRAME, 48_000, |n| (n * 7919 % 25) * MILLISECOND, |_| None, &mut shared);
    for pair in placed[30..].windows(2) {
        assert_eq!(pair[1].1 - pair[0].1, FRAME, "sound is spaced as it was sent");
    }
}

#[test]
fn a_burst_at_the_start_settles_to_the_least_delay() {
    let mut shared = ParticipantClock::default();
    let late = |n: i64| if n < 5 { (5 - n) * FRAME } else { 0 };
    let placed = play(Kind::Sound, 100, FRAME, 48_000, late, |_| None, &mut shared);
    let (ideal, pts) = placed[99];
    assert!((pts - ideal).abs() < MILLISECOND, "off by {} ns", pts - ideal);
}

#[test]
fn time_never_runs_backwards() {
    let mut shared = ParticipantClock::default();
    let late = |n: i64| if n < 3 { 200 * MILLISECOND } else { 0 };
    let placed = play(Kind::Picture, 100, 33_333_333, 90_000, late, |_| None, &mut shared);
    assert!(placed.windows(2).all(|pair| pair[1].1 > pair[0].1));
}

#[test]
fn a_picture_follows_its_sound_by_sender_reports() {
    let mut shared = ParticipantClock::default();
    // The sender's wall clock is far from ours; sound takes 10 ms, the picture 90 ms.
    let wall = 1_700_000_000 * SECOND;
    let sound = |_| Some(SenderReport { ntp_ns: wall, rtp_time: 1_000_000 });
    play(Kind::Sound, 300, FRAME, 48_000, |_| 10 * MILLISECOND, sound, &mut shared);
    let picture = |n: i64| (n >= 60).then_some(SenderReport { ntp_ns: wall, rtp_time: 1_000_000 });
    let placed = play(Kind::Picture, 200, 33_333_333, 90_000, |_| 90 * MILLISECOND, picture, &mut shared);
    assert!((placed[50].1 - placed[50].0 - 90 * MILLISECOND).abs() < MILLISECOND, "by arrival at first");
    let (ideal, pts) = placed[199];
    assert!((pts - ideal - 10 * MILLISECOND).abs() < MILLISECOND, "then with the sound: {}", pts - ideal);
}

#[test]
fn an_absurd_sender_report_is_not_believed() {
    let mut shared = ParticipantClock::default();
    let sound = |_| Some(SenderReport { ntp_ns: 0, rtp_time: 1_000_000 });
    play(Kind::Sound, 300, FRAME, 48_000, |_| 0, sound, &mut shared);
    let picture = |_| Some(SenderReport { ntp_ns: 3_600 * SECOND, rtp_time: 1_000_000 });
    let placed = play(Kind::Picture, 100, 33_333_333, 90_000, |_| 0, picture, &mut shared);
    assert!((placed[99].1 - placed[99].0).abs() < 20 * MILLISECOND);
}

#[test]
fn a_source_that_restarts_its_clock_is_placed_anew() {
    let mut shared = ParticipantClock::default();
    let mut clock = TrackClock::new(Kind::Sound, 48_000);
    clock.place(&meta(5_000, 48_000, None), 0, &mut shared);
    let placed = clock.place(&meta(4_000_000_000, 48_000, None), SECOND, &mut shared);
    assert_eq!(placed, Placed { pts: SECOND, moved: true });
    let placed = clock.place(&meta(10, 48_000, None), 2 * SECOND, &mut shared);
    assert_eq!(placed, Placed { pts: 2 * SECOND, moved: true });
}

#[test]
fn a_long_pause_keeps_the_place() {
    let mut shared = ParticipantClock::default();
    let mut clock = TrackClock::new(Kind::Sound, 48_000);
    clock.place(&meta(0, 48_000, None), 0, &mut shared);
    let hour = 3_600 * SECOND;
    let placed = clock.place(&meta(3_600 * 48_000, 48_000, None), hour + MILLISECOND, &mut shared);
    assert!((placed.pts - hour).abs() <= MILLISECOND);
}
