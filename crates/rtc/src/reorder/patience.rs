//! How long a packet waits for those before it: as long as missing ones lately took to come, and a bit
//! more, within bounds. Pure.

use std::time::{Duration, Instant};

/// How long it is remembered that something took its time: this long at least, twice that at most.
const MEMORY: Duration = Duration::from_secs(10);

/// The wait of one stream.
#[derive(Debug)]
pub(super) struct Patience {
    least: Duration,
    most: Duration,
    since: Option<Instant>,
    /// The longest that a missing packet took in this period, and in the one before.
    this: Duration,
    before: Duration,
}

impl Patience {
    pub(super) fn new(least: Duration, most: Duration) -> Self {
        Self { least, most, since: None, this: Duration::ZERO, before: Duration::ZERO }
    }

    /// Time has come to `now`.
    pub(super) fn look(&mut self, now: Instant) {
        let since = *self.since.get_or_insert(now);
        let passed = now.saturating_duration_since(since);
        if passed > MEMORY {
            let before = if passed > 2 * MEMORY { Duration::ZERO } else { self.this };
            (self.since, self.before, self.this) = (Some(now), before, Duration::ZERO);
        }
    }

    /// A packet came so long after one that had overtaken it.
    pub(super) fn learn(&mut self, late: Duration) {
        self.this = self.this.max(late);
    }

    /// How long to wait.
    pub(super) fn wait(&self) -> Duration {
        let longest = self.this.max(self.before);
        (longest + longest / 4).clamp(self.least, self.most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn patience_follows_what_was_seen_within_bounds() {
        // How late in ms, and how long is waited then.
        for (late, waits) in [(0, 60), (40, 60), (48, 60), (60, 75), (100, 125), (160, 200), (5_000, 200)] {
            let mut patience = Patience::new(ms(60), ms(200));
            patience.look(Instant::now());
            patience.learn(ms(late));
            assert_eq!(patience.wait(), ms(waits), "{late} ms late");
        }
    }

    #[test]
    fn what_was_long_ago_is_forgotten() {
        let (mut patience, start) = (Patience::new(ms(60), ms(200)), Instant::now());
        patience.look(start);
        patience.learn(ms(120));
        for (at, waits) in [(9_000, 150), (10_500, 150), (20_000, 150), (21_000, 60), (60_000, 60)] {
            patience.look(start + ms(at));
            assert_eq!(patience.wait(), ms(waits), "after {at} ms");
        }
        patience.learn(ms(120));
        patience.look(start + ms(90_000));
        assert_eq!(patience.wait(), ms(60), "after a long silence");
    }
}
