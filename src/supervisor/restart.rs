//! What happens when a recorder dies without a word: the restart policy. Pure; time is an argument.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// The time in which deaths count.
const WITHIN: Duration = Duration::from_secs(60);
/// Pauses before another is started: the first comes at once, for a room is being missed. One that died this often,
/// and once more, dies of what is in the room, and would for ever.
const PAUSES: [Duration; 4] =
    [Duration::ZERO, Duration::from_millis(100), Duration::from_millis(500), Duration::from_secs(1)];

/// What to do about a dead recorder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restart {
    /// Start another, which appends to the same log, after this pause.
    Again(Duration),
    /// Close what there is and end the job.
    Close,
}

/// The deaths of one job's recorders.
#[derive(Debug, Default)]
pub struct Restarts {
    deaths: VecDeque<Instant>,
}

impl Restarts {
    /// Counts a death, and decides.
    pub fn after_death(&mut self, now: Instant) -> Restart {
        self.deaths.retain(|death| now.saturating_duration_since(*death) < WITHIN);
        let earlier = self.deaths.len();
        self.deaths.push_back(now);
        PAUSES.get(earlier).map_or(Restart::Close, |pause| Restart::Again(*pause))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_restart_is_at_once_and_a_recorder_that_keeps_dying_is_given_up() {
        let start = Instant::now();
        let mut restarts = Restarts::default();
        for (n, pause) in PAUSES.into_iter().enumerate() {
            let now = start + Duration::from_secs(n as u64);
            assert_eq!(restarts.after_death(now), Restart::Again(pause), "{n}");
        }
        assert_eq!(restarts.after_death(start + Duration::from_secs(59)), Restart::Close);
    }

    #[test]
    fn deaths_far_apart_are_forgotten() {
        let start = Instant::now();
        let mut restarts = Restarts::default();
        for minute in 0..100 {
            let now = start + WITHIN * minute;
            assert_eq!(restarts.after_death(now), Restart::Again(Duration::ZERO));
        }
    }
}
