//! Key derivation: from what the participants know (a passphrase, raw bytes) to AES keys.
//!
//! ```text
//! key[n]        = KDF(material[n], salt, 16 bytes)
//! material[n+1] = KDF(material[n], salt, 32 bytes)      one ratchet step
//! ```
//! The shorter output is a prefix of the longer one, so one derivation gives both.

use std::num::NonZeroU32;

use aws_lc_rs::{aead, hkdf, pbkdf2};
use zeroize::Zeroizing;

/// The salt that every LiveKit SDK uses unless told otherwise.
pub const DEFAULT_SALT: &[u8] = b"LKFrameEncryptionKey";

const PBKDF2_ROUNDS: NonZeroU32 = NonZeroU32::new(100_000).expect("a positive constant");
const HKDF_INFO: [u8; 128] = [0; 128];

/// How a key is derived from its material. SDKs differ on raw bytes, so it is always explicit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kdf {
    /// PBKDF2-HMAC-SHA256 (RFC 8018) with 100 000 rounds: every SDK, for a passphrase.
    Pbkdf2,
    /// HKDF-SHA256 (RFC 5869), info of 128 zero bytes: what the web SDK does with raw bytes.
    Hkdf,
}

/// Length of the AES keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum KeySize {
    /// AES-128, what every SDK does.
    #[default]
    Aes128,
    /// AES-256, an option of the web SDK.
    Aes256,
}

/// Derives 32 bytes: the AES key is their beginning, all of them are the next ratchet step's
/// material. PBKDF2 costs about 25 ms of CPU: never call it per frame.
pub fn derive(kdf: Kdf, material: &[u8], salt: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut out = Zeroizing::new([0; 32]);
    match kdf {
        Kdf::Pbkdf2 => {
            pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, PBKDF2_ROUNDS, salt, material, out.as_mut_slice());
        }
        Kdf::Hkdf => {
            let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(material);
            #[expect(clippy::expect_used, reason = "32 bytes are one block: RFC 5869 allows 255")]
            prk.expand(&[HKDF_INFO.as_slice()], hkdf::HKDF_SHA256)
                .and_then(|okm| okm.fill(out.as_mut_slice()))
                .expect("one block of output");
        }
    }
    out
}

/// The AES-GCM key at the beginning of derived bytes.
pub(crate) fn aead_key(derived: &[u8; 32], size: KeySize) -> aead::LessSafeKey {
    let (algorithm, len) = match size {
        KeySize::Aes128 => (&aead::AES_128_GCM, 16),
        KeySize::Aes256 => (&aead::AES_256_GCM, 32),
    };
    #[expect(clippy::expect_used, reason = "the slice has exactly the algorithm's key length")]
    let key = aead::UnboundKey::new(algorithm, &derived[..len]).expect("right key length");
    aead::LessSafeKey::new(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_material_and_salt_are_legal() {
        for kdf in [Kdf::Pbkdf2, Kdf::Hkdf] {
            assert_ne!(*derive(kdf, b"", b""), [0; 32]);
            assert_ne!(*derive(kdf, b"", b"salt"), *derive(kdf, b"", b""));
        }
    }
}
