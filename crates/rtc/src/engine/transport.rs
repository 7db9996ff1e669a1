//! What str0m is told when a transport is made.

use std::time::Duration;

use str0m::RtcConfig;

/// Codecs that can be received, and how soon a dead path is noticed.
pub(super) fn config() -> RtcConfig {
    let mut config = RtcConfig::new();
    // A dead path is noticed within some seven seconds; str0m's defaults take nearly thirty, longer
    // than the SFU waits.
    config.set_max_stun_rto(Duration::from_secs(1));
    config.set_max_stun_retransmits(8);
    config
        .set_rtp_mode(true)
        // The only way to see all that comes, repairs and padding included, and when it was sent: the
        // bandwidth is estimated from that. It costs a copy of each packet.
        .enable_raw_packets(true)
        .clear_codecs()
        // Some publishers send redundant audio encrypted as a whole; the SFU can't unwrap that.
        .enable_opus(true, true)
        .enable_pcmu(true, false)
        .enable_pcma(true, false)
        .enable_vp8(true)
        .enable_h264(true)
        .enable_h265(true)
        .enable_vp9(true)
        .enable_av1(true)
}
