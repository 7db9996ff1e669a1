//! A stretch of time in a file.

/// From–to, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Span {
    /// Start.
    pub from: f64,
    /// End.
    pub to: f64,
}

impl Span {
    /// Its length in seconds.
    #[must_use]
    pub fn length(&self) -> f64 {
        self.to - self.from
    }

    /// Whether the moment lies in it.
    #[must_use]
    pub fn contains(&self, moment: f64) -> bool {
        (self.from..self.to).contains(&moment)
    }
}

/// Joins neighbouring indices into spans; the last picture of each lasts until the next one's time.
#[must_use]
pub fn spans(indices: &[usize], times: &[f64], step: f64) -> Vec<Span> {
    let mut found: Vec<(usize, usize)> = Vec::new();
    for &index in indices {
        match found.last_mut() {
            Some((_, last)) if *last + 1 == index => *last = index,
            _ => found.push((index, index)),
        }
    }
    let time = |i: usize| times.get(i).copied();
    let end = |last: usize| time(last + 1).or_else(|| Some(time(last)? + step));
    found.into_iter().filter_map(|(first, last)| Some(Span { from: time(first)?, to: end(last)? })).collect()
}
