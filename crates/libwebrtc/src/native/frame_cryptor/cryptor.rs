//! The cryptor of a track: opens frames on the reader's task and tells of changes.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

use livetape_rtc::e2ee::Attempt;
use livetape_rtc::{Opened, Opener, Refusal, SealedFrame};
use parking_lot::Mutex;

use super::{EncryptionAlgorithm, KeyProvider};
use crate::native::packet_trailer::PacketTrailerHandler;
use crate::peer_connection_factory::PeerConnectionFactory;
use crate::rtp_receiver::RtpReceiver;
use crate::rtp_sender::RtpSender;

/// How it goes with a track's frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EncryptionState {
    /// No frame so far.
    New,
    /// Frames open.
    Ok,
    /// Never happens here.
    EncryptionFailed,
    /// Frames don't authenticate, or aren't encrypted.
    DecryptionFailed,
    /// No key of the frames' index.
    MissingKey,
    /// Not told of: a ratchet step that was found counts as `Ok`.
    KeyRatcheted,
    /// Never happens here.
    InternalError,
}

/// Hears of changes: who, and what.
pub type OnStateChange = Box<dyn FnMut(String, EncryptionState) + Send + Sync>;

/// What a [`FrameCryptor`] and its track share.
pub(crate) struct Cryptor {
    identity: String,
    enabled: AtomicBool,
    key_index: AtomicI32,
    opener: Option<Mutex<Opener>>,
    state: Mutex<EncryptionState>,
    handler: Mutex<Option<OnStateChange>>,
}

impl Cryptor {
    fn new(identity: String, opener: Option<Opener>) -> Arc<Self> {
        Arc::new(Self {
            identity,
            enabled: AtomicBool::new(false),
            key_index: AtomicI32::new(0),
            opener: opener.map(Mutex::new),
            state: Mutex::new(EncryptionState::New),
            handler: Mutex::default(),
        })
    }

    /// Opens a frame, or gives it back; it stays shut while opening is switched off.
    pub(crate) fn open(&self, frame: SealedFrame) -> Attempt {
        let opener = self.opener.as_ref().filter(|_| self.enabled.load(Ordering::Relaxed));
        let Some(opener) = opener else { return no_key(frame) };
        let attempt = opener.lock().open_or_return(frame);
        self.note(&attempt);
        attempt
    }

    /// Grows with every change of the keys.
    pub(crate) fn generation(&self) -> u64 {
        self.opener.as_ref().map_or(0, |opener| opener.lock().keys().generation())
    }

    fn note(&self, attempt: &Attempt) {
        let now = match attempt {
            Ok(Opened::Open(_)) => EncryptionState::Ok,
            Err((Refusal::MissingKey { .. }, _)) => EncryptionState::MissingKey,
            Ok(Opened::Refused(_)) | Err(_) => EncryptionState::DecryptionFailed,
            Ok(Opened::Empty | Opened::ServerInjected) => return,
        };
        if std::mem::replace(&mut *self.state.lock(), now) == now {
            return;
        }
        if let Some(handler) = &mut *self.handler.lock() {
            handler(self.identity.clone(), now);
        }
    }
}

/// What becomes of a frame that nobody opens: the last byte of a sealed one names its key.
pub(crate) fn no_key(frame: SealedFrame) -> Attempt {
    let index = frame.data.last().copied().unwrap_or(0);
    Err((Refusal::MissingKey { index }, frame))
}

impl fmt::Debug for Cryptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cryptor").field("state", &*self.state.lock()).finish_non_exhaustive()
    }
}

/// The cryptor of one track. Cheap to clone; all clones are one cryptor.
#[derive(Clone, Debug)]
pub struct FrameCryptor {
    cryptor: Arc<Cryptor>,
}

impl FrameCryptor {
    /// A cryptor without frames: this side sends none.
    pub fn new_for_rtp_sender(
        _factory: &PeerConnectionFactory,
        participant_id: String,
        _algorithm: EncryptionAlgorithm,
        _keys: KeyProvider,
        _sender: RtpSender,
    ) -> Self {
        Self { cryptor: Cryptor::new(participant_id, None) }
    }

    /// From now on, once enabled, the receiver's frames are opened with this participant's keys.
    pub fn new_for_rtp_receiver(
        _factory: &PeerConnectionFactory,
        participant_id: String,
        algorithm: EncryptionAlgorithm,
        keys: KeyProvider,
        receiver: RtpReceiver,
    ) -> Self {
        let trailer = keys.sif_trailer();
        let opener = (algorithm == EncryptionAlgorithm::AesGcm).then(|| {
            let mut opener = Opener::new(keys.keyring().clone(), participant_id.clone());
            opener.set_sif_trailer(trailer.clone());
            opener
        });
        let cryptor = Cryptor::new(participant_id, opener);
        if let Some(remote) = receiver.remote() {
            if let Some(track) = remote.track() {
                track.set_sif_trailer(trailer);
            }
            remote.set_cryptor(cryptor.clone());
        }
        Self { cryptor }
    }

    /// Switches opening on or off; while off, encrypted tracks give nothing.
    pub fn set_enabled(&self, enabled: bool) {
        self.cryptor.enabled.store(enabled, Ordering::Relaxed);
    }

    /// Whether frames are opened.
    pub fn enabled(&self) -> bool {
        self.cryptor.enabled.load(Ordering::Relaxed)
    }

    /// Remembered only: frames name their key.
    pub fn set_key_index(&self, index: i32) {
        self.cryptor.key_index.store(index, Ordering::Relaxed);
    }

    /// As last set.
    pub fn key_index(&self) -> i32 {
        self.cryptor.key_index.load(Ordering::Relaxed)
    }

    /// Whose track it is.
    pub fn participant_id(&self) -> String {
        self.cryptor.identity.clone()
    }

    /// Who hears of changes. Called on the task that reads the frames.
    pub fn on_state_change(&self, handler: Option<OnStateChange>) {
        *self.cryptor.handler.lock() = handler;
    }

    /// Without effect: trailers are always taken out.
    pub fn set_packet_trailer_handler(&self, _handler: &PacketTrailerHandler) {}
}
