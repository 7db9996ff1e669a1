//! The keys of a room: shared ones and those of single participants, several indexes at a time,
//! changed while tracks run. One ring serves all tracks and the data channel.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::RwLock;
use zeroize::Zeroizing;

use super::key::Key;
use super::{Kdf, KeySize};

/// No SDK looks further ahead.
const MAX_RATCHET_WINDOW: u8 = 16;

/// What a keyring is told once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyringOptions {
    /// How many unannounced ratchet steps are tried ahead, 0..=16 (more is taken for 16).
    pub ratchet_window: u8,
    /// Indexes that keys are *set* with are reduced modulo this, as senders do before they signal
    /// one: 1..=256. An index in a frame is taken as it is.
    pub ring_size: u16,
    /// Length of the AES keys.
    pub key_size: KeySize,
}

impl Default for KeyringOptions {
    fn default() -> Self {
        Self { ratchet_window: 0, ring_size: 256, key_size: KeySize::Aes128 }
    }
}

/// The keys of a room, by owner and index. Share it in an `Arc`; a key may come late, after the
/// frames that need it. Material is wiped when dropped, and never printed.
pub struct Keyring {
    options: KeyringOptions,
    keys: RwLock<Keys>,
    generation: AtomicU64,
}

#[derive(Default)]
struct Keys {
    shared: HashMap<u8, Arc<Key>>,
    own: HashMap<String, HashMap<u8, Arc<Key>>>,
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys = self.keys.read();
        f.debug_struct("Keyring")
            .field("options", &self.options)
            .field("shared", &keys.shared.len())
            .field("participants", &keys.own.len())
            .finish_non_exhaustive()
    }
}

impl Keyring {
    /// An empty ring.
    pub fn new(options: KeyringOptions) -> Self {
        Self { options, keys: RwLock::default(), generation: AtomicU64::new(0) }
    }

    /// Sets the key that all participants share. Derives at once: about 25 ms of CPU for PBKDF2.
    /// Setting what is set already changes nothing and costs nothing.
    pub fn set_shared(&self, index: u8, material: &[u8], kdf: Kdf, salt: &[u8]) {
        if self.exact(None, index).is_some_and(|key| key.is_from(kdf, salt, material)) {
            return;
        }
        let key = Arc::new(Key::new(kdf, self.options.key_size, salt, material));
        self.change(|keys| {
            keys.shared.insert(self.slot(index), key);
        });
    }

    /// Sets the key of one participant; it goes before a shared key of the same index. Derives at
    /// once, as `set_shared`.
    pub fn set(&self, identity: &str, index: u8, material: &[u8], kdf: Kdf, salt: &[u8]) {
        if self.exact(Some(identity), index).is_some_and(|key| key.is_from(kdf, salt, material)) {
            return;
        }
        let key = Arc::new(Key::new(kdf, self.options.key_size, salt, material));
        self.change(|keys| {
            keys.own.entry(identity.to_owned()).or_default().insert(self.slot(index), key);
        });
    }

    /// Forgets a shared key.
    pub fn remove_shared(&self, index: u8) {
        self.change(|keys| {
            keys.shared.remove(&self.slot(index));
        });
    }

    /// Forgets a participant's key.
    pub fn remove(&self, identity: &str, index: u8) {
        self.change(|keys| {
            if let Some(own) = keys.own.get_mut(identity) {
                own.remove(&self.slot(index));
                if own.is_empty() {
                    keys.own.remove(identity);
                }
            }
        });
    }

    /// Forgets all keys of a participant, when it has left for good.
    pub fn remove_participant(&self, identity: &str) {
        self.change(|keys| {
            keys.own.remove(identity);
        });
    }

    /// Grows with every change: a reader that waits for a key looks at this.
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// Whether a frame of this sender that names this index could be opened.
    pub fn has_key(&self, identity: &str, index: u8) -> bool {
        self.find(identity, index).is_some()
    }

    /// The material as set or ratcheted by `ratchet` (LiveKit's `KeyProvider::get_key`); `None` for
    /// the identity asks for the shared key.
    pub fn get_material(&self, identity: Option<&str>, index: u8) -> Option<Zeroizing<Vec<u8>>> {
        Some(self.exact(identity, index)?.current_step()?.material())
    }

    /// One ratchet step on the key (`None`: the shared one), by the application's word; gives the
    /// new material. Costs a derivation.
    pub fn ratchet(&self, identity: Option<&str>, index: u8) -> Option<Zeroizing<Vec<u8>>> {
        let material = self.exact(identity, index)?.ratchet()?;
        self.generation.fetch_add(1, Ordering::AcqRel);
        Some(material)
    }

    /// Derives what the ratchet window may need, so that no track has to while media runs: up to 16
    /// derivations a key (0.4 s of CPU with PBKDF2). Call it on a thread that may block.
    pub fn prepare(&self) {
        let keys: Vec<Arc<Key>> = {
            let keys = self.keys.read();
            keys.shared.values().chain(keys.own.values().flat_map(HashMap::values)).cloned().collect()
        };
        for key in keys {
            key.extend_all(key.current() + self.window());
        }
    }

