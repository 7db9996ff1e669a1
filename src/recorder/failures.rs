//! When a track's shut frames are worth a question. Pure; time is an argument.

use std::time::{Duration, Instant};

use livetape_rtc::Refusal;

use crate::supervisor::protocol::LockReason;

/// Frames in a row that must fail with a key that is there. What comes in was authenticated by the transport, so a
/// frame that fails isn't damaged; but a sender may have a quirk, and spoil a single one. More would be too
/// late: sound is missed after 300 ms.
const IN_A_ROW: u32 = 3;
/// Between two questions of one track.
const AGAIN: Duration = Duration::from_secs(1);

/// A key that would open a track's frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// The index that they name.
    pub index: u8,
    /// [`LockReason::MissingKey`] or [`LockReason::WrongKey`].
    pub why: LockReason,
}

/// The failures of one track.
#[derive(Debug, Default)]
pub struct Failures {
    last: Option<Wanted>,
    in_a_row: u32,
    asked: Option<Instant>,
}

impl Failures {
    /// A frame was opened.
    pub fn opened(&mut self) {
        *self = Self { asked: self.asked, ..Self::default() };
    }

    /// A frame stayed shut; the key to ask for, when it is time to.
    pub fn refused(&mut self, refusal: Refusal, now: Instant) -> Option<Wanted> {
        let wanted = match refusal {
            Refusal::MissingKey { index } => Wanted { index, why: LockReason::MissingKey },
            Refusal::WrongKey { index } => Wanted { index, why: LockReason::WrongKey },
            Refusal::Clear | Refusal::NotSupported | Refusal::Malformed => return None,
        };
        if self.last != Some(wanted) {
            (self.last, self.in_a_row) = (Some(wanted), 0);
        }
        self.in_a_row = self.in_a_row.saturating_add(1);
        let sure = wanted.why == LockReason::MissingKey || self.in_a_row >= IN_A_ROW;
        let due = self.asked.is_none_or(|asked| now.saturating_duration_since(asked) >= AGAIN);
        (sure && due).then(|| {
            self.asked = Some(now);
            wanted
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MISSING: Refusal = Refusal::MissingKey { index: 1 };
    const WRONG: Refusal = Refusal::WrongKey { index: 0 };

    /// Frames every 20 ms; which of them ask.
    fn asking(frames: &[Option<Refusal>]) -> Vec<usize> {
        let (mut failures, start) = (Failures::default(), Instant::now());
        let mut at = Vec::new();
        for (n, frame) in frames.iter().enumerate() {
            match frame {
                None => failures.opened(),
                Some(refusal) => {
                    let now = start + Duration::from_millis(n as u64 * 20);
                    at.extend(failures.refused(*refusal, now).map(|_| n));
                }
            }
        }
        at
    }

    #[test]
    fn when_it_is_asked() {
        let (opens, missing, wrong) = (None, Some(MISSING), Some(WRONG));
        let clear = Some(Refusal::Clear);
        for (frames, at) in [
            (vec![missing], vec![0]),
            (vec![missing; 120], vec![0, 50, 100]),
            (vec![wrong, wrong], vec![]),
            (vec![wrong, wrong, wrong], vec![2]),
            (vec![wrong, wrong, opens, wrong, wrong, opens], vec![]),
            (vec![wrong, clear, wrong, wrong], vec![3]),
            (vec![clear; 100], vec![]),
            // Another index within the second waits its turn.
            ([vec![missing; 3], vec![opens], vec![wrong; 60]].concat(), vec![0, 50]),
        ] {
            assert_eq!(asking(&frames), at, "{frames:?}");
        }
    }
}
