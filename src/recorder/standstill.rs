//! Notices a programme that gives nothing any more. Pure; time is an argument.

use std::time::Duration;

use crate::media::Pulse;

/// Longer than anything that passes by itself: a machine under load makes the mixers late, not silent.
const LIMIT: Duration = Duration::from_secs(3);
/// It is looked ten times a second; where that wasn't so, all of the process stood still (stopped, or its machine
/// was), and the mixers had no chance.
const STOPPED: Duration = Duration::from_secs(1);

/// The last signs of life.
#[derive(Debug, Default)]
pub struct Standstill {
    pulse: Pulse,
    looked_at: Duration,
    pictures_at: Duration,
    sounds_at: Duration,
}

impl Standstill {
    /// Looks at the programme; says whether picture or sound has stood still for too long.
    pub fn look(&mut self, now: Duration, pulse: Pulse) -> bool {
        let stopped = now.saturating_sub(self.looked_at) >= STOPPED;
        self.looked_at = now;
        if stopped || pulse.pictures != self.pulse.pictures {
            self.pictures_at = now;
        }
        if stopped || pulse.sounds != self.pulse.sounds {
            self.sounds_at = now;
        }
        self.pulse = pulse;
        now.saturating_sub(self.pictures_at.min(self.sounds_at)) >= LIMIT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_must_move() {
        let at = Duration::from_millis;
        let mut standstill = Standstill::default();
        for n in 1..100 {
            assert!(!standstill.look(at(n * 100), Pulse { pictures: n, sounds: n }), "{n}");
        }
        for n in 100..129 {
            assert!(!standstill.look(at(n * 100), Pulse { pictures: 99, sounds: n }), "{n}");
        }
        let sound_only = Pulse { pictures: 99, sounds: 129 };
        assert!(standstill.look(at(12_900), sound_only), "sound goes on, the picture doesn't");
    }

    #[test]
    fn a_programme_that_never_begins_is_noticed() {
        let mut standstill = Standstill::default();
        let mut stands = |ms| standstill.look(Duration::from_millis(ms), Pulse::default());
        assert!((1..30).all(|n| !stands(n * 100)));
        assert!(stands(3_000));
    }

    #[test]
    fn a_process_that_was_stopped_is_given_its_time_again() {
        let mut standstill = Standstill::default();
        let mut stands = |ms| standstill.look(Duration::from_millis(ms), Pulse::default());
        assert!(!stands(100) && !stands(60_100) && !stands(60_200));
        assert!((603..630).all(|n| !stands(n * 100)));
        assert!(stands(63_100));
    }
}