    /// The key that a sender's frame means: its own, else the shared one.
    pub(crate) fn find(&self, identity: &str, index: u8) -> Option<Arc<Key>> {
        let keys = self.keys.read();
        keys.own.get(identity).and_then(|own| own.get(&index)).or_else(|| keys.shared.get(&index)).cloned()
    }

    pub(crate) fn window(&self) -> usize {
        usize::from(self.options.ratchet_window.min(MAX_RATCHET_WINDOW))
    }

    fn exact(&self, identity: Option<&str>, index: u8) -> Option<Arc<Key>> {
        let (keys, slot) = (self.keys.read(), self.slot(index));
        match identity {
            Some(identity) => keys.own.get(identity)?.get(&slot).cloned(),
            None => keys.shared.get(&slot).cloned(),
        }
    }

    fn change(&self, apply: impl FnOnce(&mut Keys)) {
        let mut keys = self.keys.write();
        apply(&mut keys);
        self.generation.fetch_add(1, Ordering::AcqRel);
    }

    fn slot(&self, index: u8) -> u8 {
        let reduced = u16::from(index) % self.options.ring_size.max(1);
        u8::try_from(reduced).unwrap_or(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SALT: &[u8] = super::super::DEFAULT_SALT;

    fn ring() -> Keyring {
        Keyring::new(KeyringOptions { ring_size: 16, ..KeyringOptions::default() })
    }

    fn material(ring: &Keyring, identity: Option<&str>, index: u8) -> Option<Vec<u8>> {
        ring.get_material(identity, index).map(|m| m.to_vec())
    }

    #[test]
    fn a_participants_own_key_goes_before_the_shared_one() {
        let ring = ring();
        ring.set_shared(0, b"shared", Kdf::Hkdf, SALT);
        ring.set("ann", 0, b"ann's", Kdf::Hkdf, SALT);
        let opens_with =
            |identity| ring.find(identity, 0).unwrap().current_step().unwrap().material().to_vec();
        assert_eq!(opens_with("ann"), b"ann's");
        assert_eq!(opens_with("bob"), b"shared");
        ring.remove("ann", 0);
        assert_eq!(opens_with("ann"), b"shared");
        ring.remove_shared(0);
        assert!(!ring.has_key("ann", 0));
    }

    #[test]
    fn an_index_is_reduced_when_set_and_never_when_read() {
        let ring = ring();
        ring.set_shared(17, b"material", Kdf::Hkdf, SALT);
        assert!(ring.has_key("ann", 1));
        assert!(!ring.has_key("ann", 17));
        assert_eq!(material(&ring, None, 17), Some(b"material".to_vec()));
    }

    #[test]
    fn every_change_can_be_noticed() {
        let ring = ring();
        let mut seen = vec![ring.generation()];
        ring.set_shared(0, b"a", Kdf::Hkdf, SALT);
        seen.push(ring.generation());
        ring.set("ann", 3, b"b", Kdf::Hkdf, SALT);
        seen.push(ring.generation());
        ring.ratchet(None, 0).unwrap();
        seen.push(ring.generation());
        ring.remove_participant("ann");
        seen.push(ring.generation());
        assert!(seen.is_sorted_by(|a, b| a < b), "{seen:?}");
    }

    #[test]
    fn setting_the_same_again_changes_nothing() {
        let ring = ring();
        let set = || ring.set_shared(0, b"material", Kdf::Hkdf, SALT);
        set();
        let before = ring.generation();
        set();
        assert_eq!(ring.generation(), before);
        ring.ratchet(None, 0).unwrap();
        set(); // back to the beginning
        assert_eq!(material(&ring, None, 0), Some(b"material".to_vec()));
        ring.set_shared(0, b"material", Kdf::Hkdf, b"other salt");
        assert_eq!(ring.generation(), before + 3);
    }

    #[test]
    fn a_ratchet_step_moves_the_material_of_one_key_only() {
        let ring = ring();
        ring.set("ann", 0, b"material", Kdf::Hkdf, SALT);
        ring.set("ann", 1, b"material", Kdf::Hkdf, SALT);
        let ratcheted = ring.ratchet(Some("ann"), 0).unwrap();
        assert_eq!(ratcheted.as_slice(), super::super::derive(Kdf::Hkdf, b"material", SALT).as_slice());
        assert_eq!(material(&ring, Some("ann"), 0), Some(ratcheted.to_vec()));
        assert_eq!(material(&ring, Some("ann"), 1), Some(b"material".to_vec()));
        assert!(ring.ratchet(Some("bob"), 0).is_none());
    }

    #[test]
    fn debug_shows_no_secret() {
        let ring = ring();
        ring.set_shared(0, b"hunter2", Kdf::Hkdf, SALT);
        let shown = format!("{ring:?} {:?}", ring.find("ann", 0));
        assert!(!shown.contains("hunter2") && !shown.contains("104, 117"), "{shown}");
    }
}
