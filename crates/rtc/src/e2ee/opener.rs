//! Opens the sealed frames of one track.
//!
//! Promises: the state of one track never depends on another's; a frame that authenticates is
//! opened whatever came before it; what garbage can cost is bounded (`Budget`, and one ratchet
//! derivation a frame); which deviation opened a frame is told to nobody.

use std::sync::Arc;
use std::time::Instant;

use bytes::{Bytes, BytesMut};

use super::budget::Budget;
use super::buffers::{Buffers, Output};
use super::clear::{finish, is_video};
use super::clear_header::clear_header_len;
use super::form::{Form, View};
use super::sealed::{Sealed, key_index, layout};
use super::slot::{Candidate, Slots};
use super::{Attempt, Keyring, Opened, Refusal, sif, trailer};
use crate::{Codec, FrameMeta, SealedFrame};

/// Forms that opened a frame of this track lately, newest first.
const FORMS_REMEMBERED: usize = 4;

/// Opens the frames of one encrypted track.
#[derive(Debug)]
pub struct Opener {
    slots: Slots,
    sif_trailer: Bytes,
    /// Forms to begin with, the last winner first; `Standard` is always among them.
    forms: Vec<Form>,
    deviations: bool,
    budget: Budget,
    buffers: Buffers,
}

impl Opener {
    /// An opener for a track of this participant.
    pub fn new(keys: Arc<Keyring>, identity: String) -> Self {
        Self {
            slots: Slots::new(keys, identity),
            sif_trailer: Bytes::new(),
            forms: vec![Form::Standard],
            deviations: true,
            budget: Budget::new(),
            buffers: Buffers::default(),
        }
    }

    /// The keys that it opens with.
    pub fn keys(&self) -> &Arc<Keyring> {
        self.slots.keys()
    }

    /// The suffix that marks frames which the SFU made up (`JoinResponse.sif_trailer`); empty: none.
    pub fn set_sif_trailer(&mut self, trailer: Bytes) {
        self.sif_trailer = trailer;
    }

    /// Whether known deviations of senders are tried when a frame doesn't open as it should (default:
    /// yes). All authenticate.
    pub fn set_deviations(&mut self, tried: bool) {
        self.deviations = tried;
        self.forms = vec![Form::Standard];
    }

    /// Opens a frame. Time is taken from the frame's arrival.
    pub fn open(&mut self, frame: SealedFrame) -> Opened {
        if let Some(known) = self.without_a_key(&frame) {
            return known;
        }
        let SealedFrame { meta, data, unit_ends } = frame;
        self.slots.follow_keyring(meta.arrival);
        match self.open_data(&meta, data, &unit_ends) {
            Ok(open) => finish(meta, open),
            Err(refusal) => Opened::Refused(refusal),
        }
    }

    /// Opens a frame, or gives it back as it was where a key that comes later may open it: never in place,
    /// for that leaves nothing.
    pub fn open_or_return(&mut self, frame: SealedFrame) -> Attempt {
        if let Some(known) = self.without_a_key(&frame) {
            return Ok(known);
        }
        self.slots.follow_keyring(frame.meta.arrival);
        match self.open_units(&frame.meta, &frame.data, &frame.unit_ends) {
            Ok(open) => {
                self.buffers.give(frame.data);
                Ok(finish(frame.meta, open))
            }
            Err(refusal) if refusal.may_pass() => Err((refusal, frame)),
            Err(refusal) => Ok(Opened::Refused(refusal)),
        }
    }

    /// What becomes of a frame that no key has to do with.
    fn without_a_key(&self, frame: &SealedFrame) -> Option<Opened> {
        if frame.data.is_empty() {
            return Some(Opened::Empty);
        }
        if sif::is_marked(&frame.data, &self.sif_trailer) {
            return Some(Opened::ServerInjected);
        }
        (frame.meta.codec == Codec::Av1).then_some(Opened::Refused(Refusal::NotSupported))
    }

    fn open_data(
        &mut self,
        meta: &FrameMeta,
        mut data: BytesMut,
        unit_ends: &[usize],
    ) -> Result<Bytes, Refusal> {
        if Form::has_deviations(meta.codec) {
            return self.open_apart(meta, data, unit_ends);
        }
        let len = without_trailer(meta.codec, &data).len();
        data.truncate(len);
        let index = key_index(&data).ok_or(Refusal::Clear)?;
        let own = self.slots.own(index)?;
        // A failed attempt in place leaves nothing to try again with: only where that is no loss.
        if !own.alone {
            return self.open_apart(meta, data, unit_ends);
        }
        let plain = open_in_place(own.key, meta.codec, index, &mut data)?;
        data.truncate(plain);
        Ok(data.freeze())
    }

    fn open_apart(
        &mut self,
        meta: &FrameMeta,
        data: BytesMut,
        unit_ends: &[usize],
    ) -> Result<Bytes, Refusal> {
        let open = self.open_units(meta, &data, unit_ends)?;
        self.buffers.give(data);
        Ok(open)
    }

