//! One key of the ring with the ratchet steps that were derived from it so far.
//!
//! Steps are derived once and shared by all tracks; the work that a flood of forged frames can
//! cause is bounded by the look-ahead window.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use aws_lc_rs::aead::{Aad, LessSafeKey, Nonce};
use parking_lot::{Mutex, RwLock};
use zeroize::Zeroizing;

use super::kdf::{Kdf, KeySize, aead_key, derive};
use super::sealed::Sealed;

/// How many steps behind the newest one are kept for tracks whose sender lags.
const STEPS_KEPT: usize = 17;

/// A ratchet step: its material, the material after it, and the AES key made ready.
pub(crate) struct Step {
    material: Zeroizing<Vec<u8>>,
    next: Zeroizing<[u8; 32]>,
    aead: LessSafeKey,
}

impl Step {
    fn new(kdf: Kdf, size: KeySize, salt: &[u8], material: Zeroizing<Vec<u8>>) -> Self {
        let next = derive(kdf, &material, salt);
        let aead = aead_key(&next, size);
        Self { material, next, aead }
    }

    /// Opens into `out`, which must have the plaintext's length. `false`: it doesn't authenticate,
    /// and `out` holds nothing of use.
    pub(crate) fn open(&self, aad: &[u8], sealed: &Sealed<'_>, out: &mut [u8]) -> bool {
        let nonce = Nonce::assume_unique_for_key(sealed.iv);
        self.aead.open_separate_gather(nonce, Aad::from(aad), sealed.ciphertext, sealed.tag, out).is_ok()
    }

    /// Opens ciphertext and tag in place; gives the plaintext's length. `None`: it doesn't
    /// authenticate, and the buffer holds nothing of use any more.
    pub(crate) fn open_in_place(&self, iv: [u8; 12], aad: &[u8], body: &mut [u8]) -> Option<usize> {
        let nonce = Nonce::assume_unique_for_key(iv);
        Some(self.aead.open_in_place(nonce, Aad::from(aad), body).ok()?.len())
    }

    /// Seals in place; gives the tag. `iv` must never repeat for this key.
    pub(crate) fn seal(&self, iv: [u8; 12], aad: &[u8], data: &mut [u8]) -> Option<[u8; 16]> {
        let nonce = Nonce::assume_unique_for_key(iv);
        let tag = self.aead.seal_in_place_separate_tag(nonce, Aad::from(aad), data).ok()?;
        tag.as_ref().try_into().ok()
    }

    pub(crate) fn material(&self) -> Zeroizing<Vec<u8>> {
        self.material.clone()
    }
}

/// Steps `first..first + steps.len()`; never empty.
struct Chain {
    first: usize,
    steps: VecDeque<Arc<Step>>,
    /// The step that the application says is in use.
    current: usize,
}

/// One key as it was set, and its ratchet chain. Debug shows no secret.
pub(crate) struct Key {
    kdf: Kdf,
    size: KeySize,
    salt: Vec<u8>,
    chain: RwLock<Chain>,
    /// Held while a step is derived, so that two tracks never derive the same one.
    deriving: Mutex<()>,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("kdf", &self.kdf).finish_non_exhaustive()
    }
}

impl Key {
    /// Derives the first step at once.
    pub(crate) fn new(kdf: Kdf, size: KeySize, salt: &[u8], material: &[u8]) -> Self {
        let first = Step::new(kdf, size, salt, Zeroizing::new(material.to_vec()));
        let chain = Chain { first: 0, steps: VecDeque::from([Arc::new(first)]), current: 0 };
        Self { kdf, size, salt: salt.to_vec(), chain: RwLock::new(chain), deriving: Mutex::new(()) }
    }

    /// Whether this is what `new` would make of the same.
    pub(crate) fn is_from(&self, kdf: Kdf, salt: &[u8], material: &[u8]) -> bool {
        let fresh = self.step(0).filter(|_| self.current() == 0);
        self.kdf == kdf && self.salt == salt && fresh.is_some_and(|step| **step.material == *material)
    }

    /// Number of the step that the application says is in use; 0 until it ratchets.
    pub(crate) fn current(&self) -> usize {
        self.chain.read().current
    }

    /// A step that is derived already.
    pub(crate) fn step(&self, number: usize) -> Option<Arc<Step>> {
        let chain = self.chain.read();
        chain.steps.get(number.checked_sub(chain.first)?).cloned()
    }

    /// The step in use.
    pub(crate) fn current_step(&self) -> Option<Arc<Step>> {
        self.step(self.current())
    }

    /// Whether a derivation is too cheap to be worth avoiding.
    pub(crate) fn is_cheap(&self) -> bool {
        self.kdf == Kdf::Hkdf
    }

    /// The step after the last one derived, if that is at most `limit`. `None` too while another
    /// thread derives.
    pub(crate) fn extend(&self, limit: usize) -> Option<(usize, Arc<Step>)> {
        let guard = self.deriving.try_lock()?;
        let step = self.extend_locked(limit);
        drop(guard);
        step
    }

    /// Derives all steps up to `limit`; waits for another thread that derives.
    pub(crate) fn extend_all(&self, limit: usize) {
        let _guard = self.deriving.lock();
        while self.extend_locked(limit).is_some() {}
    }

    /// One ratchet step by the application's word. Gives the new material.
    pub(crate) fn ratchet(&self) -> Option<Zeroizing<Vec<u8>>> {
        let _guard = self.deriving.lock();
        let target = self.chain.read().current + 1;
        while self.extend_locked(target).is_some() {}
        let mut chain = self.chain.write();
        chain.current = target;
        while target - chain.first >= STEPS_KEPT {
            chain.steps.pop_front();
            chain.first += 1;
        }
        drop(chain);
        Some(self.step(target)?.material())
    }

    fn extend_locked(&self, limit: usize) -> Option<(usize, Arc<Step>)> {
        let (number, last) = {
            let chain = self.chain.read();
            (chain.first + chain.steps.len(), chain.steps.back()?.clone())
        };
        if number > limit {
            return None;
        }
        // The slow part runs without the chain's lock: readers go on.
        let material = Zeroizing::new(last.next.to_vec());
        let step = Arc::new(Step::new(self.kdf, self.size, &self.salt, material));
        self.chain.write().steps.push_back(step.clone());
        Some((number, step))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_ratcheted_key_keeps_a_bounded_chain() {
        let key = Key::new(Kdf::Hkdf, KeySize::Aes128, b"salt", b"material");
        for _ in 0..40 {
            assert!(key.ratchet().is_some());
        }
        assert_eq!(key.current(), 40);
        assert!(key.current_step().is_some());
        assert!(key.step(40 - 16).is_some());
        assert!(key.step(40 - 17).is_none());
    }

    #[test]
    fn look_ahead_stops_at_its_limit() {
        let key = Key::new(Kdf::Hkdf, KeySize::Aes128, b"salt", b"material");
        assert_eq!(key.extend(2).map(|(n, _)| n), Some(1));
        key.extend_all(3);
        assert!(key.extend(3).is_none());
        assert_eq!(key.current(), 0);
    }

    #[test]
    fn debug_shows_no_secret() {
        let key = Key::new(Kdf::Hkdf, KeySize::Aes128, b"salt", b"hunter2");
        assert_eq!(format!("{key:?}"), "Key { kdf: Hkdf, .. }");
    }
}
