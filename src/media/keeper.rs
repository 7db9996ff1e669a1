//! The thread that looks after a running programme: puts tiles in their places, draws labels, replaces
//! broken decoders, and sees to it that a flush ends. None of it happens in a streaming thread.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Instant;

use gstreamer as gst;
use gstreamer::prelude::*;

use super::branch::{Branch, Trunk};
use super::layout::{self, Rect};
use super::paint::{Labels, Painter};
use super::programme::FLUSH;
use super::{Scene, Tile, TileState};
use crate::job::{Encoding, Layout};

/// The branches there are. They belong to their inputs; who looks here must let go soon.
pub(super) type Branches = Arc<Mutex<Vec<Weak<Branch>>>>;

/// What the thread needs.
#[derive(Debug)]
pub(super) struct Keeper {
    pub(super) trunk: Trunk,
    pub(super) encoding: Encoding,
    pub(super) layout: Layout,
    pub(super) videos: Branches,
    pub(super) audios: Branches,
    pub(super) labels: Labels,
    /// Sink pads of the encoders, where a flush that doesn't come by itself is begun.
    pub(super) encoders: [gst::Pad; 2],
}

impl Keeper {
    /// Runs until told to quit.
    pub(super) fn run(self) {
        let mut painter = Painter::new();
        painter.warm_up();
        let mut scene = Scene::default();
        let mut flushed_by: Option<Instant> = None;
        let mut flushed: Option<u64> = None;
        loop {
            if self.trunk.outbox.ended() {
                flushed_by = None;
            }
            let patience = flushed_by.map(|by| by.saturating_duration_since(Instant::now()));
            let wishes = self.trunk.inbox.take(patience);
            if wishes.quit {
                return;
            }
            for bin in &wishes.broken {
                self.replace(bin);
            }
            if let Some(new) = wishes.scene {
                scene = new;
                self.show(&mut painter, &scene);
            } else if wishes.redraw {
                self.show(&mut painter, &scene);
            }
            flushed_by = wishes.flushed_by.or(flushed_by);
            if flushed_by.is_some_and(|by| by <= Instant::now()) {
                // As long as samples come, the flush is only slow.
                let sent = self.trunk.outbox.sent();
                let moves = flushed != Some(sent);
                flushed = Some(sent);
                flushed_by = moves.then(|| Instant::now() + FLUSH);
                if !moves {
                    self.flush();
                }
            }
        }
    }

    fn show(&self, painter: &mut Painter, scene: &Scene) {
        let Encoding { width, height, .. } = self.encoding;
        let rects = layout::place(self.layout, scene.tiles.len(), width, height);
        let branches = living(&self.videos);
        let mut placed = Vec::new();
        let mut tiles = Vec::with_capacity(rects.len());
        for (tile, rect) in scene.tiles.iter().zip(&rects) {
            // The newest branch of a source counts, should two overlap.
            let branch = branches.iter().rev().find(|b| b.source == tile.source);
            let branch = branch.filter(|_| tile.state == TileState::Video);
            if let Some(branch) = branch {
                put(&branch.pad, *rect);
                placed.push(Arc::as_ptr(branch));
            }
            tiles.push((tile, branch.and_then(|b| b.begins()), *rect));
        }
        for branch in branches.iter().filter(|b| !placed.contains(&Arc::as_ptr(b))) {
            branch.pad.set_property("alpha", 0.0_f64);
        }
        // The canvas is behind by the mixers' latency: what was decoded may have its first picture still to come.
        let now = self.labels.position();
        let mut changes: Vec<_> = tiles.iter().filter_map(|(_, begins, _)| *begins).collect();
        changes.retain(|at| *at > now);
        changes.push(now);
        changes.sort_unstable();
        changes.dedup();
        // The last first: the painter keeps what the look that is drawn last needs, and that is today's.
        let looks = changes.into_iter().rev().map(|at| {
            let drawn: Vec<_> =
                tiles.iter().map(|(tile, begins, rect)| (*tile, seen(tile, *begins, at), *rect)).collect();
            (at, painter.paint(&drawn))
        });
        let mut looks: Vec<_> = looks.collect();
        looks.reverse();
        self.labels.set(looks);
    }

    fn replace(&self, bin: &gst::Object) {
        let broken = living(&self.videos).into_iter().chain(living(&self.audios)).find(|b| b.is(bin));
        if let Some(branch) = broken {
            tracing::warn!(source = branch.source.0, "a decoder broke and is replaced");
            branch.rebuild();
        }
    }

    fn flush(&self) {
        if !self.trunk.outbox.ended() {
            for pad in &self.encoders {
                pad.send_event(gst::event::Eos::new());
            }
        }
    }
}

/// What a tile shows at this time: until there is a picture, initials stand for it.
fn seen(tile: &Tile, begins: Option<gst::ClockTime>, at: gst::ClockTime) -> TileState {
    match tile.state {
        TileState::Video if begins.is_none_or(|begins| begins > at) => TileState::Avatar,
        state => state,
    }
}

/// A pad that shows nothing, as each is at first.
pub(super) fn hide(pad: &gst::Pad) {
    pad.set_property("alpha", 0.0_f64);
    pad.set_property_from_str("sizing-policy", "keep-aspect-ratio");
}

/// The branches that are still there.
pub(super) fn living(branches: &Branches) -> Vec<Arc<Branch>> {
    let mut branches = branches.lock().unwrap_or_else(PoisonError::into_inner);
    branches.retain(|b| b.strong_count() > 0);
    branches.iter().filter_map(Weak::upgrade).collect()
}

/// Shows a pad in its tile; the picture keeps its shape inside it.
fn put(pad: &gst::Pad, rect: Rect) {
    // Set only what changes: each is a lock of the compositor.
    for (name, value) in [("xpos", rect.x), ("ypos", rect.y), ("width", rect.width), ("height", rect.height)]
    {
        let value = i32::try_from(value).unwrap_or(i32::MAX);
        if pad.property::<i32>(name) != value {
            pad.set_property(name, value);
        }
    }
    if pad.property::<f64>("alpha") < 1.0 {
        pad.set_property("alpha", 1.0_f64);
    }
}
