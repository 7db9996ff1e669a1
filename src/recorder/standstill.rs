//! Notices a programme that gives nothing any more. Pure; time is an argument.

use std::time::Duration;

use crate::media::Pulse;

/// Longer than anything that passes by itself: a machine under load makes the mixers late, not silent.
const LIMIT: Duration = Duration::from_secs(3);

/// The last signs of life.
#[derive(Debug, Default)]
pub struct Standstill {
    pulse: Pulse,
    pictures_at: Duration,
    sounds_at: Duration,
}

impl Standstill {
    /// Looks at the programme; says whether picture or sound has stood still for too long.
    pub fn look(&mut self, now: Duration, pulse: Pulse) -> bool {
        if pulse.pictures != self.pulse.pictures {
            self.pictures_at = now;
        }
        if pulse.sounds != self.pulse.sounds {
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
        let still = |sounds| Pulse { pictures: 99, sounds };
        assert!(!standstill.look(at(12_800), still(200)));
        assert!(standstill.look(at(12_900), still(300)), "sound goes on, the picture doesn't");
    }

    #[test]
    fn a_programme_that_never_begins_is_noticed() {
        let mut standstill = Standstill::default();
        assert!(!standstill.look(Duration::from_secs(2), Pulse::default()));
        assert!(standstill.look(Duration::from_secs(3), Pulse::default()));
    }
}
