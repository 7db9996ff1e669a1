//! A shared key as it was given, before any derivation.

use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// How a frame key is derived from the material. SDKs differ on raw bytes, so it is always explicit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kdf {
    /// PBKDF2-HMAC-SHA256, 100 000 rounds: every SDK, for a passphrase.
    Pbkdf2,
    /// HKDF-SHA256: what the web SDK does with raw bytes.
    Hkdf,
}

/// Key material and its derivation. Never printed; wiped on drop.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
pub struct KeyMaterial {
    /// The bytes, exactly as every participant has them.
    pub bytes: Vec<u8>,
    /// The derivation.
    #[zeroize(skip)]
    pub kdf: Kdf,
}

impl fmt::Debug for KeyMaterial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyMaterial").field("kdf", &self.kdf).finish_non_exhaustive()
    }
}
