//! The bytes of a frame while it is put together, bounded.

use bytes::BytesMut;

use super::Malformed;
use crate::nal::START_CODE;

/// No frame of a call is larger; a stream without marker or new time stamp stops here.
const MAX_FRAME: usize = 8 << 20;

/// A whole frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Assembled {
    pub(crate) data: BytesMut,
    /// As `SealedFrame::unit_ends`.
    pub(crate) unit_ends: Vec<usize>,
    /// What the payload descriptors say about decoding from here on, where they do.
    pub(crate) keyframe: Option<bool>,
}

/// A growing frame.
#[derive(Debug, Default)]
pub(crate) struct Assembly {
    data: BytesMut,
}

impl Assembly {
    pub(crate) fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.data.len()
    }

    pub(crate) fn append(&mut self, bytes: &[u8]) -> Result<(), Malformed> {
        if bytes.len() > MAX_FRAME - self.data.len().min(MAX_FRAME) {
            return Err(Malformed);
        }
        self.data.extend_from_slice(bytes);
        Ok(())
    }

    /// Begins a NAL unit: start code, then these bytes.
    pub(crate) fn append_nal(&mut self, begin: &[u8]) -> Result<(), Malformed> {
        self.append(&START_CODE)?;
        self.append(begin)
    }

    /// The whole frame of a single unit, if there is one.
    pub(crate) fn take(&mut self) -> Option<Assembled> {
        if self.data.is_empty() {
            return None;
        }
        let mut data = std::mem::take(&mut self.data);
        // Counted from here on, as an open frame must be: so opening allocates nothing.
        drop(data.split_off(data.len()));
        Some(Assembled { data, unit_ends: Vec::new(), keyframe: None })
    }

    pub(crate) fn clear(&mut self) {
        self.data.clear();
    }
}
