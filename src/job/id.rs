//! The id of a job, which is its identity in the room too.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Letters and digits that can't be taken for one another: the alphabet of LiveKit's own ids.
const BASE57: &[u8; 57] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/// Characters after the prefix, as in LiveKit's ids.
const LENGTH: usize = 12;

/// `EG_` and twelve characters of base 57.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EgressId(String);

impl EgressId {
    /// Makes an id of random bytes.
    ///
    /// Bytes from 228 on are skipped, so that every character is equally likely; 32 bytes hold twelve
    /// usable ones except once in 10⁹ draws, when `None` asks for more.
    pub fn from_random(bytes: &[u8]) -> Option<Self> {
        // The largest multiple of 57 that fits a byte.
        const LIMIT: u8 = 228;
        let tail: String = bytes
            .iter()
            .filter(|&&byte| byte < LIMIT)
            .filter_map(|&byte| BASE57.get(usize::from(byte) % BASE57.len()))
            .take(LENGTH)
            .map(|&c| char::from(c))
            .collect();
        (tail.len() == LENGTH).then(|| Self(format!("EG_{tail}")))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EgressId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twelve_characters_after_the_prefix() {
        assert_eq!(EgressId::from_random(&[0; 12]).unwrap().as_str(), "EG_222222222222");
        assert_eq!(EgressId::from_random(&[56; 32]).unwrap().as_str(), "EG_zzzzzzzzzzzz");
        assert_eq!(EgressId::from_random(&[58; 12]).unwrap().as_str(), "EG_333333333333");
    }

    #[test]
    fn bytes_that_would_bias_the_draw_are_skipped() {
        let mut bytes = [255; 24];
        assert_eq!(EgressId::from_random(&bytes), None);
        bytes[12..].fill(0);
        assert_eq!(EgressId::from_random(&bytes).unwrap().as_str(), "EG_222222222222");
    }
}
