//! The smallest delay seen lately: the best estimate of a path's constant part.

use std::collections::VecDeque;

/// A sliding minimum over time, in buckets, so that it costs the same at any packet rate.
#[derive(Debug, Clone)]
pub struct MinDelay {
    buckets: VecDeque<(i64, i64)>,
    bucket_ns: i64,
    keep: usize,
}

impl MinDelay {
    /// Remembers `keep` buckets of `bucket_ns` each.
    pub fn new(bucket_ns: i64, keep: usize) -> Self {
        Self { buckets: VecDeque::with_capacity(keep + 1), bucket_ns: bucket_ns.max(1), keep: keep.max(1) }
    }

    /// Takes one observation at time `now`; returns the minimum.
    pub fn observe(&mut self, now: i64, delay: i64) -> i64 {
        let bucket = now.div_euclid(self.bucket_ns);
        match self.buckets.back_mut() {
            // A clock that steps back joins the newest bucket.
            Some((newest, least)) if bucket <= *newest => *least = (*least).min(delay),
            _ => self.buckets.push_back((bucket, delay)),
        }
        let oldest = self.buckets.back().map_or(bucket, |(b, _)| *b) - self.keep as i64;
        while self.buckets.front().is_some_and(|(b, _)| *b <= oldest) {
            self.buckets.pop_front();
        }
        self.buckets.iter().map(|(_, d)| *d).min().unwrap_or(delay)
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.buckets.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_of_the_window_counts_and_the_past_is_forgotten() {
        let mut least = MinDelay::new(10, 3);
        assert_eq!(least.observe(0, 50), 50);
        assert_eq!(least.observe(5, 40), 40);
        assert_eq!(least.observe(12, 60), 40);
        assert_eq!(least.observe(25, 70), 40);
        assert_eq!(least.observe(31, 70), 60, "the first bucket has left the window");
        assert_eq!(least.observe(1_000, 90), 90);
    }

    #[test]
    fn a_clock_that_steps_back_is_harmless() {
        let mut least = MinDelay::new(10, 3);
        least.observe(100, 5);
        assert_eq!(least.observe(20, 7), 5);
    }
}
