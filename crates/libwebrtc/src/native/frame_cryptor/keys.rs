//! The key provider: a thin view of a [`Keyring`].

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use livetape_rtc::e2ee::Kdf;
use livetape_rtc::{Keyring, KeyringOptions};
use parking_lot::Mutex;

thread_local! {
    /// What the next key provider made on this thread adopts.
    static ADOPT: RefCell<Option<Arc<Keyring>>> = const { RefCell::new(None) };
}

/// Runs `make`; the first [`KeyProvider`] made in it, on this thread, views `keyring` instead of a
/// ring of its own. So an agent shares its keys with `livekit`'s own management.
pub fn with_keyring<T>(keyring: Arc<Keyring>, make: impl FnOnce() -> T) -> T {
    /// Takes an offer back that wasn't used, even when `make` panics.
    struct Offer(Option<Arc<Keyring>>);
    impl Drop for Offer {
        fn drop(&mut self) {
            ADOPT.set(self.0.take());
        }
    }
    let _offer = Offer(ADOPT.replace(Some(keyring)));
    make()
}

/// How a frame key comes from its material.
#[derive(Copy, Clone, Debug)]
#[non_exhaustive]
pub enum KeyDerivationAlgorithm {
    /// For passphrases, and raw bytes on native SDKs.
    PBKDF2,
    /// For raw bytes on the web.
    HKDF,
}

/// What a key provider is told once.
#[derive(Debug, Clone)]
pub struct KeyProviderOptions {
    /// One key for all.
    pub shared_key: bool,
    /// Unannounced ratchet steps that are tried.
    pub ratchet_window_size: i32,
    /// Salt of the derivation.
    pub ratchet_salt: Vec<u8>,
    /// Not used: every frame is tried.
    pub failure_tolerance: i32,
    /// Indexes are reduced modulo this.
    pub key_ring_size: i32,
    /// The derivation.
    pub key_derivation_algorithm: KeyDerivationAlgorithm,
}

/// The room's keys.
#[derive(Clone)]
pub struct KeyProvider {
    inner: Arc<Inner>,
}

struct Inner {
    keyring: Arc<Keyring>,
    kdf: Kdf,
    salt: Vec<u8>,
    sif_trailer: Mutex<Bytes>,
}

impl KeyProvider {
    /// An empty provider, or a view of the ring offered by [`with_keyring`].
    pub fn new(options: KeyProviderOptions) -> Self {
        let kdf = match options.key_derivation_algorithm {
            KeyDerivationAlgorithm::PBKDF2 => Kdf::Pbkdf2,
            KeyDerivationAlgorithm::HKDF => Kdf::Hkdf,
        };
        let keyring = ADOPT.take().unwrap_or_else(|| {
            Arc::new(Keyring::new(KeyringOptions {
                ratchet_window: u8::try_from(options.ratchet_window_size.clamp(0, 16)).unwrap_or(0),
                ring_size: u16::try_from(options.key_ring_size.clamp(1, 256)).unwrap_or(16),
                ..KeyringOptions::default()
            }))
        });
        let sif_trailer = Mutex::default();
        Self { inner: Arc::new(Inner { keyring, kdf, salt: options.ratchet_salt, sif_trailer }) }
    }

    /// Sets the key that all share; false for an impossible index.
    pub fn set_shared_key(&self, key_index: i32, key: Vec<u8>) -> bool {
        let Some(index) = index(key_index) else { return false };
        self.inner.keyring.set_shared(index, &key, self.inner.kdf, &self.inner.salt);
        true
    }

    /// One ratchet step on the key that all share; the new material.
    pub fn ratchet_shared_key(&self, key_index: i32) -> Option<Vec<u8>> {
        self.inner.keyring.ratchet(None, index(key_index)?).map(|material| material.to_vec())
    }

    /// The material of the key that all share.
    pub fn get_shared_key(&self, key_index: i32) -> Option<Vec<u8>> {
        self.inner.keyring.get_material(None, index(key_index)?).map(|material| material.to_vec())
    }

    /// Sets a participant's key; false for an impossible index.
    pub fn set_key(&self, participant_id: String, key_index: i32, key: Vec<u8>) -> bool {
        let Some(index) = index(key_index) else { return false };
        self.inner.keyring.set(&participant_id, index, &key, self.inner.kdf, &self.inner.salt);
        true
    }

    /// One ratchet step on a participant's key; the new material.
    pub fn ratchet_key(&self, participant_id: String, key_index: i32) -> Option<Vec<u8>> {
        let index = index(key_index)?;
        self.inner.keyring.ratchet(Some(&participant_id), index).map(|material| material.to_vec())
    }

    /// The material of a participant's key.
    pub fn get_key(&self, participant_id: String, key_index: i32) -> Option<Vec<u8>> {
        let material = self.inner.keyring.get_material(Some(&participant_id), index(key_index)?);
        material.map(|material| material.to_vec())
    }

    /// How the SFU marks frames of its own, from the join response.
    pub fn set_sif_trailer(&self, trailer: Vec<u8>) {
        *self.inner.sif_trailer.lock() = trailer.into();
    }

    pub(super) fn sif_trailer(&self) -> Bytes {
        self.inner.sif_trailer.lock().clone()
    }

    pub(super) fn keyring(&self) -> &Arc<Keyring> {
        &self.inner.keyring
    }
}

impl fmt::Debug for KeyProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyProvider").finish_non_exhaustive()
    }
}

fn index(index: i32) -> Option<u8> {
    u8::try_from(index).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options() -> KeyProviderOptions {
        KeyProviderOptions {
            shared_key: true,
            ratchet_window_size: 0,
            ratchet_salt: b"LKFrameEncryptionKey".to_vec(),
            failure_tolerance: -1,
            key_ring_size: 16,
            key_derivation_algorithm: KeyDerivationAlgorithm::PBKDF2,
        }
    }

    #[test]
    fn a_provider_adopts_the_ring_that_is_offered_and_only_then() {
        let ring = Arc::new(Keyring::new(KeyringOptions::default()));
        let adopted = with_keyring(ring.clone(), || KeyProvider::new(options()));
        assert!(Arc::ptr_eq(adopted.keyring(), &ring));
        assert!(!Arc::ptr_eq(KeyProvider::new(options()).keyring(), &ring));
        with_keyring(ring.clone(), || ());
        assert!(!Arc::ptr_eq(KeyProvider::new(options()).keyring(), &ring));
    }
}
