//! One source's way into a mixer: a decode bin and the mixer's pad. The pad outlives the bin: where the
//! decoder breaks, the bin is replaced and the last picture stays where it is.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app::AppSrc;

use super::bin::BinText;
use super::inbox::Inbox;
use super::intake::{Intake, Offer};
use super::outbox::Outbox;
use super::{MediaError, ProgrammeEvent, Pushed, SourceId, size};

/// What every branch of a programme hangs on.
#[derive(Debug, Clone)]
pub(super) struct Trunk {
    pub(super) pipeline: gst::Pipeline,
    pub(super) inbox: Arc<Inbox>,
    pub(super) outbox: Arc<Outbox>,
}

/// A source's decode bin and its pad at the mixer.
#[derive(Debug)]
pub(super) struct Branch {
    pub(super) source: SourceId,
    text: &'static BinText,
    trunk: Trunk,
    mixer: gst::Element,
    /// The mixer's request pad.
    pub(super) pad: gst::Pad,
    /// Time of the first picture that was decoded.
    begins: Arc<OnceLock<gst::ClockTime>>,
    feed: Mutex<Feed>,
}

#[derive(Debug)]
struct Feed {
    intake: Intake,
    /// Gone when it broke and could not be built again.
    decoder: Option<Decoder>,
}

#[derive(Debug)]
struct Decoder {
    bin: gst::Bin,
    src: AppSrc,
}

impl Branch {
    /// Asks the mixer for a pad and hangs a decoder on it; `prepare` sets the pad up before anything flows.
    pub(super) fn new(
        source: SourceId,
        text: &'static BinText,
        trunk: &Trunk,
        mixer: &gst::Element,
        prepare: impl FnOnce(&gst::Pad),
    ) -> Result<Arc<Self>, MediaError> {
        let pad = mixer.request_pad_simple("sink_%u").ok_or_else(|| text.error("the mixer gives no pad"))?;
        prepare(&pad);
        let branch = Arc::new(Self {
            source,
            text,
            trunk: trunk.clone(),
            mixer: mixer.clone(),
            pad,
            begins: Arc::default(),
            feed: Mutex::new(Feed { intake: Intake::new(), decoder: None }),
        });
        // On an error the branch goes, and its pad with it.
        let decoder = branch.decoder()?;
        branch.feed().decoder = Some(decoder);
        Ok(branch)
    }

    /// From which picture of the canvas on it shows something; `None` as long as nothing was decoded.
    pub(super) fn begins(&self) -> Option<gst::ClockTime> {
        self.begins.get().copied()
    }

    /// Gives a frame to the decoder, if that is of use. Never waits for it.
    pub(super) fn push(&self, pts: Duration, keyframe: bool, data: Bytes) -> Pushed {
        if data.is_empty() {
            return Pushed::Dropped;
        }
        let mut feed = self.feed();
        let Feed { intake, decoder: Some(decoder) } = &mut *feed else { return Pushed::Dropped };
        match intake.offer(pts, keyframe, decoder.src.property::<u64>("current-level-buffers")) {
            Offer::Take => {}
            Offer::Drop => return Pushed::Dropped,
            Offer::DropAndAsk => {
                self.trunk.outbox.hint(ProgrammeEvent::NeedKeyframe(self.source));
                return Pushed::Dropped;
            }
        }
        let mut buffer = gst::Buffer::from_slice(data);
        if let Some(buffer) = buffer.get_mut() {
            buffer.set_pts(clock_time(pts));
            if !keyframe {
                buffer.set_flags(gst::BufferFlags::DELTA_UNIT);
            }
        }
        match decoder.src.push_buffer(buffer) {
            Ok(_) => Pushed::Accepted,
            // It is being replaced; the keyframe it then wants is asked for by the replacement.
            Err(_) => Pushed::Dropped,
        }
    }

    /// Says that nothing will come for this time, in order with the frames: the decoder may conceal it.
    pub(super) fn gap(&self, at: Duration, length: Duration) {
        if let Some(decoder) = &self.feed().decoder {
            decoder
                .src
                .send_event(gst::event::Gap::builder(clock_time(at)).duration(clock_time(length)).build());
        }
    }

    /// Nothing more until a keyframe that is of use: the last one was not.
    pub(super) fn refuse(&self) -> Pushed {
        self.feed().intake.reset();
        Pushed::Dropped
    }

    /// Replaces the decoder after an error. The mixer keeps showing what it has.
    pub(super) fn rebuild(&self) {
        let old = self.feed().decoder.take();
        if let Some(old) = old {
            self.discard(&old);
        }
        match self.decoder() {
            Ok(decoder) => {
                let mut feed = self.feed();
                feed.intake.reset();
                feed.decoder = Some(decoder);
            }
            Err(error) => tracing::error!(source = self.source.0, %error, "a decoder can't be built again"),
        }
        self.trunk.outbox.hint(ProgrammeEvent::NeedKeyframe(self.source));
    }

    /// Whether `object` is this branch's decode bin.
    pub(super) fn is(&self, object: &gst::Object) -> bool {
        self.feed().decoder.as_ref().is_some_and(|d| d.bin.upcast_ref::<gst::Object>() == object)
    }

