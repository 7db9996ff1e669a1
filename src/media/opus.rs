//! What an Opus packet says about itself (RFC 6716, 3), and which gaps between packets can be concealed.

use std::time::Duration;

/// What a packet of libopus says is this much older than its time stamp: the encoder looks 312 samples ahead
/// (RFC 7845, 4.2, pre-skip), and RTP has nobody to tell.
pub(super) const DELAY: Duration = Duration::from_micros(6500);

/// Less than this is jitter of the time stamps, not a lost packet: packets are commonly 20 ms, 10 ms at least.
const SHORTEST_GAP: Duration = Duration::from_millis(5);
/// More than this is silence: concealment fades out sooner.
const LONGEST_GAP: Duration = Duration::from_millis(120);
/// No packet is longer (RFC 6716, 3.2.5).
const LONGEST_PACKET: Duration = Duration::from_millis(120);

/// How long a packet sounds; `None` for what is no packet.
pub(super) fn duration(packet: &[u8]) -> Option<Duration> {
    let toc = *packet.first()?;
    let config = toc >> 3;
    let frame_us: u64 = match (config, config & 3) {
        (0..12, 0) => 10_000,
        (0..12, 1) => 20_000,
        (0..12, 2) => 40_000,
        (0..12, _) => 60_000,
        (12..16, n) => [10_000, 20_000][usize::from(n & 1)],
        (_, n) => 2_500 << n,
    };
    let frames = match toc & 3 {
        0 => 1,
        1 | 2 => 2,
        _ => u64::from(packet.get(1)? & 0x3f),
    };
    let duration = Duration::from_micros(frame_us * frames);
    (!duration.is_zero() && duration <= LONGEST_PACKET).then_some(duration)
}

/// The hole before a packet at `pts`, when the one before ended at `expected`, if it is one to be concealed.
pub(super) fn gap(expected: Option<Duration>, pts: Duration) -> Option<(Duration, Duration)> {
    let expected = expected?;
    let length = pts.checked_sub(expected)?;
    (SHORTEST_GAP..=LONGEST_GAP).contains(&length).then_some((expected, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn durations_follow_the_table_of_configurations() {
        // SILK 60 ms; hybrid 20 ms; CELT 2.5 and 20 ms; two frames; six frames of 20 ms by count.
        assert_eq!(duration(&[3 << 3]), Some(ms(60)));
        assert_eq!(duration(&[13 << 3]), Some(ms(20)));
        assert_eq!(duration(&[16 << 3]), Some(Duration::from_micros(2500)));
        assert_eq!(duration(&[0xfc, 0xff, 0xfe]), Some(ms(20)));
        assert_eq!(duration(&[31 << 3 | 1]), Some(ms(40)));
        assert_eq!(duration(&[31 << 3 | 3, 6]), Some(ms(120)));
    }

    #[test]
    fn what_is_no_packet_has_no_duration() {
        assert_eq!(duration(&[]), None);
        assert_eq!(duration(&[31 << 3 | 3]), None);
        assert_eq!(duration(&[31 << 3 | 3, 0]), None);
        assert_eq!(duration(&[31 << 3 | 3, 7]), None);
    }

    #[test]
    fn one_lost_packet_is_a_gap_and_jitter_or_a_pause_is_none() {
        assert_eq!(gap(Some(ms(100)), ms(120)), Some((ms(100), ms(20))));
        assert_eq!(gap(Some(ms(100)), ms(104)), None);
        assert_eq!(gap(Some(ms(100)), ms(90)), None);
        assert_eq!(gap(Some(ms(100)), ms(300)), None);
        assert_eq!(gap(None, ms(300)), None);
    }
}
