//! Buffers for opened frames, made from those of sealed frames: what came in for one frame carries
//! the next one out, so that nothing is allocated or cleared while frame sizes are steady.

use bytes::{Bytes, BytesMut};

/// Sizes of frames vary; with a few at hand one nearly always fits.
const KEPT: usize = 4;
/// Larger buffers are rare, and not worth keeping.
const MAX_KEPT_LEN: usize = 1 << 20;

/// Used buffers of one track.
#[derive(Debug, Default)]
pub(crate) struct Buffers {
    kept: Vec<BytesMut>,
}

impl Buffers {
    /// An output of up to `len` bytes.
    pub(crate) fn take(&mut self, len: usize) -> Output {
        let fits = self.kept.iter().enumerate().filter(|(_, buffer)| buffer.len() >= len);
        let best = fits.min_by_key(|(_, buffer)| buffer.len()).map(|(at, _)| at);
        let buffer = best.map(|at| self.kept.swap_remove(at)).unwrap_or_else(|| BytesMut::zeroed(len));
        Output { buffer, len: 0 }
    }

    /// A buffer that is not needed any more.
    pub(crate) fn give(&mut self, used: BytesMut) {
        if used.len() > MAX_KEPT_LEN {
            return;
        }
        self.kept.push(used);
        if self.kept.len() > KEPT {
            let smallest = self.kept.iter().enumerate().min_by_key(|(_, buffer)| buffer.len());
            if let Some(at) = smallest.map(|(at, _)| at) {
                self.kept.swap_remove(at);
            }
        }
    }
}

/// A frame being written. What it held before is never handed out.
#[derive(Debug)]
pub(crate) struct Output {
    buffer: BytesMut,
    len: usize,
}

impl Output {
    /// Appends a header and what `write` makes of `body` bytes of room behind it; `false` (from
    /// `write`, or without room) leaves the output as it was.
    pub(crate) fn append(
        &mut self,
        header: &[u8],
        body: usize,
        write: impl FnOnce(&mut [u8]) -> bool,
    ) -> bool {
        let from = self.len;
        let Some(room) = self.buffer.get_mut(from..) else { return false };
        let Some((head, rest)) = room.split_at_mut_checked(header.len()) else { return false };
        let Some(rest) = rest.get_mut(..body) else { return false };
        head.copy_from_slice(header);
        let written = write(rest);
        if written {
            self.len += header.len() + body;
        }
        written
    }

    /// The frame.
    pub(crate) fn finish(mut self) -> Bytes {
        self.buffer.truncate(self.len);
        self.buffer.freeze()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_used_buffer_carries_the_next_frame_and_nothing_of_the_last() {
        let mut buffers = Buffers::default();
        let used = BytesMut::from(&[0xee; 100][..]);
        let place = used.as_ptr();
        buffers.give(used);
        let mut output = buffers.take(50);
        assert!(!output.append(b"failed", 10, |_| false));
        assert!(output.append(b"head", 2, |body| {
            body.copy_from_slice(b"xy");
            true
        }));
        assert!(!output.append(b"", 95, |_| true));
        let frame = output.finish();
        assert_eq!((&frame[..], frame.as_ptr()), (&b"headxy"[..], place));
    }

    #[test]
    fn few_are_kept_and_no_large_one() {
        let mut buffers = Buffers::default();
        buffers.give(BytesMut::zeroed(MAX_KEPT_LEN + 1));
        assert!(buffers.kept.is_empty());
        (1..20).for_each(|len| buffers.give(BytesMut::zeroed(len)));
        assert_eq!(buffers.kept.len(), KEPT);
        assert!(buffers.kept.iter().all(|buffer| buffer.len() > 15));
    }
}
