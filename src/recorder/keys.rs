//! The keys of a recording: from the parent's word to the ring that frames are opened with.
//!
//! A key costs 25 ms of CPU to derive, and its ratchet window several times that: never on a thread that media
//! runs on.

use std::sync::{Arc, Mutex, PoisonError};

use livetape_rtc::e2ee::{self, DEFAULT_SALT, Keyring, KeyringOptions};
use tokio::sync::Notify;
use tokio::task::{JoinHandle, spawn_blocking};

use crate::e2ee::{Kdf, RoomKey, renew};

/// How many ratchet steps of a sender are followed that nobody announced: as many as by LiveKit's web SDK.
const RATCHET_WINDOW: u8 = 8;

/// The ring, and the task that fills it; dropping it ends that.
#[derive(Debug)]
pub struct Keys {
    ring: Arc<Keyring>,
    given: Arc<Given>,
    deriving: JoinHandle<()>,
}

/// What was given and isn't derived yet. Newer keys take the place of older ones, so it needs no queue.
#[derive(Debug, Default)]
struct Given {
    keys: Mutex<Vec<RoomKey>>,
    bell: Notify,
}

impl Keys {
    /// A ring with these keys in a moment; frames wait for them as for any other.
    pub fn start(first: Vec<RoomKey>) -> Self {
        let options = KeyringOptions { ratchet_window: RATCHET_WINDOW, ..KeyringOptions::default() };
        let (ring, given) = (Arc::new(Keyring::new(options)), Arc::new(Given::default()));
        let deriving = tokio::spawn(derive(Arc::clone(&ring), Arc::clone(&given)));
        let keys = Self { ring, given, deriving };
        keys.take(first);
        keys
    }

    /// The ring.
    pub fn ring(&self) -> Arc<Keyring> {
        Arc::clone(&self.ring)
    }

    /// Keys that are new, or have changed.
    pub fn take(&self, newer: Vec<RoomKey>) {
        renew(&mut self.given.lock(), newer);
        self.given.bell.notify_one();
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        self.deriving.abort();
    }
}

impl Given {
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<RoomKey>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn derive(ring: Arc<Keyring>, given: Arc<Given>) {
    loop {
        given.bell.notified().await;
        let keys = std::mem::take(&mut *given.lock());
        let to = Arc::clone(&ring);
        // One batch after the other: an older key must not come after a newer one.
        if spawn_blocking(move || keys.iter().for_each(|key| set(&to, key))).await.is_err() {
            tracing::error!("keys can't be derived");
        }
        let of = Arc::clone(&ring);
        // Not waited for: frames open with the keys that there are.
        drop(spawn_blocking(move || of.prepare()));
    }
}

fn set(ring: &Keyring, key: &RoomKey) {
    let RoomKey { identity, index, material } = key;
    let kdf = match material.kdf {
        Kdf::Pbkdf2 => e2ee::Kdf::Pbkdf2,
        Kdf::Hkdf => e2ee::Kdf::Hkdf,
    };
    match identity {
        Some(identity) => ring.set(identity, *index, &material.bytes, kdf, DEFAULT_SALT),
        None => ring.set_shared(*index, &material.bytes, kdf, DEFAULT_SALT),
    }
}
