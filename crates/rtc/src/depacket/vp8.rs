//! VP8 (RFC 7741): a payload descriptor before a piece of the frame. The SFU rewrites descriptors,
//! never what follows.

use super::assembly::{Assembled, Assembly};
use super::{Depacketizer, Malformed};

/// Strips descriptors, joins the rest.
#[derive(Debug, Default)]
pub(crate) struct Vp8 {
    frame: Assembly,
}

/// Length of the descriptor, and whether it begins a frame (start of partition 0).
fn descriptor(payload: &[u8]) -> Option<(usize, bool)> {
    const X: u8 = 0x80;
    let first = *payload.first()?;
    let begins = first & 0x17 == 0x10; // S set, partition index 0
    let mut len = 1;
    if first & X != 0 {
        let extension = *payload.get(1)?;
        len += 1;
        let (i, l, tk) = (extension & 0x80 != 0, extension & 0x40 != 0, extension & 0x30 != 0);
        if i {
            let long = payload.get(len)? & 0x80 != 0;
            len += if long { 2 } else { 1 };
        }
        len += usize::from(l) + usize::from(tk);
    }
    Some((len, begins))
}

impl Depacketizer for Vp8 {
    fn begins_frame(&self, payload: &[u8]) -> bool {
        descriptor(payload).is_some_and(|(_, begins)| begins)
    }

    fn push(&mut self, payload: &[u8]) -> Result<(), Malformed> {
        let (len, begins) = descriptor(payload).ok_or(Malformed)?;
        if self.frame.is_empty() != begins {
            return Err(Malformed);
        }
        self.frame.append(payload.get(len..).ok_or(Malformed)?)
    }

    fn finish(&mut self) -> Option<Assembled> {
        self.frame.take()
    }

    fn reset(&mut self) {
        self.frame.clear();
    }
}
