//! Peer connections.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use livetape_rtc::engine::{self, ConnectionState, MediaKind, PeerConfig};

pub use crate::peer_state::{IceConnectionState, IceGatheringState, PeerConnectionState, SignalingState};

use crate::MediaType;
use crate::bridge::Bridge;
use crate::data_channel::{DataChannel, DataChannelInit};
use crate::error::RtcError;
use crate::ice_candidate::IceCandidate;
use crate::media_stream::MediaStream;
use crate::media_stream_track::MediaStreamTrack;
use crate::peer_connection_factory::RtcConfiguration;
use crate::rtp_receiver::RtpReceiver;
use crate::rtp_sender::RtpSender;
use crate::rtp_transceiver::{RtpTransceiver, RtpTransceiverDirection, RtpTransceiverInit};
use crate::session_description::{SdpType, SessionDescription};
use crate::stats::RtcStats;

/// How long a closed connection goes on receiving for streams that are still read. `livekit` closes
/// the old connection as soon as it begins to rejoin, and the SFU sends on for as long as it can't tell that
/// anything is wrong: signalling may be away for minutes. It ends earlier when nobody reads, when the path is
/// lost, or when the SFU closes it, which it does as soon as the new one takes over.
const LINGER: Duration = Duration::from_secs(15 * 60);

/// What an offer shall do.
#[derive(Debug, Clone, Default)]
pub struct OfferOptions {
    /// Look for a new path.
    pub ice_restart: bool,
    /// Not used: sections are added by `add_transceiver_for_media`.
    pub offer_to_receive_audio: bool,
    /// Not used.
    pub offer_to_receive_video: bool,
}

/// What an answer shall do.
#[derive(Debug, Clone, Default)]
pub struct AnswerOptions {}

/// Limits of what is sent: nothing is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BitrateSettings {
    /// Bits per second.
    pub min_bitrate_bps: Option<u64>,
    /// Bits per second.
    pub start_bitrate_bps: Option<u64>,
    /// Bits per second.
    pub max_bitrate_bps: Option<u64>,
}

/// A local candidate that could not be had.
#[derive(Debug, Clone)]
pub struct IceCandidateError {
    /// Local address.
    pub address: String,
    /// Local port.
    pub port: i32,
    /// Server.
    pub url: String,
    /// STUN error.
    pub error_code: i32,
    /// In words.
    pub error_text: String,
}

/// A track that began.
#[derive(Debug, Clone)]
pub struct TrackEvent {
    /// Its receiver.
    pub receiver: RtpReceiver,
    /// Its streams.
    pub streams: Vec<MediaStream>,
    /// The track.
    pub track: MediaStreamTrack,
    /// Its section.
    pub transceiver: RtpTransceiver,
}

/// Hears of connection states.
pub type OnConnectionChange = Box<dyn FnMut(PeerConnectionState) + Send + Sync>;
/// Hears of channels that the remote opened.
pub type OnDataChannel = Box<dyn FnMut(DataChannel) + Send + Sync>;
/// Hears of local candidates.
pub type OnIceCandidate = Box<dyn FnMut(IceCandidate) + Send + Sync>;
/// Hears of local candidates that could not be had.
pub type OnIceCandidateError = Box<dyn FnMut(IceCandidateError) + Send + Sync>;
/// Hears of signalling states.
pub type OnSignalingChange = Box<dyn FnMut(SignalingState) + Send + Sync>;
/// Hears of tracks, where the remote makes the offers.
pub type OnTrack = Box<dyn FnMut(TrackEvent) + Send + Sync>;

/// A peer connection. Cheap to clone; all clones are one connection.
#[derive(Clone)]
pub struct PeerConnection {
    engine: engine::PeerConnection,
    bridge: Arc<Bridge>,
    restart: Arc<AtomicBool>,
}

impl PeerConnection {
    pub(crate) fn new() -> Result<Self, RtcError> {
        let bridge = Arc::new(Bridge::default());
        let engine = engine::PeerConnection::new(PeerConfig { linger: LINGER }, bridge.clone())?;
        Ok(Self { engine, bridge, restart: Arc::default() })
    }

