//! When a keyframe is asked for (RTCP PLI): pure policy.
//!
//! At once when one is wanted, then again every 0.7 s until one has come (requests get lost, and an
//! SFU misses VP9 keyframes that it can't read); after ten in vain, every 3 s. Never more often.

use std::time::{Duration, Instant};

const INTERVAL: Duration = Duration::from_millis(700);
const PATIENT_INTERVAL: Duration = Duration::from_secs(3);
const IMPATIENT_REQUESTS: u32 = 10;

/// The requests of one track.
#[derive(Debug, Default)]
pub(crate) struct KeyframeRequests {
    wanted: bool,
    last: Option<Instant>,
    in_vain: u32,
}

impl KeyframeRequests {
    /// A keyframe is wanted from now on.
    pub(crate) fn want(&mut self) {
        if !self.wanted {
            self.in_vain = 0;
        }
        self.wanted = true;
    }

    /// A keyframe has come.
    pub(crate) fn satisfied(&mut self) {
        self.wanted = false;
    }

    /// When a request is due again, if one went out already. The first is due at once.
    pub(crate) fn next(&self) -> Option<Instant> {
        let interval = if self.in_vain < IMPATIENT_REQUESTS { INTERVAL } else { PATIENT_INTERVAL };
        self.last.filter(|_| self.wanted).map(|last| last + interval)
    }

    /// Whether to ask now; counts as asked.
    pub(crate) fn take(&mut self, now: Instant) -> bool {
        let due = self.wanted && self.next().is_none_or(|at| at <= now);
        if due {
            self.last = Some(now);
            self.in_vain = self.in_vain.saturating_add(1);
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Milliseconds at which requests go out when polled each 10 ms.
    fn requests(policy: &mut KeyframeRequests, start: Instant, ms: std::ops::Range<u64>) -> Vec<u64> {
        ms.step_by(10).filter(|ms| policy.take(start + Duration::from_millis(*ms))).collect()
    }

    #[test]
    fn nothing_is_asked_until_wanted_and_nothing_after_it_came() {
        let (mut policy, start) = (KeyframeRequests::default(), Instant::now());
        assert!(requests(&mut policy, start, 0..1_000).is_empty());
        policy.want();
        assert_eq!(requests(&mut policy, start, 1_000..3_000), [1_000, 1_700, 2_400]);
        policy.satisfied();
        assert!(requests(&mut policy, start, 3_000..9_000).is_empty());
    }

    #[test]
    fn the_rate_holds_however_often_one_is_wanted() {
        let (mut policy, start) = (KeyframeRequests::default(), Instant::now());
        let mut asked = Vec::new();
        for ms in (0..3_000).step_by(10) {
            policy.want();
            if policy.take(start + Duration::from_millis(ms)) {
                asked.push(ms);
            }
            policy.satisfied();
        }
        assert_eq!(asked, [0, 700, 1_400, 2_100, 2_800]);
    }

    #[test]
    fn requests_in_vain_become_rare() {
        let (mut policy, start) = (KeyframeRequests::default(), Instant::now());
        policy.want();
        assert_eq!(requests(&mut policy, start, 0..60_000).len(), 10 + (60_000 - 6_300) / 3_000);
    }
}
