//! Decodes a file and draws up the report.

use std::path::Path;

use anyhow::{Context as _, Result, bail};

use super::decode::{pictures, probe, samples};
use super::listen::{Clock, Listen};
use super::picture::Grey;
use super::report::{Cadence, Participant, Report};
use super::span::Span;
use super::watch::Watch;
use crate::truth::RATE;

/// Participants that are listened for: those with a tone of their own.
const TONES: u8 = 16;

/// Looks at the whole file, whose publishers capture `fps` frames a second, and listens for these
/// participants (all that have a tone, when empty).
///
/// # Errors
/// When the file can't be decoded to its end.
pub fn check(file: &Path, fps: u32, listen_for: &[u8]) -> Result<Report> {
    let facts = probe(file)?;
    let all: Vec<u8> = (0..TONES).collect();
    let tones = if listen_for.is_empty() { &all } else { listen_for };
    let (seen, heard) = std::thread::scope(|threads| {
        let sound = threads.spawn(|| -> Result<_> {
            let Some(audio) = &facts.audio else {
                return Ok((Listen::new(tones, 0), Clock::default(), None));
            };
            let mut listen = Listen::new(tones, audio.channels);
            let mut count = 0u64;
            let stamps = samples(file, audio.channels, |frame| {
                listen.hear(frame);
                count += 1;
            })?;
            let clock = Clock::new(&stamps);
            let span = (count > 0).then(|| Span { from: clock.time(0.0), to: clock.time(count as f64) });
            Ok((listen, clock, span))
        });
        let seen = watch(file, &facts);
        (seen, sound.join())
    });
    let (watch, times, step) = seen.context("the pictures")?;
    let Ok(heard) = heard else { bail!("listening panicked") };
    let (listen, clock, audio) = heard.context("the sound")?;
    let cadence = Cadence { times: &times, step, fps };
    let participants = (0..64u8).filter_map(|number| {
        let voice = listen.voice(number, &clock);
        let seen = watch.participants().contains(&number);
        let glimpses = if seen { watch.glimpses(number) } else { Vec::new() };
        // A tone alone, without a single beep, may be anything.
        let there = !glimpses.is_empty() || !voice.beeps.is_empty();
        there.then(|| Participant::new(number, &glimpses, voice, cadence))
    });
    Ok(Report {
        participants: participants.collect(),
        pictures: times.len(),
        video: times.first().zip(times.last()).map(|(first, last)| Span { from: *first, to: last + step }),
        audio,
        uneven: cadence.uneven(),
        black: watch.black(&times, step),
        silences: listen.silences(&clock),
        jumps: clock.jumps(),
        facts,
    })
}

fn watch(file: &Path, facts: &super::Facts) -> Result<(Watch, Vec<f64>, f64)> {
    let mut watch = Watch::default();
    let Some(video) = &facts.video else { return Ok((watch, Vec::new(), 1.0 / 30.0)) };
    let (width, height) = (video.width, video.height);
    let times = pictures(file, video, |pixels| watch.see(&Grey { pixels, width, height }))?;
    let step = if video.fps > 0.0 { 1.0 / video.fps } else { f64::from(RATE).recip() };
    Ok((watch, times, step))
}
