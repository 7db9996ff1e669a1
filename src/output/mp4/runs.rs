//! Run-length lists: how sample tables stay small when cadence is steady.

/// Values in order, equal neighbours counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Runs<T> {
    runs: Vec<(u32, T)>,
}

impl<T> Default for Runs<T> {
    fn default() -> Self {
        Self { runs: Vec::new() }
    }
}

impl<T: Copy + PartialEq> Runs<T> {
    pub(super) fn push(&mut self, value: T) {
        match self.runs.last_mut() {
            Some((count, last)) if *last == value && *count < u32::MAX => *count += 1,
            _ => self.runs.push((1, value)),
        }
    }

    pub(super) fn as_slice(&self) -> &[(u32, T)] {
        &self.runs
    }
}
