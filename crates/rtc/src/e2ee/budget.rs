//! What opening may cost when frames don't authenticate: a bucket of bytes that may be tried again,
//! so that a flood of garbage can't eat the machine.

use std::time::Instant;

/// Bytes that may be tried beyond the first attempt on each frame, per second and at most at once.
/// AES-GCM runs at over 1 GB/s, and a frame with escapes takes two passes: at most about 6 % of a core.
const BYTES_PER_SECOND: u64 = 32 << 20;

/// A token bucket, one second deep.
#[derive(Debug)]
pub(crate) struct Budget {
    left: u64,
    since: Option<Instant>,
}

impl Budget {
    pub(crate) fn new() -> Self {
        Self { left: BYTES_PER_SECOND, since: None }
    }

    /// Takes out `bytes` if they are there.
    pub(crate) fn spend(&mut self, now: Instant, bytes: usize) -> bool {
        let elapsed = self.since.map_or(0, |since| {
            u64::try_from(now.saturating_duration_since(since).as_micros()).unwrap_or(u64::MAX)
        });
        let earned = elapsed.saturating_mul(BYTES_PER_SECOND) / 1_000_000;
        if earned > 0 || self.since.is_none() {
            self.left = self.left.saturating_add(earned).min(BYTES_PER_SECOND);
            self.since = Some(now);
        }
        // Even a short frame costs a set-up.
        let price = u64::try_from(bytes).unwrap_or(u64::MAX).saturating_add(512);
        match self.left.checked_sub(price) {
            Some(left) => {
                self.left = left;
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_rate_holds_whatever_the_burst() {
        let (mut budget, start) = (Budget::new(), Instant::now());
        let mut spent = 0u64;
        for ms in 0..10_000 {
            for _ in 0..50 {
                spent += if budget.spend(start + Duration::from_millis(ms), 30_000) { 30_512 } else { 0 };
            }
        }
        let seconds = spent as f64 / BYTES_PER_SECOND as f64;
        assert!((10.5..11.1).contains(&seconds), "{seconds}"); // the bucket and ten seconds
    }
}