    /// An element of the decode bin, for a test to break it.
    #[cfg(test)]
    pub(super) fn element(&self, name: &str) -> Option<gst::Element> {
        self.feed().decoder.as_ref().and_then(|d| d.bin.by_name(name))
    }

    fn decoder(&self) -> Result<Decoder, MediaError> {
        let bin = self.text.bin()?;
        let src: AppSrc = self.text.element(&bin, "feed")?;
        let out = self.text.pad(&bin, "src")?;
        self.watch_requests(&self.text.pad(&src, "src")?);
        self.watch_output(&out);
        guard_size(&self.text.pad(&self.text.element::<gst::Element>(&bin, "decoder")?, "sink")?);
        guard_size(&out);
        guard_time(&out);

        self.trunk.pipeline.add(&bin).map_err(|e| self.text.error(e))?;
        let started = match out.link(&self.pad) {
            Ok(_) => bin.sync_state_with_parent().map_err(|e| self.text.error(e)),
            Err(e) => Err(self.text.error(e)),
        };
        let decoder = Decoder { bin, src };
        match started {
            Ok(()) => Ok(decoder),
            Err(e) => {
                self.discard(&decoder);
                Err(e)
            }
        }
    }

    /// Decoders that lost their reference say so upstream.
    fn watch_requests(&self, pad: &gst::Pad) {
        let (outbox, source) = (self.trunk.outbox.clone(), self.source);
        pad.add_probe(gst::PadProbeType::EVENT_UPSTREAM, move |_, info| {
            if info.event().is_some_and(|e| gstreamer_video::ForceKeyUnitEvent::is(e)) {
                outbox.hint(ProgrammeEvent::NeedKeyframe(source));
            }
            gst::PadProbeReturn::Ok
        });
    }

    /// Notes the first output, and keeps an end of one source from becoming the end of all.
    fn watch_output(&self, pad: &gst::Pad) {
        // The branch itself must not be held here: dropping it joins this very thread.
        let (begins, inbox) = (self.begins.clone(), self.trunk.inbox.clone());
        pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
            let Some(at) = info.buffer().and_then(|buffer| buffer.pts()) else {
                return gst::PadProbeReturn::Ok;
            };
            if begins.set(at).is_ok() {
                inbox.redraw();
            }
            gst::PadProbeReturn::Remove
        });
        pad.add_probe(gst::PadProbeType::EVENT_DOWNSTREAM, |_, info| match info.event().map(|e| e.type_()) {
            Some(gst::EventType::Eos) => gst::PadProbeReturn::Handled,
            _ => gst::PadProbeReturn::Ok,
        });
    }

    fn discard(&self, decoder: &Decoder) {
        if let Some(out) = decoder.bin.static_pad("src") {
            // A failure means that they were not linked.
            let _ = out.unlink(&self.pad);
        }
        // A pipeline that goes down at the same time must not take it up again. Both fail only for elements that
        // are gone already.
        decoder.bin.set_locked_state(true);
        let _ = decoder.bin.set_state(gst::State::Null);
        let _ = self.trunk.pipeline.remove(&decoder.bin);
    }

    fn feed(&self) -> std::sync::MutexGuard<'_, Feed> {
        self.feed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Branch {
    fn drop(&mut self) {
        // The pad goes first: it lets go of a decoder that waits for room in its queue.
        self.mixer.release_request_pad(&self.pad);
        let decoder = self.feed().decoder.take();
        if let Some(decoder) = decoder {
            self.discard(&decoder);
        }
    }
}

/// Lets no picture pass that is too large: ahead of a decoder where a parser tells, and ahead of the mixer.
fn guard_size(pad: &gst::Pad) {
    let too_large = AtomicBool::new(false);
    let kinds = gst::PadProbeType::EVENT_DOWNSTREAM | gst::PadProbeType::BUFFER;
    pad.add_probe(kinds, move |_, info| {
        let is_event = match info.event().map(|e| e.view()) {
            Some(gst::EventView::Caps(caps)) => {
                let side =
                    |s: &gst::StructureRef, name| s.get::<i32>(name).map_or(0, i32::unsigned_abs).into();
                let fits = caps.structure().is_none_or(|s| size::fits(side(s, "width"), side(s, "height")));
                too_large.store(!fits, Ordering::Relaxed);
                true
            }
            Some(_) => return gst::PadProbeReturn::Ok,
            None => false,
        };
        match (too_large.load(Ordering::Relaxed), is_event) {
            (false, _) => gst::PadProbeReturn::Ok,
            (true, true) => gst::PadProbeReturn::Handled,
            (true, false) => gst::PadProbeReturn::Drop,
        }
    });
}

/// Lets nothing pass that has no time: one such picture ends a mixer, and with it everyone's.
fn guard_time(pad: &gst::Pad) {
    pad.add_probe(gst::PadProbeType::BUFFER, |pad, info| {
        if info.buffer().is_some_and(|buffer| buffer.pts().is_some()) {
            return gst::PadProbeReturn::Ok;
        }
        tracing::debug!(pad = %pad.path_string(), "a decoder gave something without a time");
        gst::PadProbeReturn::Drop
    });
}

fn clock_time(time: Duration) -> gst::ClockTime {
    gst::ClockTime::from_nseconds(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX - 1))
}
