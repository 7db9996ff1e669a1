//! The way out of the streaming threads: bounded, never waiting, with one last word.
//!
//! It holds thirty seconds of samples. When nobody has taken them by then, the programme fails and
//! says so: an encoder that waits for a disk would stall the whole room, and dropping would be a lie.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc;

use super::ProgrammeEvent;

/// Seconds of samples that may wait.
const WAITING_SECONDS: u32 = 30;
/// AAC frames of 1024 samples at 48 kHz, and some requests for keyframes, per second.
const SOUND_EVENTS_PER_SECOND: u32 = 50;

/// The receiving end of a programme.
#[derive(Debug)]
pub struct ProgrammeEvents {
    events: mpsc::Receiver<ProgrammeEvent>,
    outbox: Arc<Outbox>,
}

impl ProgrammeEvents {
    /// The next event; [`ProgrammeEvent::Finished`] or [`ProgrammeEvent::Failed`] is the last, then `None`
    /// for ever. Cancel safe.
    pub async fn recv(&mut self) -> Option<ProgrammeEvent> {
        match self.events.recv().await {
            Some(event) => Some(event),
            None => self.outbox.lock().last_word.take(),
        }
    }

    /// The same for a thread without a runtime.
    pub fn blocking_recv(&mut self) -> Option<ProgrammeEvent> {
        match self.events.blocking_recv() {
            Some(event) => Some(event),
            None => self.outbox.lock().last_word.take(),
        }
    }
}

/// The sending end, shared by all streaming threads.
#[derive(Debug)]
pub(super) struct Outbox {
    state: Mutex<State>,
    sent: AtomicU64,
}

#[derive(Debug)]
struct State {
    /// Gone once the last word is spoken.
    events: Option<mpsc::Sender<ProgrammeEvent>>,
    last_word: Option<ProgrammeEvent>,
}

impl Outbox {
    /// Both ends, for a programme of this cadence.
    pub(super) fn new(fps: u32) -> (Arc<Self>, ProgrammeEvents) {
        let capacity = fps.saturating_add(SOUND_EVENTS_PER_SECOND).saturating_mul(WAITING_SECONDS);
        let (sender, events) = mpsc::channel(usize::try_from(capacity).unwrap_or(4096));
        let state = Mutex::new(State { events: Some(sender), last_word: None });
        let outbox = Arc::new(Self { state, sent: AtomicU64::new(0) });
        (outbox.clone(), ProgrammeEvents { events, outbox })
    }

    /// Hands out what must not be lost. Where it doesn't fit, the programme fails.
    pub(super) fn send(&self, event: ProgrammeEvent) {
        let full = {
            let state = self.lock();
            let Some(sender) = &state.events else { return };
            matches!(sender.try_send(event), Err(mpsc::error::TrySendError::Full(_)))
        };
        self.sent.fetch_add(1, Ordering::Relaxed);
        if full {
            self.fail(format!("nobody took the programme's samples for {WAITING_SECONDS} s"));
        }
    }

    /// Hands out what will be said again: dropped where it doesn't fit.
    pub(super) fn hint(&self, event: ProgrammeEvent) {
        if let Some(sender) = &self.lock().events {
            // A full box has bigger troubles, and the hint is repeated.
            let _ = sender.try_send(event);
        }
    }

    /// Speaks the last word: all went well.
    pub(super) fn finish(&self) {
        self.end(ProgrammeEvent::Finished);
    }

    /// Speaks the last word: it broke.
    pub(super) fn fail(&self, reason: String) {
        self.end(ProgrammeEvent::Failed(reason));
    }

    /// How many samples have gone out: whether there is progress.
    pub(super) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Whether the last word is spoken.
    pub(super) fn ended(&self) -> bool {
        self.lock().events.is_none()
    }

    fn end(&self, word: ProgrammeEvent) {
        let mut state = self.lock();
        if state.events.take().is_some() {
            state.last_word = Some(word);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::SourceId;

    #[test]
    fn the_last_word_comes_last_and_once() {
        let (outbox, mut events) = Outbox::new(30);
        outbox.hint(ProgrammeEvent::NeedKeyframe(SourceId(1)));
        outbox.finish();
        outbox.fail("too late to complain".into());
        outbox.hint(ProgrammeEvent::NeedKeyframe(SourceId(2)));
        assert!(matches!(events.blocking_recv(), Some(ProgrammeEvent::NeedKeyframe(SourceId(1)))));
        assert!(matches!(events.blocking_recv(), Some(ProgrammeEvent::Finished)));
        assert!(events.blocking_recv().is_none());
    }

    #[test]
    fn what_nobody_takes_ends_in_a_failure_that_follows_what_fitted() {
        let (outbox, mut events) = Outbox::new(30);
        let sent = 30 * (30 + 50) + 1;
        for n in 0..sent {
            outbox.send(ProgrammeEvent::NeedKeyframe(SourceId(n)));
        }
        assert!(outbox.ended());
        for n in 0..sent - 1 {
            assert!(matches!(events.blocking_recv(), Some(ProgrammeEvent::NeedKeyframe(id)) if id.0 == n));
        }
        assert!(matches!(events.blocking_recv(), Some(ProgrammeEvent::Failed(why)) if why.contains("30 s")));
    }
}
