//! What can become of a sealed frame.

use crate::OpenFrame;

/// What became of a sealed frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opened {
    /// It may be decoded.
    Open(OpenFrame),
    /// It has no bytes (DTX, padding): nothing to decode, no error.
    Empty,
    /// The SFU made it up (silence after a mute, a blank picture at the end): not to be recorded.
    ServerInjected,
    /// It stays shut.
    Refused(Refusal),
}

/// Why a frame or data packet stays shut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Refusal {
    /// No key of this index is known for the sender.
    #[error("no key with index {index}")]
    MissingKey {
        /// The index that the frame names.
        index: u8,
    },
    /// It doesn't authenticate with the key that it names: a wrong key, or a damaged frame.
    #[error("doesn't authenticate with its key of index {index}")]
    WrongKey {
        /// The index that the frame names.
        index: u8,
    },
    /// It isn't encrypted, on a track that is declared so. Whoever sends such a frame may be
    /// the SFU: it must not be recorded.
    #[error("unencrypted frame on an encrypted track")]
    Clear,
    /// LiveKit has no way to encrypt this codec.
    #[error("the codec can't be encrypted")]
    NotSupported,
    /// It has no place where encryption could begin, or is too short.
    #[error("the frame makes no sense")]
    Malformed,
}

impl Refusal {
    /// Whether a key that comes later may open the frame after all.
    pub fn may_pass(self) -> bool {
        matches!(self, Self::MissingKey { .. } | Self::WrongKey { .. })
    }
}
