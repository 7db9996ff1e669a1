//! What a G.711 packet says about itself (RFC 3551, 4.5.14): a byte is a sample of 8 kHz.

use std::time::Duration;

/// Longer than any packet in use; what claims more is no sound.
const LONGEST_PACKET: Duration = Duration::from_millis(120);

/// How long a packet sounds; `None` for what is no packet.
pub(super) fn duration(packet: &[u8]) -> Option<Duration> {
    let duration = Duration::from_micros(u64::try_from(packet.len()).ok()?.checked_mul(125)?);
    (!duration.is_zero() && duration <= LONGEST_PACKET).then_some(duration)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_is_an_eighth_of_a_millisecond() {
        assert_eq!(duration(&[0; 160]), Some(Duration::from_millis(20)));
        assert_eq!(duration(&[0; 960]), Some(LONGEST_PACKET));
        assert_eq!(duration(&[0; 961]), None);
        assert_eq!(duration(&[]), None);
    }
}
