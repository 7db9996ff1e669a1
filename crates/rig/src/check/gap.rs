//! A place where frames are missing, and how long a participant was away at the most.

use serde::Serialize;

use super::report::Participant;
use super::span::Span;

/// Frames that are missing in a row.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Gap {
    /// When the next frame is shown, in seconds.
    pub at: f64,
    /// Counter of the last frame before.
    pub after: u32,
    /// How many are missing.
    pub frames: u32,
}

impl Participant {
    /// The gap with the most frames.
    #[must_use]
    pub fn longest_gap(&self) -> Option<Gap> {
        self.gaps.iter().copied().max_by_key(|gap| gap.frames)
    }

    /// Picture that is missing in a row, of a camera with `fps` frames a second: in seconds, at the most.
    #[must_use]
    pub fn longest_unseen(&self, fps: u32) -> f64 {
        self.longest_gap().map_or(0.0, |gap| f64::from(gap.frames) / f64::from(fps))
    }

    /// Sound that is missing in a row, in seconds, at the most.
    #[must_use]
    pub fn longest_unheard(&self) -> f64 {
        longest(&self.muted)
    }

    /// How long the same frame stood, in seconds, at the most.
    #[must_use]
    pub fn longest_freeze(&self) -> f64 {
        longest(&self.freezes)
    }
}

fn longest(spans: &[Span]) -> f64 {
    spans.iter().map(Span::length).fold(0.0, f64::max)
}
