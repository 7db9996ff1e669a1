//! Makes peer connections; has no sound card and no encoder.

use std::fmt;

use livetape_rtc::engine::RelayServer;

use crate::MediaType;
use crate::error::RtcError;
use crate::peer_connection::PeerConnection;
use crate::rtp_parameters::RtpCapabilities;

/// A TURN server; STUN servers aren't used. The password isn't printed.
#[derive(Clone)]
pub struct IceServer {
    /// Where.
    pub urls: Vec<String>,
    /// Who.
    pub username: String,
    /// Secret.
    pub password: String,
}

impl fmt::Debug for IceServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IceServer").field("urls", &self.urls).finish_non_exhaustive()
    }
}

/// Whether candidates are looked for once only.
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub enum ContinualGatheringPolicy {
    /// Once.
    GatherOnce,
    /// Again, at each ICE restart.
    GatherContinually,
}

/// Which candidates may be used; all host candidates are.
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub enum IceTransportsType {
    /// Relays only.
    Relay,
    /// No host candidates.
    NoHost,
    /// All.
    All,
}

/// What a connection is told.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RtcConfiguration {
    /// Asked for a path where there is none without them.
    pub ice_servers: Vec<IceServer>,
    /// Not used.
    pub continual_gathering_policy: ContinualGatheringPolicy,
    /// Not used.
    pub ice_transport_type: IceTransportsType,
    /// Not used.
    pub enable_sctp_snap: bool,
}

impl RtcConfiguration {
    /// The TURN servers in it; others are left out.
    pub(crate) fn relay_servers(&self) -> Vec<RelayServer> {
        let of = |server: &IceServer| -> Vec<_> {
            let parse = |url: &String| RelayServer::parse(url, &server.username, &server.password);
            server.urls.iter().filter_map(parse).collect()
        };
        self.ice_servers.iter().flat_map(of).collect()
    }
}

impl Default for RtcConfiguration {
    fn default() -> Self {
        Self {
            ice_servers: Vec::new(),
            continual_gathering_policy: ContinualGatheringPolicy::GatherContinually,
            ice_transport_type: IceTransportsType::All,
            enable_sctp_snap: false,
        }
    }
}

/// Makes peer connections.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct PeerConnectionFactory {}

impl PeerConnectionFactory {
    /// The options are for playing and sending; without effect.
    pub fn with_options(_zero_playout_delay: bool, _enable_warp: bool) -> Self {
        Self {}
    }

    /// A connection that receives; call it within a tokio runtime.
    ///
    /// # Errors
    /// When no socket can be bound.
    pub fn create_peer_connection(&self, config: RtcConfiguration) -> Result<PeerConnection, RtcError> {
        let connection = PeerConnection::new()?;
        connection.set_configuration(config)?;
        Ok(connection)
    }

    /// None.
    pub fn get_rtp_sender_capabilities(&self, _media_type: MediaType) -> RtpCapabilities {
        RtpCapabilities::default()
    }

    /// None that a caller could choose from.
    pub fn get_rtp_receiver_capabilities(&self, _media_type: MediaType) -> RtpCapabilities {
        RtpCapabilities::default()
    }
}

/// Tracks to publish, and the sound card: names only.
pub mod native {
    use super::PeerConnectionFactory;
    use crate::audio_source::native::NativeAudioSource;
    use crate::audio_track::RtcAudioTrack;
    use crate::remote::Remote;
    use crate::video_source::native::NativeVideoSource;
    use crate::video_track::RtcVideoTrack;

    /// A method of the sound card that isn't there.
    macro_rules! no_sound_card {
        ($($name:ident($($arg:ident: $ty:ty),*) $(-> $ret:ty)?;)+) => {
            $(
                #[doc = "There is no sound card."]
                fn $name(&self $(, $arg: $ty)*) $(-> $ret)? {
                    $(let _ = $arg;)*
                    $(<$ret>::default())?
                }
            )+
        };
    }

    /// What `livekit` asks of a factory on a desktop.
    pub trait PeerConnectionFactoryExt {
        /// A track in name only.
        fn create_video_track(&self, label: &str, _source: NativeVideoSource) -> RtcVideoTrack {
            RtcVideoTrack::new(Remote::local(label))
        }

        /// A track in name only.
        fn create_audio_track(&self, label: &str, _source: NativeAudioSource) -> RtcAudioTrack {
            RtcAudioTrack::new(Remote::local(label))
        }

        /// A track in name only.
        fn create_device_audio_track(&self, label: &str) -> RtcAudioTrack {
            RtcAudioTrack::new(Remote::local(label))
        }

        no_sound_card! {
            playout_devices() -> i16;
            recording_devices() -> i16;
            playout_device_name(index: u16) -> String;
            recording_device_name(index: u16) -> String;
            playout_device_guid(index: u16) -> String;
            recording_device_guid(index: u16) -> String;
            set_playout_device(index: u16) -> bool;
            set_recording_device(index: u16) -> bool;
            set_playout_device_by_guid(guid: &str) -> bool;
            set_recording_device_by_guid(guid: &str) -> bool;
            stop_recording() -> bool;
            init_recording() -> bool;
            start_recording() -> bool;
            recording_is_initialized() -> bool;
            stop_playout() -> bool;
            init_playout() -> bool;
            start_playout() -> bool;
            playout_is_initialized() -> bool;
            builtin_aec_is_available() -> bool;
            builtin_agc_is_available() -> bool;
            builtin_ns_is_available() -> bool;
            enable_builtin_aec(enable: bool) -> bool;
            enable_builtin_agc(enable: bool) -> bool;
            enable_builtin_ns(enable: bool) -> bool;
            set_adm_recording_enabled(enabled: bool);
            adm_recording_enabled() -> bool;
            set_adm_playout_enabled(enabled: bool);
            adm_playout_enabled() -> bool;
            acquire_platform_adm() -> bool;
            release_platform_adm();
            platform_adm_ref_count() -> i32;
            is_platform_adm_active() -> bool;
        }
    }

    impl PeerConnectionFactoryExt for PeerConnectionFactory {}
}
