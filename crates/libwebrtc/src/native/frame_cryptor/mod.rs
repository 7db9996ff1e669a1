//! End-to-end encryption as `livekit` manages it: keys, the cryptors of tracks and of data packets.

mod cryptor;
mod data;
mod keys;

pub(crate) use cryptor::{Cryptor, no_key};
pub use cryptor::{EncryptionState, FrameCryptor, OnStateChange};
pub use data::{DataPacketCryptor, EncryptedPacket};
pub use keys::{KeyDerivationAlgorithm, KeyProvider, KeyProviderOptions, with_keyring};

/// The cipher; LiveKit uses the first only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EncryptionAlgorithm {
    /// AES-GCM.
    AesGcm,
    /// AES-CBC; refused.
    AesCbc,
}
