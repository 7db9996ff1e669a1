//! Which tracks stay shut, since when, and why. Pure.

use std::collections::HashMap;
use std::time::Duration;

use crate::supervisor::protocol::{LockReason, LockedTrack};

/// How long a track may be shut before its tile shows a lock: a key often comes just after the frames.
pub const SHOW_AFTER: Duration = Duration::from_millis(500);
/// How long before a person is told.
pub const TELL_AFTER: Duration = Duration::from_secs(5);

/// Tracks that are shut now. Times are running times of the programme.
#[derive(Debug, Default)]
pub struct Locks {
    shut: HashMap<String, Shut>,
}

#[derive(Debug)]
struct Shut {
    identity: String,
    reason: LockReason,
    since: Duration,
    told: bool,
}

impl Locks {
    /// A frame of this track stayed shut.
    pub fn refused(&mut self, sid: &str, identity: &str, reason: LockReason, now: Duration) {
        let shut = self.shut.entry(sid.to_owned()).or_insert_with(|| Shut {
            identity: identity.to_owned(),
            reason,
            since: now,
            told: false,
        });
        shut.reason = reason;
    }

    /// A frame of this track was opened, or the track is gone. Says whether it was shut.
    pub fn clear(&mut self, sid: &str) -> bool {
        self.shut.remove(sid).is_some()
    }

    /// Tracks whose tile should show a lock now.
    pub fn to_show(&self, now: Duration) -> impl Iterator<Item = &str> {
        self.shut
            .iter()
            .filter(move |(_, s)| now.saturating_sub(s.since) >= SHOW_AFTER)
            .map(|(sid, _)| sid.as_str())
    }

    /// Sentences for a person about tracks that have been shut for long; each track is told once.
    pub fn take_told(&mut self, now: Duration) -> Vec<String> {
        let mut lines: Vec<_> = self
            .shut
            .values_mut()
            .filter(|s| !s.told && now.saturating_sub(s.since) >= TELL_AFTER)
            .map(|s| {
                s.told = true;
                format!("nothing from \"{}\" opens: {}", printable(&s.identity), s.reason.cause())
            })
            .collect();
        lines.sort();
        // Picture and sound of one participant are one line.
        lines.dedup();
        lines
    }

    /// The list for status lines, by identity.
    pub fn report(&self, now: Duration) -> Vec<LockedTrack> {
        let mut list: Vec<_> = self
            .shut
            .values()
            .filter(|s| now.saturating_sub(s.since) >= SHOW_AFTER)
            .map(|s| LockedTrack {
                identity: s.identity.clone(),
                reason: s.reason,
                seconds: now.saturating_sub(s.since).as_secs(),
            })
            .collect();
        list.sort_by(|a, b| a.identity.cmp(&b.identity));
        list.dedup_by(|a, b| a.identity == b.identity && a.reason == b.reason);
        list
    }
}

impl LockReason {
    /// The likely cause, for a person.
    pub fn cause(self) -> &'static str {
        match self {
            Self::MissingKey => "there is no key for it (give the room's key with --e2ee-key-file)",
            Self::WrongKey => {
                "the key is not the one its publisher uses, or is derived otherwise (--e2ee-kdf, --e2ee-key-encoding)"
            }
            Self::NotSupported => "its codec or its encryption can't be opened",
            Self::Av1 => "no LiveKit SDK encrypts AV1 (publish VP8, VP9, H.264 or H.265)",
            Self::Clear => "it is declared as encrypted, but its frames come in clear, which is refused",
        }
    }
}

/// An identity as a participant chose it, fit for a line of text.
fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn a_key_that_comes_at_once_shows_no_lock() {
        let mut locks = Locks::default();
        locks.refused("v", "ann", LockReason::MissingKey, ms(0));
        assert_eq!(locks.to_show(ms(400)).count(), 0);
        assert!(locks.clear("v"));
        assert_eq!(locks.to_show(ms(4_000)).count(), 0);
    }

    #[test]
    fn after_five_seconds_a_person_is_told_once_with_the_likely_cause() {
        let mut locks = Locks::default();
        locks.refused("v", "ann\u{7}", LockReason::MissingKey, ms(0));
        locks.refused("v", "ann\u{7}", LockReason::WrongKey, ms(100));
        assert!(locks.take_told(ms(4_900)).is_empty());
        let told = locks.take_told(ms(5_000));
        assert_eq!(told.len(), 1);
        assert!(told[0].starts_with("nothing from \"ann\" opens: the key is not the one"), "{told:?}");
        assert!(locks.take_told(ms(60_000)).is_empty());
    }

    #[test]
    fn two_tracks_of_one_participant_are_told_in_one_line() {
        let mut locks = Locks::default();
        locks.refused("v", "ann", LockReason::MissingKey, ms(0));
        locks.refused("a", "ann", LockReason::MissingKey, ms(0));
        assert_eq!(locks.take_told(ms(5_000)).len(), 1);
    }

    #[test]
    fn the_report_names_who_why_and_how_long() {
        let mut locks = Locks::default();
        locks.refused("v", "ben", LockReason::WrongKey, ms(1_000));
        locks.refused("a", "ben", LockReason::WrongKey, ms(1_000));
        let report = locks.report(ms(43_500));
        let expected = LockedTrack { identity: "ben".into(), reason: LockReason::WrongKey, seconds: 42 };
        assert_eq!(report, [expected], "two tracks of one participant are one line");
    }
}
