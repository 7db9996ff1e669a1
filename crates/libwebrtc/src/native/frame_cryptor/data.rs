//! The cryptor of data packets (chat, streams, RPC).

use std::error::Error;

use livetape_rtc::e2ee::{open_data, seal_data};

use super::{EncryptionAlgorithm, KeyProvider};

/// A data packet in its encrypted form.
#[derive(Debug, Clone)]
pub struct EncryptedPacket {
    /// Ciphertext and tag.
    pub data: Vec<u8>,
    /// Initialisation vector.
    pub iv: Vec<u8>,
    /// Which key.
    pub key_index: u32,
}

/// Seals and opens data packets.
#[derive(Clone, Debug)]
pub struct DataPacketCryptor {
    keys: Option<KeyProvider>,
}

impl DataPacketCryptor {
    /// A cryptor with these keys.
    pub fn new(algorithm: EncryptionAlgorithm, keys: KeyProvider) -> Self {
        Self { keys: (algorithm == EncryptionAlgorithm::AesGcm).then_some(keys) }
    }

    /// Seals a packet as this participant's.
    ///
    /// # Errors
    /// When there is no such key.
    pub fn encrypt(
        &self,
        participant_id: &str,
        key_index: u32,
        data: &[u8],
    ) -> Result<EncryptedPacket, Box<dyn Error>> {
        let keys = self.keys.as_ref().ok_or("only AES-GCM is known here")?;
        let sealed = seal_data(keys.keyring(), participant_id, u8::try_from(key_index)?, data)?;
        let (data, iv) = (sealed.value, sealed.iv.to_vec());
        Ok(EncryptedPacket { data, iv, key_index: sealed.key_index.into() })
    }

    /// Opens a packet of this participant.
    ///
    /// # Errors
    /// When there is no such key, or the packet doesn't authenticate with it.
    pub fn decrypt(&self, participant_id: &str, packet: &EncryptedPacket) -> Result<Vec<u8>, Box<dyn Error>> {
        let keys = self.keys.as_ref().ok_or("only AES-GCM is known here")?;
        let index = u8::try_from(packet.key_index)?;
        Ok(open_data(keys.keyring(), participant_id, index, &packet.iv, &packet.data)?)
    }
}
