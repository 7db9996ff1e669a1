//! Holds a report against what was expected.

use serde::Serialize;

use super::listen::Side;
use super::report::{Participant, Report};
use super::span::Span;

/// What a good file holds, and how much may be wrong.
#[derive(Debug, Clone)]
pub struct Expectation {
    /// Who is to be seen and heard.
    pub participants: Vec<Expected>,
    /// Share of a participant's frames that may be missing.
    pub missing_share: f64,
    /// Offset of sound against picture that 95 % of the seconds may have, in milliseconds.
    pub offset_ms: f64,
    /// Everyone is there from the first second of the file to the last: how late or early is too much, in
    /// seconds. `None` where people come and go.
    pub whole: Option<f64>,
}

/// One participant that is expected.
#[derive(Debug, Clone, Copy)]
pub struct Expected {
    /// Its number.
    pub number: u8,
    /// Whether it has a camera.
    pub seen: bool,
    /// Where its microphone is heard; `None` when it has none.
    pub heard: Option<Side>,
}

impl Expectation {
    /// These participants, each seen and heard in the middle, within the project's promises.
    #[must_use]
    pub fn of(numbers: impl IntoIterator<Item = u8>) -> Self {
        let person = |number| Expected { number, seen: true, heard: Some(Side::Both) };
        let participants = numbers.into_iter().map(person).collect();
        Self { participants, missing_share: 0.005, offset_ms: 40.0, whole: Some(1.0) }
    }
}

/// Something that is not as expected. Times in seconds.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "finding", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the fields are what the report calls so")]
pub enum Finding {
    /// Expected, but not seen; or seen, but not expected.
    Seen { participant: u8, expected: bool },
    /// Expected, but not heard; or heard, but not expected.
    Heard { participant: u8, expected: bool },
    /// Seen only for a part of the file.
    SeenInPart { participant: u8, span: Span },
    /// Heard only for a part of the file.
    HeardInPart { participant: u8, span: Span },
    /// Frames are missing.
    FramesMissing { participant: u8, share: f64, frames: u32 },
    /// Frames came in the wrong order.
    FramesBackward { participant: u8, frames: u32 },
    /// Sound and picture are apart; positive when sound is late.
    OutOfSync { participant: u8, median_ms: f64, p95_ms: f64 },
    /// The tile went elsewhere.
    Moved { participant: u8, at: f64 },
    /// Out of sight for a while.
    Hidden { participant: u8, span: Span },
    /// The same frame for more than 0.1 s.
    Frozen { participant: u8, span: Span },
    /// Not heard for a while.
    Muted { participant: u8, span: Span },
    /// On another side than expected, since when.
    WrongSide { participant: u8, side: Side, at: f64 },
    /// The whole picture was black.
    Black { span: Span },
    /// Nothing was heard at all.
    Silence { span: Span },
    /// A picture lasts longer or shorter than it should.
    Uneven { at: f64, seconds: f64 },
    /// Sound was left out, or repeated.
    SoundJumps { at: f64, seconds: f64 },
}

/// Everything in the report that is not as expected.
#[must_use]
pub fn judge(report: &Report, expectation: &Expectation) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(report.black.iter().map(|&span| Finding::Black { span }));
    findings.extend(report.silences.iter().map(|&span| Finding::Silence { span }));
    findings.extend(report.uneven.iter().map(|&(at, seconds)| Finding::Uneven { at, seconds }));
    findings.extend(report.jumps.iter().map(|&(at, seconds)| Finding::SoundJumps { at, seconds }));
    for expected in &expectation.participants {
        match report.participant(expected.number) {
            Some(found) => person(report, expectation, *expected, found, &mut findings),
            None => {
                let participant = expected.number;
                if expected.seen {
                    findings.push(Finding::Seen { participant, expected: true });
                }
                if expected.heard.is_some() {
                    findings.push(Finding::Heard { participant, expected: true });
                }
            }
        }
    }
    for stranger in &report.participants {
        let participant = stranger.number;
        if expectation.participants.iter().all(|e| e.number != participant) {
            if stranger.seen.is_some() {
                findings.push(Finding::Seen { participant, expected: false });
            }
            if !stranger.beeps.is_empty() {
                findings.push(Finding::Heard { participant, expected: false });
            }
        }
    }
    findings
}

fn person(
    report: &Report,
    expectation: &Expectation,
    expected: Expected,
    found: &Participant,
    findings: &mut Vec<Finding>,
) {
    let participant = found.number;
    if found.seen.is_some() != expected.seen {
        findings.push(Finding::Seen { participant, expected: expected.seen });
    }
    if found.heard.is_some() != expected.heard.is_some() {
        findings.push(Finding::Heard { participant, expected: expected.heard.is_some() });
    }
    let part = |mine: Option<Span>, whole: Option<Span>| {
        let ((mine, whole), slack) = (mine.zip(whole)?, expectation.whole?);
        (mine.from > whole.from + slack || mine.to < whole.to - slack).then_some(mine)
    };
    if let Some(span) = part(found.seen, report.video) {
        findings.push(Finding::SeenInPart { participant, span });
    }
    if let Some(span) = part(found.heard, report.audio) {
        findings.push(Finding::HeardInPart { participant, span });
    }
    if found.missing_share > expectation.missing_share {
        let (share, frames) = (found.missing_share, found.missing);
        findings.push(Finding::FramesMissing { participant, share, frames });
    }
    if found.backward > 0 {
        findings.push(Finding::FramesBackward { participant, frames: found.backward });
    }
    if let Some(offset) = found.offset.as_ref().filter(|o| o.p95_ms > expectation.offset_ms) {
        let (median_ms, p95_ms) = (offset.median_ms, offset.p95_ms);
        findings.push(Finding::OutOfSync { participant, median_ms, p95_ms });
    }
    let moves = found.places.iter().skip(1).map(|p| Finding::Moved { participant, at: p.span.from });
    findings.extend(moves);
    let black = |span: &Span| report.black.iter().any(|b| b.from <= span.from && b.to >= span.to);
    let hidden = found.hidden.iter().filter(|span| !black(span));
    findings.extend(hidden.map(|&span| Finding::Hidden { participant, span }));
    findings.extend(found.freezes.iter().map(|&span| Finding::Frozen { participant, span }));
    findings.extend(found.muted.iter().map(|&span| Finding::Muted { participant, span }));
    for &(at, side) in &found.sides {
        if expected.heard.is_some_and(|wanted| wanted != side) {
            findings.push(Finding::WrongSide { participant, side, at });
        }
    }
}
