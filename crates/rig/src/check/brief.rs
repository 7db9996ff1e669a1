//! A report in a few lines, for a person.

use std::fmt::Write as _;

use super::report::{Participant, Report};
use super::span::Span;

impl Report {
    /// A line for the file and one for each participant.
    #[must_use]
    pub fn brief(&self) -> String {
        let mut text = format!(
            "{:.2} s, {} pictures, {} uneven{}, black {}, silence {}, sound jumps {}",
            self.facts.duration,
            self.pictures,
            self.uneven.len(),
            self.uneven.first().map(|(at, step)| format!(" (at {at:.2} s: {step:.3} s)")).unwrap_or_default(),
            self.black.len(),
            self.silences.len(),
            self.jumps.len(),
        );
        for participant in &self.participants {
            text.push('\n');
            text.push_str(&participant.brief());
        }
        text
    }
}

impl Participant {
    fn brief(&self) -> String {
        let span =
            |s: Option<Span>| s.map_or_else(|| "never".into(), |s| format!("{:.2}–{:.2}", s.from, s.to));
        let mut text = format!("p{}: seen {}, heard {}", self.number, span(self.seen), span(self.heard));
        let (missing, percent) = (self.missing, self.missing_share * 100.0);
        // Writing to a string can't fail.
        let _ = write!(text, ", missing {missing} of {} ({percent:.2} %)", self.expected);
        if let Some(gap) = self.longest_gap() {
            let _ = write!(text, " in {} gaps, {} in a row at {:.2} s", self.gaps.len(), gap.frames, gap.at);
        }
        let _ = write!(text, ", frozen {}, hidden {}", self.freezes.len(), self.hidden.len());
        let _ = write!(text, ", muted {}, places {}", self.muted.len(), self.places.len());
        if let Some(offset) = &self.offset {
            let (median, p95, n) = (offset.median_ms, offset.p95_ms, offset.pairs.len());
            let _ = write!(text, ", sound {median:+.1} ms, p95 {p95:.1} ms ({n} pairs)");
        }
        text
    }
}
