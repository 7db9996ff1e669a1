//! Whether the mixers still give something.

use std::sync::atomic::{AtomicU64, Ordering};

/// What came out of the mixers so far: both give something all the time, whoever is there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pulse {
    /// Pictures.
    pub pictures: u64,
    /// Blocks of sound.
    pub sounds: u64,
}

/// Counts it.
#[derive(Debug, Default)]
pub(super) struct PulseMeter {
    pictures: AtomicU64,
    sounds: AtomicU64,
}

impl PulseMeter {
    pub(super) fn picture(&self) {
        self.pictures.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn sound(&self) {
        self.sounds.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn read(&self) -> Pulse {
        Pulse { pictures: self.pictures.load(Ordering::Relaxed), sounds: self.sounds.load(Ordering::Relaxed) }
    }
}
