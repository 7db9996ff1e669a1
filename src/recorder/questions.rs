//! How often a recorder asks for keys. Pure; time is an argument.
//!
//! Identities and indexes are their senders' choice: whatever a room comes up with, there are at most so many
//! questions a second, and so many that are remembered.

use std::collections::HashMap;
use std::time::{Duration, Instant};

/// Between two questions for one key.
const AGAIN: Duration = Duration::from_secs(1);
/// Questions a second in all: a large room that changes its key asks for everyone's within two or three.
const AT_ONCE: usize = 32;

/// The questions of the last second.
#[derive(Debug, Default)]
pub struct Questions {
    asked: HashMap<(String, u8), Instant>,
}

impl Questions {
    /// Whether to ask now for the key that this participant's frames name.
    pub fn may_ask(&mut self, identity: &str, index: u8, now: Instant) -> bool {
        self.asked.retain(|_, asked| now.saturating_duration_since(*asked) < AGAIN);
        let key = (identity.to_owned(), index);
        let may = self.asked.len() < AT_ONCE && !self.asked.contains_key(&key);
        if may {
            self.asked.insert(key, now);
        }
        may
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn once_a_second_for_a_key() {
        let (mut questions, start) = (Questions::default(), Instant::now());
        let mut asked =
            |identity, index, ms| questions.may_ask(identity, index, start + Duration::from_millis(ms));
        assert!(asked("ann", 0, 0) && asked("ann", 1, 0) && asked("ben", 0, 0));
        assert!(!asked("ann", 0, 999));
        assert!(asked("ann", 0, 1000));
    }

    #[test]
    fn a_room_of_hostile_names_is_bounded() {
        let (mut questions, start) = (Questions::default(), Instant::now());
        let mut asked = 0;
        for ms in 0..5_000 {
            let now = start + Duration::from_millis(ms);
            for n in 0..20 {
                asked += usize::from(questions.may_ask(&format!("{ms}-{n}"), n, now));
            }
            assert!(questions.asked.len() <= AT_ONCE);
        }
        assert_eq!(asked, 5 * AT_ONCE);
    }
}
