//! Packet trailers: what a publisher attaches to its pictures. They are taken out of every frame
//! before anybody sees it, so a handler has nothing to look up.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::peer_connection_factory::PeerConnectionFactory;
use crate::rtp_receiver::RtpReceiver;
use crate::rtp_sender::RtpSender;

/// Where a picture to publish is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PublishTimingStage {
    /// Before the encoder.
    EncoderUpload,
    /// After the encoder.
    EncoderOutput,
    /// At the packetizer.
    WebrtcPacketize,
}

/// Where a received picture is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubscribeTimingStage {
    /// Put together from packets.
    WebrtcReceive,
    /// Before the decoder.
    DecoderUpload,
    /// After the decoder.
    DecoderOutput,
}

/// A picture to publish reached a stage; never happens here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublishTimingEvent {
    /// The stage.
    pub stage: PublishTimingStage,
    /// When, in microseconds since the Unix epoch.
    pub timestamp_us: u64,
    /// The publisher's own time.
    pub capture_timestamp_us: u64,
    /// The publisher's own number.
    pub frame_id: Option<u32>,
}

/// A received picture reached a stage; not told of here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SubscribeTimingEvent {
    /// The stage.
    pub stage: SubscribeTimingStage,
    /// When, in microseconds since the Unix epoch.
    pub timestamp_us: u64,
    /// The publisher's own time.
    pub capture_timestamp_us: u64,
    /// The publisher's own number.
    pub frame_id: Option<u32>,
}

/// Hears of pictures to publish.
pub type PublishTimingObserver = Arc<dyn Fn(PublishTimingEvent) + Send + Sync + 'static>;
/// Hears of received pictures.
pub type SubscribeTimingObserver = Arc<dyn Fn(SubscribeTimingEvent) + Send + Sync + 'static>;

/// Stands for the trailers of one track.
#[derive(Debug, Clone, Default)]
pub struct PacketTrailerHandler {
    enabled: Arc<AtomicBool>,
}

impl PacketTrailerHandler {
    /// Remembered only.
    pub fn set_enabled(&self, enabled: bool) {
        self.enabled.store(enabled, Ordering::Relaxed);
    }

    /// As last set.
    pub fn enabled(&self) -> bool {
        self.enabled.load(Ordering::Relaxed)
    }

    /// Nothing.
    pub fn lookup_frame_metadata(&self, _rtp_timestamp: u32) -> Option<(u64, u32, Vec<u8>)> {
        None
    }

    /// Without effect.
    pub fn set_publish_timing_observer(&self, _observer: Option<PublishTimingObserver>) {}

    /// Without effect.
    pub fn set_subscribe_timing_observer(&self, _observer: Option<SubscribeTimingObserver>) {}
}

/// A handler for a track to publish.
pub fn create_sender_handler(_factory: &PeerConnectionFactory, _sender: &RtpSender) -> PacketTrailerHandler {
    PacketTrailerHandler::default()
}

/// A handler for a received track.
pub fn create_receiver_handler(
    _factory: &PeerConnectionFactory,
    _receiver: &RtpReceiver,
) -> PacketTrailerHandler {
    PacketTrailerHandler::default()
}
