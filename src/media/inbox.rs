//! What the programme's keeper is asked to do. Wishes replace each other, so it needs no queue.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use gstreamer as gst;

use super::Scene;

/// Errors of more bins than this at once are not remembered one by one; each comes again.
const BROKEN_LIMIT: usize = 64;

/// Everything asked for since the keeper last looked.
#[derive(Debug, Default)]
pub(super) struct Wishes {
    /// The newest scene.
    pub(super) scene: Option<Scene>,
    /// Draw again: a source came, went, or showed its first picture.
    pub(super) redraw: bool,
    /// Bins with an element that posted an error.
    pub(super) broken: Vec<gst::Object>,
    /// A flush began; look after it from then on.
    pub(super) flushed_by: Option<Instant>,
    /// Go home.
    pub(super) quit: bool,
}

impl Wishes {
    fn any(&self) -> bool {
        self.scene.is_some()
            || self.redraw
            || !self.broken.is_empty()
            || self.flushed_by.is_some()
            || self.quit
    }
}

/// Wishes, and a bell.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    wishes: Mutex<Wishes>,
    bell: Condvar,
}

impl Inbox {
    /// Show this.
    pub(super) fn scene(&self, scene: Scene) {
        self.ask(|wishes| wishes.scene = Some(scene));
    }

    /// Draw again.
    pub(super) fn redraw(&self) {
        self.ask(|wishes| wishes.redraw = true);
    }

    /// This bin broke.
    pub(super) fn broken(&self, bin: gst::Object) {
        self.ask(|wishes| {
            if wishes.broken.len() < BROKEN_LIMIT && !wishes.broken.contains(&bin) {
                wishes.broken.push(bin);
            }
        });
    }

    /// See to it that the flush ends: look whether it moves from then on.
    pub(super) fn flushed_by(&self, time: Instant) {
        self.ask(|wishes| wishes.flushed_by = Some(time));
    }

    /// Go home.
    pub(super) fn quit(&self) {
        self.ask(|wishes| wishes.quit = true);
    }

    /// Waits for wishes and takes them; none where `patience` ends first.
    pub(super) fn take(&self, patience: Option<Duration>) -> Wishes {
        let wishes = self.lock();
        let mut wishes = match patience {
            None => self.bell.wait_while(wishes, |w| !w.any()).unwrap_or_else(PoisonError::into_inner),
            Some(patience) => {
                self.bell
                    .wait_timeout_while(wishes, patience, |w| !w.any())
                    .unwrap_or_else(PoisonError::into_inner)
                    .0
            }
        };
        std::mem::take(&mut wishes)
    }

    fn ask(&self, wish: impl FnOnce(&mut Wishes)) {
        wish(&mut self.lock());
        self.bell.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, Wishes> {
        self.wishes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
