//! What a network does to packets, by a seed: a run that failed can be run again. Pure.

use std::time::Duration;

/// What happens to packets on their way, each by itself.
#[derive(Debug, Clone, Copy)]
pub struct Weather {
    /// How long a packet is on its way.
    pub delay: Duration,
    /// It may be so much faster or slower, evenly spread: packets overtake each other.
    pub jitter: Duration,
    /// How many of a thousand are lost.
    pub lost: u32,
    /// How many of a thousand come twice.
    pub doubled: u32,
    /// What the dice begin with.
    pub seed: u64,
}

/// One direction of a network.
#[derive(Debug)]
pub(super) struct Way {
    weather: Weather,
    state: u64,
}

impl Way {
    /// The directions of one network roll different dice.
    pub(super) fn new(weather: Weather, direction: u64) -> Self {
        let state = (weather.seed ^ direction.wrapping_mul(0x9e37_79b9_7f4a_7c15)) | 1;
        Self { weather, state }
    }

    /// How long the copies of a packet take that sets out now; none when it is lost.
    pub(super) fn cross(&mut self) -> impl Iterator<Item = Duration> + use<> {
        let copies = if self.chance(self.weather.lost) {
            0
        } else {
            1 + usize::from(self.chance(self.weather.doubled))
        };
        let takes: [Duration; 2] = std::array::from_fn(|_| self.takes());
        takes.into_iter().take(copies)
    }

    fn takes(&mut self) -> Duration {
        let spread = self.weather.jitter.as_micros() as u64 * 2;
        let later = Duration::from_micros(self.below(spread + 1));
        (self.weather.delay + later).saturating_sub(self.weather.jitter)
    }

    fn chance(&mut self, of_a_thousand: u32) -> bool {
        self.below(1_000) < u64::from(of_a_thousand)
    }

    /// Xorshift (Marsaglia, 2003): enough for weather.
    fn below(&mut self, bound: u64) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        self.state % bound
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weather(seed: u64) -> Weather {
        let ms = Duration::from_millis;
        Weather { delay: ms(50), jitter: ms(30), lost: 20, doubled: 10, seed }
    }

    fn trips(seed: u64, direction: u64) -> Vec<Vec<Duration>> {
        let mut way = Way::new(weather(seed), direction);
        (0..10_000).map(|_| way.cross().collect()).collect()
    }

    #[test]
    fn the_same_seed_is_the_same_weather_and_each_way_has_its_own() {
        assert_eq!(trips(7, 0), trips(7, 0));
        assert_ne!(trips(7, 0), trips(8, 0));
        assert_ne!(trips(7, 0), trips(7, 1));
    }

    #[test]
    fn packets_are_late_lost_and_doubled_as_told() {
        let trips = trips(7, 0);
        let count = |copies: usize| trips.iter().filter(|t| t.len() == copies).count();
        assert!((150..250).contains(&count(0)), "{} of 10,000 lost", count(0));
        assert!((50..150).contains(&count(2)), "{} of 10,000 doubled", count(2));
        let all: Vec<_> = trips.iter().flatten().copied().collect();
        let (least, most) = (all.iter().min().unwrap(), all.iter().max().unwrap());
        assert!(*least >= Duration::from_millis(20) && *least < Duration::from_millis(21), "{least:?}");
        assert!(*most <= Duration::from_millis(80) && *most > Duration::from_millis(79), "{most:?}");
    }
}
