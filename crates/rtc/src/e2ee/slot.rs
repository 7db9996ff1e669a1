//! Which key and ratchet step a track's sender uses, per key index: found once, kept until the
//! keyring changes.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::key::{Key, Step};
use super::{Keyring, Refusal};

/// How long frames sealed with a replaced key are still opened: the application gives the new key
/// to all participants, but not at one instant.
const PREVIOUS_KEY_LIFE: Duration = Duration::from_secs(10);

/// A key and one of its ratchet steps, ready to be tried.
#[derive(Clone)]
pub(crate) struct Candidate {
    key: Arc<Key>,
    number: usize,
    pub(crate) step: Arc<Step>,
}

impl fmt::Debug for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Candidate").field("key", &self.key).field("step", &self.number).finish()
    }
}

impl Candidate {
    fn of(key: &Arc<Key>, number: usize) -> Option<Self> {
        Some(Self { step: key.step(number)?, key: key.clone(), number })
    }

    fn current(key: &Arc<Key>) -> Option<Self> {
        Self::of(key, key.current())
    }

    /// Whether the step after this one costs little to derive.
    pub(crate) fn is_cheap(&self) -> bool {
        self.key.is_cheap()
    }

    fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.key, &other.key) && self.number == other.number
    }
}

#[derive(Debug)]
struct Slot {
    index: u8,
    own: Candidate,
    previous: Option<(Candidate, Instant)>,
}

impl Slot {
    fn replace(&mut self, new: Candidate, now: Instant) {
        let old = std::mem::replace(&mut self.own, new);
        self.previous = Some((old, now + PREVIOUS_KEY_LIFE));
    }
}

/// The key that a sender used last.
pub(crate) struct Own<'a> {
    pub(crate) key: &'a Candidate,
    /// No other can be meant: no ratchet is followed, and no key was replaced lately.
    pub(crate) alone: bool,
}

/// The slots of one track.
#[derive(Debug)]
pub(crate) struct Slots {
    keys: Arc<Keyring>,
    identity: String,
    /// One for each index met that there is a key for; rarely more than two.
    slots: Vec<Slot>,
    generation: u64,
}

impl Slots {
    pub(crate) fn new(keys: Arc<Keyring>, identity: String) -> Self {
        let generation = keys.generation();
        Self { keys, identity, slots: Vec::new(), generation }
    }

    pub(crate) fn keys(&self) -> &Arc<Keyring> {
        &self.keys
    }

    /// Takes over changes of the keyring, if there were any, and drops keys that had their time.
    #[inline]
    pub(crate) fn follow_keyring(&mut self, now: Instant) {
        for slot in &mut self.slots {
            slot.previous.take_if(|(_, until)| *until < now);
        }
        let generation = self.keys.generation();
        if generation != self.generation {
            self.take_over(generation, now);
        }
    }

    #[cold]
    fn take_over(&mut self, generation: u64, now: Instant) {
        self.generation = generation;
        let (keys, identity) = (&self.keys, &self.identity);
        self.slots.retain_mut(|slot| {
            let found = keys.find(identity, slot.index);
            let Some(current) = found.as_ref().and_then(Candidate::current) else {
                return false; // taken away: not to be used any more
            };
            let same_key = Arc::ptr_eq(&current.key, &slot.own.key);
            if !same_key || current.number > slot.own.number {
                slot.replace(current, now);
            }
            true
        });
    }

    /// The key that the sender used last with this index.
    #[inline]
    pub(crate) fn own(&mut self, index: u8) -> Result<Own<'_>, Refusal> {
        let at = match self.slots.iter().position(|slot| slot.index == index) {
            Some(at) => at,
            None => self.meet(index)?,
        };
        let Slot { own, previous, .. } = self.slots.get(at).ok_or(Refusal::MissingKey { index })?;
        Ok(Own { key: own, alone: previous.is_none() && self.keys.window() == 0 })
    }

    /// The sender names this index for the first time.
    #[cold]
    fn meet(&mut self, index: u8) -> Result<usize, Refusal> {
        let key = self.keys.find(&self.identity, index);
        let own = key.as_ref().and_then(Candidate::current).ok_or(Refusal::MissingKey { index })?;
        self.slots.push(Slot { index, own, previous: None });
        Ok(self.slots.len() - 1)
    }

    /// All keys that may be meant and are at hand: the sender's own first, then the ratchet steps
    /// ahead, then the key before.
    pub(crate) fn candidates(&self, index: u8) -> Vec<Candidate> {
        let Some(Slot { own, previous, .. }) = self.slot(index) else { return Vec::new() };
        let ahead = own.number + 1..=own.number + self.keys.window();
        std::iter::once(own.clone())
            .chain(ahead.map_while(|number| Candidate::of(&own.key, number)))
            .chain(previous.as_ref().map(|(key, _)| key.clone()))
            .collect()
    }

    /// Derives one more ratchet step, if the window has room. Costs a derivation.
    pub(crate) fn look_further(&self, index: u8) -> Option<Candidate> {
        let own = &self.slot(index)?.own;
        let (number, step) = own.key.extend(own.number + self.keys.window())?;
        Some(Candidate { key: own.key.clone(), number, step })
    }

    /// The sender turned out to use this key.
    pub(crate) fn adopt(&mut self, index: u8, key: &Candidate, now: Instant) {
        let Some(slot) = self.slots.iter_mut().find(|slot| slot.index == index) else { return };
        let is_previous = slot.previous.as_ref().is_some_and(|(previous, _)| previous.is(key));
        if !is_previous && !slot.own.is(key) {
            slot.replace(key.clone(), now);
        }
    }

    fn slot(&self, index: u8) -> Option<&Slot> {
        self.slots.iter().find(|slot| slot.index == index)
    }
}
