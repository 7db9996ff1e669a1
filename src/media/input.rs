//! A source's end of the programme: what the recorder pushes into.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use livetape_rtc::Codec;

use super::branch::Branch;
use super::inbox::Inbox;
use super::{g711, opus, size};

/// What became of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pushed {
    /// It is on its way to the decoder.
    Accepted,
    /// It was of no use (no keyframe yet) or the decoder is a second behind; count it. Where a keyframe
    /// helps, [`NeedKeyframe`](super::ProgrammeEvent::NeedKeyframe) asks for one.
    Dropped,
}

/// The pictures of one source. Dropping it takes the source out of the programme; nothing else notices.
#[derive(Debug)]
pub struct VideoInput {
    /// Gone only while it is dropped.
    pub(super) branch: Option<Arc<Branch>>,
    pub(super) codec: Codec,
    pub(super) inbox: Arc<Inbox>,
}

impl VideoInput {
    /// Gives a whole frame to the decoder; `pts` in running time of the programme. Never waits.
    pub fn push(&self, pts: Duration, keyframe: bool, data: Bytes) -> Pushed {
        let Some(branch) = &self.branch else { return Pushed::Dropped };
        // The other codecs' parsers tell the decode bin; VP8 has none.
        let size = if keyframe && self.codec == Codec::Vp8 { size::of_vp8_keyframe(&data) } else { None };
        if size.is_some_and(|(width, height)| !size::fits(width, height)) {
            return branch.refuse();
        }
        branch.push(pts, keyframe, data)
    }
}

impl Drop for VideoInput {
    fn drop(&mut self) {
        self.branch = None;
        self.inbox.redraw();
    }
}

/// The sound of one source. Dropping it takes the source out of the programme; nothing else notices.
#[derive(Debug)]
pub struct AudioInput {
    pub(super) branch: Arc<Branch>,
    pub(super) codec: Codec,
    /// When the last packet that was taken ends.
    pub(super) ends: Mutex<Option<Duration>>,
}

impl AudioInput {
    /// Gives a packet to the decoder; `pts` in running time of the programme. Never waits. A hole of up to 120 ms
    /// before it is concealed.
    pub fn push(&self, pts: Duration, data: Bytes) -> Pushed {
        let is_opus = self.codec == Codec::Opus;
        let pts = if is_opus { pts.saturating_sub(opus::DELAY) } else { pts };
        let duration = if is_opus { opus::duration(&data) } else { g711::duration(&data) };
        let Some(duration) = duration else { return Pushed::Dropped };
        let mut ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, length)) = opus::gap(*ends, pts).filter(|_| is_opus) {
            self.branch.gap(at, length);
        }
        let pushed = self.branch.push(pts, true, data);
        if pushed == Pushed::Accepted {
            *ends = pts.checked_add(duration);
        }
        pushed
    }
}
