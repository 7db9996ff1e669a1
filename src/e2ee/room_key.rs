//! A key and whose frames it opens.

use serde::{Deserialize, Serialize};

use super::KeyMaterial;

/// One key of a room. `Debug` shows nothing of it; its material is wiped on drop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoomKey {
    /// Whose frames it opens; `None`: everyone's, but for those with a key of their own.
    pub identity: Option<String>,
    /// The index that frames name it by.
    pub index: u8,
    /// The key.
    pub material: KeyMaterial,
}

impl RoomKey {
    /// Whether the other key takes this one's place.
    pub fn is_followed_by(&self, other: &Self) -> bool {
        self.index == other.index && self.identity == other.identity
    }
}

/// Puts newer keys into the places of older ones.
pub fn renew(keys: &mut Vec<RoomKey>, newer: Vec<RoomKey>) {
    for key in newer {
        match keys.iter_mut().find(|old| old.is_followed_by(&key)) {
            Some(old) => *old = key,
            None => keys.push(key),
        }
    }
}

/// Where a recording's keys come from anew while it runs.
pub trait KeySource: Send {
    /// Looks whether there are keys that weren't there the last time, and gives those. May block.
    fn look(&mut self) -> Vec<RoomKey>;
}

#[cfg(test)]
mod tests {
    use super::super::Kdf;
    use super::*;

    #[test]
    fn a_newer_key_takes_the_place_of_its_kind_only() {
        let key = |identity: Option<&str>, index, byte| RoomKey {
            identity: identity.map(str::to_owned),
            index,
            material: KeyMaterial { bytes: vec![byte], kdf: Kdf::Hkdf },
        };
        let mut keys = vec![key(None, 0, 1), key(None, 1, 2), key(Some("ann"), 0, 3)];
        renew(&mut keys, vec![key(None, 1, 4), key(Some("ann"), 1, 5)]);
        assert_eq!(keys, [key(None, 0, 1), key(None, 1, 4), key(Some("ann"), 0, 3), key(Some("ann"), 1, 5)]);
    }
}