    /// Takes the TURN servers; the rest is without effect.
    ///
    /// # Errors
    /// When closed.
    pub fn set_configuration(&self, config: RtcConfiguration) -> Result<(), RtcError> {
        Ok(self.engine.set_relay_servers(config.relay_servers())?)
    }

    /// Without effect: nothing is sent.
    ///
    /// # Errors
    /// None.
    pub fn set_bitrate(&self, _settings: BitrateSettings) -> Result<(), RtcError> {
        Ok(())
    }

    /// Makes an offer.
    ///
    /// # Errors
    /// When closed, or when there is nothing to offer.
    pub async fn create_offer(&self, options: OfferOptions) -> Result<SessionDescription, RtcError> {
        let restart = self.restart.swap(false, Ordering::Relaxed) || options.ice_restart;
        let sdp = self.engine.create_offer(restart).await?;
        Ok(SessionDescription::new(SdpType::Offer, sdp))
    }

    /// Makes an answer.
    ///
    /// # Errors
    /// When closed, or when there is no offer.
    pub async fn create_answer(&self, _: AnswerOptions) -> Result<SessionDescription, RtcError> {
        let sdp = self.engine.create_answer().await?;
        Ok(SessionDescription::new(SdpType::Answer, sdp))
    }

    /// Puts our description in force, in the caller's wording.
    ///
    /// # Errors
    /// When closed, or when none is due.
    pub async fn set_local_description(&self, desc: SessionDescription) -> Result<(), RtcError> {
        let offer = desc.sdp_type() == SdpType::Offer;
        Ok(self.engine.set_local_description(offer, desc.to_string()).await?)
    }

    /// Takes the remote's description.
    ///
    /// # Errors
    /// When closed, when none is due, or when it can't be used.
    pub async fn set_remote_description(&self, desc: SessionDescription) -> Result<(), RtcError> {
        let offer = desc.sdp_type() == SdpType::Offer;
        if offer {
            self.bridge.set_answering();
        }
        Ok(self.engine.set_remote_description(offer, desc.to_string()).await?)
    }

    /// Takes a remote candidate; those of no use are ignored.
    ///
    /// # Errors
    /// When closed.
    pub async fn add_ice_candidate(&self, candidate: IceCandidate) -> Result<(), RtcError> {
        Ok(self.engine.add_ice_candidate(candidate.candidate()).await?)
    }

    /// Opens a data channel as soon as there is a transport.
    ///
    /// # Errors
    /// When closed.
    pub fn create_data_channel(&self, label: &str, init: DataChannelInit) -> Result<DataChannel, RtcError> {
        Ok(DataChannel::new(self.engine.create_data_channel(init.config(label))?))
    }

    /// Refuses.
    ///
    /// # Errors
    /// Always: this side only receives.
    pub fn add_track<T: AsRef<str>>(
        &self,
        _track: MediaStreamTrack,
        _stream_ids: &[T],
    ) -> Result<RtpSender, RtcError> {
        Err(RtcError::receive_only())
    }

    /// Without effect: there are no senders.
    ///
    /// # Errors
    /// None.
    pub fn remove_track(&self, _sender: RtpSender) -> Result<(), RtcError> {
        Ok(())
    }

    /// What came in on each track.
    ///
    /// # Errors
    /// None.
    #[expect(clippy::unused_async, reason = "livekit awaits it")]
    pub async fn get_stats(&self) -> Result<Vec<RtcStats>, RtcError> {
        let sections = self.engine.sections();
        Ok(sections.iter().filter_map(|s| s.track.as_ref()).map(RtcStats::of).collect())
    }

    /// Refuses.
    ///
    /// # Errors
    /// Always: this side only receives.
    pub fn add_transceiver(
        &self,
        _track: MediaStreamTrack,
        _init: RtpTransceiverInit,
    ) -> Result<RtpTransceiver, RtcError> {
        Err(RtcError::receive_only())
    }