    fn open_units(&mut self, meta: &FrameMeta, data: &[u8], unit_ends: &[usize]) -> Result<Bytes, Refusal> {
        let mut out = self.buffers.take(data.len());
        let mut from = 0;
        let whole = [data.len()];
        for &end in if unit_ends.is_empty() { &whole } else { unit_ends } {
            let unit = data.get(from..end).ok_or(Refusal::Malformed)?;
            from = end;
            let unit = without_trailer(meta.codec, unit);
            self.open_unit(meta.codec, unit, meta.arrival, &mut out)?;
        }
        Ok(out.finish())
    }

    fn open_unit(
        &mut self,
        codec: Codec,
        unit: &[u8],
        now: Instant,
        out: &mut Output,
    ) -> Result<(), Refusal> {
        let index = key_index(unit).ok_or(Refusal::Clear)?;
        let own = self.slots.own(index)?.key;
        let mut readable = false;
        for (i, form) in self.forms.iter().enumerate() {
            let Some(view) = form.view(codec, unit) else { continue };
            if readable && !self.budget.spend(now, unit.len()) {
                break;
            }
            readable = true;
            if open_view(own, &view, out) {
                if let Some(winners) = self.forms.get_mut(..=i) {
                    winners.rotate_right(1);
                }
                return Ok(());
            }
        }
        let opened = self.open_otherwise(codec, unit, index, now, out);
        match opened {
            true => Ok(()),
            false if readable => Err(Refusal::WrongKey { index }),
            false => Err(Refusal::Malformed),
        }
    }

    /// The slow path: other keys (ratchet steps ahead, the key before this one), then other forms.
    fn open_otherwise(
        &mut self,
        codec: Codec,
        unit: &[u8],
        index: u8,
        now: Instant,
        out: &mut Output,
    ) -> bool {
        let known = self.forms.clone();
        let mut candidates = self.slots.candidates(index);
        // The first candidate is the key that failed already.
        let others = candidates.get(1..).unwrap_or_default();
        if let Some((form, key)) = self.try_all(codec, unit, &known, others, now, out) {
            return self.remember(index, key, form, now);
        }
        while let Some(further) = self.slots.look_further(index) {
            let cheap = further.is_cheap();
            let found = self.try_all(codec, unit, &known, std::slice::from_ref(&further), now, out);
            if let Some((form, key)) = found {
                return self.remember(index, key, form, now);
            }
            candidates.push(further);
            if !cheap {
                break;
            }
        }
        if self.deviations {
            let mut forms = Form::deviations(codec, unit);
            forms.retain(|form| !known.contains(form));
            if let Some((form, key)) = self.try_all(codec, unit, &forms, &candidates, now, out) {
                return self.remember(index, key, form, now);
            }
        }
        false
    }

    /// Tries every form with every key, as long as the budget lasts: a reading costs, and so does
    /// each attempt.
    fn try_all<'k>(
        &mut self,
        codec: Codec,
        unit: &[u8],
        forms: &[Form],
        keys: &'k [Candidate],
        now: Instant,
        out: &mut Output,
    ) -> Option<(Form, &'k Candidate)> {
        for form in forms.iter().filter(|_| !keys.is_empty()) {
            if !self.budget.spend(now, unit.len()) {
                return None;
            }
            let Some(view) = form.view(codec, unit) else { continue };
            for key in keys {
                if !self.budget.spend(now, unit.len()) {
                    return None;
                }
                if open_view(key, &view, out) {
                    return Some((*form, key));
                }
            }
        }
        None
    }

    fn remember(&mut self, index: u8, key: &Candidate, form: Form, now: Instant) -> bool {
        self.slots.adopt(index, key, now);
        self.forms.retain(|known| *known != form);
        self.forms.insert(0, form);
        if self.forms.len() > FORMS_REMEMBERED {
            // The oldest goes, but never the standard.
            if let Some(oldest) = self.forms.iter().rposition(|known| *known != Form::Standard) {
                self.forms.remove(oldest);
            }
        }
        true
    }
}

/// Appends the opened unit to `out`, or leaves `out` as it was. As it lies first: that is right for
/// frames without an escape, and for senders that forget to put them in (Flutter on the web).
fn open_view(key: &Candidate, view: &View<'_>, out: &mut Output) -> bool {
    let mut open = |body: &[u8]| {
        let Some(sealed) = Sealed::parse(body) else { return false };
        out.append(view.header, sealed.ciphertext.len(), |to| key.step.open(&view.aad, &sealed, to))
    };
    open(view.sealed) || view.unescaped().is_some_and(open)
}

/// Opens a frame by the standard form, without escapes, where it lies; gives its length.
fn open_in_place(key: &Candidate, codec: Codec, index: u8, frame: &mut [u8]) -> Result<usize, Refusal> {
    let header = clear_header_len(codec, frame).ok_or(Refusal::Malformed)?;
    let (iv, end) = layout(frame, header).ok_or(Refusal::Malformed)?;
    let sealed = frame.get_mut(..end).ok_or(Refusal::Malformed)?;
    let (header, body) = sealed.split_at_mut_checked(header).ok_or(Refusal::Malformed)?;
    let plain = key.step.open_in_place(iv, header, body).ok_or(Refusal::WrongKey { index })?;
    Ok(header.len() + plain)
}

fn without_trailer(codec: Codec, unit: &[u8]) -> &[u8] {
    if is_video(codec) { trailer::split_trailer(unit).0 } else { unit }
}
