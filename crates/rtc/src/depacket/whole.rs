//! Sound: every payload is a whole frame (Opus, G.711; RED as it is, for it may be sealed).

use super::assembly::{Assembled, Assembly};
use super::{Depacketizer, Malformed};

/// One payload, one frame.
#[derive(Debug, Default)]
pub(crate) struct Whole {
    frame: Assembly,
}

impl Depacketizer for Whole {
    fn begins_frame(&self, _: &[u8]) -> bool {
        true
    }

    fn push(&mut self, payload: &[u8]) -> Result<(), Malformed> {
        if !self.frame.is_empty() {
            return Err(Malformed);
        }
        self.frame.append(payload)
    }

    fn finish(&mut self) -> Option<Assembled> {
        self.frame.take()
    }

    fn reset(&mut self) {
        self.frame.clear();
    }
}
