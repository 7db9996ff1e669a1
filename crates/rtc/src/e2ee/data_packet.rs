//! Data packets (chat, streams, RPC): sealed with the same keys as frames, nothing in clear, the IV
//! beside them.

use aws_lc_rs::rand;

use super::sealed::Sealed;
use super::{Keyring, Refusal};

const TAG_LEN: usize = 16;

/// A sealed data packet: the fields of LiveKit's `EncryptedPacket`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedData {
    /// The IV, random.
    pub iv: [u8; 12],
    /// Index of the key.
    pub key_index: u8,
    /// Ciphertext and tag.
    pub value: Vec<u8>,
}

/// Opens a data packet of this sender. Looks ahead in the ratchet as frames do, within the same
/// bound on derivations.
pub fn open_data(
    keys: &Keyring,
    identity: &str,
    index: u8,
    iv: &[u8],
    value: &[u8],
) -> Result<Vec<u8>, Refusal> {
    let key = keys.find(identity, index).ok_or(Refusal::MissingKey { index })?;
    let iv = <[u8; 12]>::try_from(iv).map_err(|_| Refusal::Malformed)?;
    let len = value.len().checked_sub(TAG_LEN).ok_or(Refusal::Malformed)?;
    let (ciphertext, tag) = value.split_at(len);
    let sealed = Sealed { ciphertext, tag, iv };
    let mut out = vec![0; len];
    let (current, limit) = (key.current(), key.current() + keys.window());
    for number in current..=limit {
        let Some(step) = key.step(number) else { break };
        if step.open(&[], &sealed, &mut out) {
            return Ok(out);
        }
    }
    while let Some((_, step)) = key.extend(limit) {
        if step.open(&[], &sealed, &mut out) {
            return Ok(out);
        }
        if !key.is_cheap() {
            break;
        }
    }
    Err(Refusal::WrongKey { index })
}

/// Seals a data packet of our own, with the key of this identity (or the shared one).
pub fn seal_data(keys: &Keyring, identity: &str, index: u8, plain: &[u8]) -> Result<SealedData, Refusal> {
    let missing = Refusal::MissingKey { index };
    let step = keys.find(identity, index).ok_or(missing)?.current_step().ok_or(missing)?;
    let mut iv = [0; 12];
    rand::fill(&mut iv).map_err(|_| Refusal::Malformed)?;
    let mut value = Vec::with_capacity(plain.len() + TAG_LEN);
    value.extend_from_slice(plain);
    let tag = step.seal(iv, &[], &mut value).ok_or(Refusal::Malformed)?;
    value.extend_from_slice(&tag);
    Ok(SealedData { iv, key_index: index, value })
}

#[cfg(test)]
mod tests {
    use super::super::{DEFAULT_SALT, Kdf, KeyringOptions};
    use super::*;

    fn ring(window: u8) -> Keyring {
        let ring = Keyring::new(KeyringOptions { ratchet_window: window, ..KeyringOptions::default() });
        ring.set_shared(2, b"material", Kdf::Hkdf, DEFAULT_SALT);
        ring
    }

    fn open(ring: &Keyring, data: &SealedData) -> Result<Vec<u8>, Refusal> {
        open_data(ring, "ann", data.key_index, &data.iv, &data.value)
    }

    #[test]
    fn what_one_seals_the_other_opens() {
        let sealed = seal_data(&ring(0), "bob", 2, b"hello").unwrap();
        assert_eq!(open(&ring(0), &sealed), Ok(b"hello".to_vec()));
        let again = seal_data(&ring(0), "bob", 2, b"hello").unwrap();
        assert_ne!(sealed.iv, again.iv);
    }

    #[test]
    fn a_ratcheted_sender_is_followed_within_the_window() {
        let sender = ring(0);
        for _ in 0..3 {
            sender.ratchet(None, 2).unwrap();
        }
        let sealed = seal_data(&sender, "bob", 2, b"hello").unwrap();
        assert_eq!(open(&ring(3), &sealed), Ok(b"hello".to_vec()));
        assert_eq!(open(&ring(2), &sealed), Err(Refusal::WrongKey { index: 2 }));
    }

    #[test]
    fn what_was_tampered_with_stays_shut() {
        let sealed = seal_data(&ring(0), "bob", 2, b"hello").unwrap();
        let mut changed = sealed.clone();
        changed.value[0] ^= 1;
        assert_eq!(open(&ring(0), &changed), Err(Refusal::WrongKey { index: 2 }));
        assert_eq!(open_data(&ring(0), "ann", 2, &sealed.iv[..11], &sealed.value), Err(Refusal::Malformed));
        assert_eq!(open_data(&ring(0), "ann", 2, &sealed.iv, &sealed.value[..15]), Err(Refusal::Malformed));
        assert_eq!(
            open_data(&ring(0), "ann", 3, &sealed.iv, &sealed.value),
            Err(Refusal::MissingKey { index: 3 })
        );
    }
}