    /// One more section to receive on, from the next offer on.
    ///
    /// # Errors
    /// When closed; for another direction or kind.
    pub fn add_transceiver_for_media(
        &self,
        media_type: MediaType,
        init: RtpTransceiverInit,
    ) -> Result<RtpTransceiver, RtcError> {
        let kind = match (media_type, init.direction) {
            (MediaType::Audio, RtpTransceiverDirection::RecvOnly) => MediaKind::Audio,
            (MediaType::Video, RtpTransceiverDirection::RecvOnly) => MediaKind::Video,
            _ => return Err(RtcError::receive_only()),
        };
        self.engine.add_receiver(kind)?;
        Ok(RtpTransceiver::new(None, false, RtpReceiver::new(None)))
    }

    /// Closes: seen as closed at once.
    pub fn close(&self) {
        self.bridge.clear();
        self.engine.close();
    }

    /// The next offer looks for a new path.
    pub fn restart_ice(&self) {
        self.restart.store(true, Ordering::Relaxed);
    }

    /// ICE and DTLS together.
    pub fn connection_state(&self) -> PeerConnectionState {
        self.engine.connection_state().into()
    }

    /// ICE, as far as the connection state tells.
    pub fn ice_connection_state(&self) -> IceConnectionState {
        match self.engine.connection_state() {
            ConnectionState::New => IceConnectionState::New,
            ConnectionState::Connecting => IceConnectionState::Checking,
            ConnectionState::Connected => IceConnectionState::Connected,
            ConnectionState::Disconnected => IceConnectionState::Disconnected,
            ConnectionState::Failed => IceConnectionState::Failed,
            ConnectionState::Closed => IceConnectionState::Closed,
        }
    }

    /// Done from the start.
    pub fn ice_gathering_state(&self) -> IceGatheringState {
        IceGatheringState::Complete
    }

    /// Where the exchange of descriptions stands.
    pub fn signaling_state(&self) -> SignalingState {
        self.engine.signaling_state().into()
    }

    /// Our description in force.
    pub fn current_local_description(&self) -> Option<SessionDescription> {
        self.engine.local_description().map(description)
    }

    /// The remote's description in force.
    pub fn current_remote_description(&self) -> Option<SessionDescription> {
        self.engine.remote_description().map(description)
    }

    /// There are none.
    pub fn senders(&self) -> Vec<RtpSender> {
        Vec::new()
    }

    /// The receivers of all sections.
    pub fn receivers(&self) -> Vec<RtpReceiver> {
        self.transceivers().iter().map(RtpTransceiver::receiver).collect()
    }

    /// The negotiated sections.
    pub fn transceivers(&self) -> Vec<RtpTransceiver> {
        self.bridge.transceivers(&self.engine.sections())
    }

    /// Who hears of connection states.
    pub fn on_connection_state_change(&self, handler: Option<OnConnectionChange>) {
        *self.bridge.on_connection.lock() = handler;
    }

    /// Who hears of channels that the remote opened.
    pub fn on_data_channel(&self, handler: Option<OnDataChannel>) {
        *self.bridge.on_data_channel.lock() = handler;
    }

    /// Never called: our descriptions hold all candidates.
    pub fn on_ice_candidate(&self, handler: Option<OnIceCandidate>) {
        *self.bridge.on_candidate.lock() = handler;
    }

    /// Never called.
    pub fn on_ice_candidate_error(&self, handler: Option<OnIceCandidateError>) {
        *self.bridge.on_candidate_error.lock() = handler;
    }

    /// Who hears of signalling states.
    pub fn on_signaling_state_change(&self, handler: Option<OnSignalingChange>) {
        *self.bridge.on_signaling.lock() = handler;
    }

    /// Who hears of tracks, where the remote makes the offers.
    pub fn on_track(&self, handler: Option<OnTrack>) {
        *self.bridge.on_track.lock() = handler;
    }
}

fn description((offer, sdp): (bool, String)) -> SessionDescription {
    SessionDescription::new(if offer { SdpType::Offer } else { SdpType::Answer }, sdp)
}

impl fmt::Debug for PeerConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PeerConnection").field("state", &self.connection_state()).finish()
    }
}
