//! RTP time stamps unwrapped to 64 bits, so that they grow for as long as a track lives.

/// Unwraps the 32-bit time stamps of one stream, each to the value nearest to the one before
/// (within 2^31 ticks: 6.6 hours of video, 12.4 hours of Opus).
#[derive(Debug, Default)]
pub(crate) struct RtpTime {
    last: Option<u64>,
}

impl RtpTime {
    /// The unwrapped time; the first one is put above 2^32, so that times before it exist.
    pub(crate) fn unwrap(&mut self, timestamp: u32) -> u64 {
        let time = match self.last {
            None => (1 << 32) | u64::from(timestamp),
            Some(last) => {
                let wire = (last & u64::from(u32::MAX)) as u32;
                let forward = timestamp.wrapping_sub(wire);
                if forward < 1 << 31 {
                    last.saturating_add(u64::from(forward))
                } else {
                    last.saturating_sub(u64::from(forward.wrapping_neg()))
                }
            }
        };
        self.last = Some(time);
        time
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_goes_on_over_the_wrap_and_back_over_it() {
        let mut time = RtpTime::default();
        let first = time.unwrap(u32::MAX - 9);
        assert_eq!(time.unwrap(10), first + 20);
        assert_eq!(time.unwrap(u32::MAX), first + 9);
        assert_eq!(time.unwrap(10), first + 20);
    }

    #[test]
    fn there_is_time_before_the_first() {
        let mut time = RtpTime::default();
        let first = time.unwrap(5);
        assert_eq!(time.unwrap(u32::MAX), first - 6);
    }

    #[test]
    fn years_of_steps_only_grow() {
        let mut time = RtpTime::default();
        let (first, step) = (time.unwrap(7), 1u32 << 30);
        let last = (1..=1_000u32).map(|n| time.unwrap(7u32.wrapping_add(step.wrapping_mul(n)))).last();
        assert_eq!(last, Some(first + 1_000 * u64::from(step)));
    }
}
