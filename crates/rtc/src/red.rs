//! Redundant sound (RFC 2198) of one track, unwrapped. A packet repeats those before it: where some of them were
//! lost, they are taken from it. Sans-IO; what comes out is in order, each packet at most once.

use std::collections::VecDeque;

use crate::{Codec, OpenFrame, Refusal};

/// Takes RED apart; frames of other codecs pass.
#[derive(Debug, Default)]
pub struct Unwrapper {
    /// RTP time of the frame that came last.
    last: Option<u64>,
}

/// One block of a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Block<'a> {
    /// Payload type of its codec.
    kind: u8,
    /// How much older than the packet it is, in ticks of RTP time.
    age: u16,
    data: &'a [u8],
}

impl Unwrapper {
    /// Appends what a frame holds to `out`. For RED that is Opus: first what was lost before it and is repeated in it, and then
    /// its own. Nothing is appended for blocks without bytes: the sender was silent.
    ///
    /// # Errors
    /// `Malformed` when it claims more than it has; nothing is appended then.
    pub fn unwrap(&mut self, frame: OpenFrame, out: &mut VecDeque<OpenFrame>) -> Result<(), Refusal> {
        let now = frame.meta.rtp_time;
        if frame.meta.codec != Codec::Red {
            self.last = Some(now);
            out.push_back(frame);
            return Ok(());
        }
        let OpenFrame { mut meta, keyframe, data } = frame;
        meta.codec = Codec::Opus;
        let (older, own) = blocks(&data).ok_or(Refusal::Malformed)?;
        // Before the first frame nothing was lost.
        let mut last = self.last.replace(now).unwrap_or(now);
        let mut append = |time: u64, block: Block<'_>| {
            if !block.data.is_empty() {
                meta.rtp_time = time;
                out.push_back(OpenFrame { meta: meta.clone(), keyframe, data: data.slice_ref(block.data) });
                // A loss is told once.
                meta.contiguous = true;
            }
        };
        for block in older {
            let time = now.saturating_sub(u64::from(block.age));
            if (last + 1..now).contains(&time) && block.kind == own.kind {
                append(time, block);
                last = time;
            }
        }
        append(now, own);
        Ok(())
    }
}

/// The older blocks of a payload, as they come, and its own (RFC 2198, 3): older ones have a header of four bytes with
/// their age and length; that of the last is a single byte, and the rest of the payload is its data.
fn blocks(payload: &[u8]) -> Option<(Vec<Block<'_>>, Block<'_>)> {
    let (mut headers, mut sizes) = (payload, Vec::new());
    loop {
        match headers {
            [kind, rest @ ..] if kind & 0x80 == 0 => {
                let mut older = Vec::with_capacity(sizes.len());
                let mut data = rest;
                for (kind, age, size) in sizes {
                    let (block, behind) = data.split_at_checked(size)?;
                    older.push(Block { kind, age, data: block });
                    data = behind;
                }
                return Some((older, Block { kind: *kind, age: 0, data }));
            }
            [kind, high, middle, low, rest @ ..] => {
                let age = u16::from(*high) << 6 | u16::from(*middle) >> 2;
                sizes.push((kind & 0x7f, age, usize::from(middle & 3) << 8 | usize::from(*low)));
                headers = rest;
            }
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests;
