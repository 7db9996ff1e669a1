//! The ways in which senders lay out a sealed frame: the one that all should follow, and the
//! deviations found in the wild. Each is only a reading; the authentication tag decides, so trying
//! one is always safe.

use std::borrow::Cow;
use std::cell::OnceCell;

use memchr::memmem;

use super::clear_header::clear_header_len;
use super::escape::unescape;
use super::sealed::OVERHEAD;
use crate::Codec;
use crate::nal::START_CODE;

/// Start codes beyond this many, counted from the slice backwards, are taken as they are.
const MAX_SHORT_CODES: usize = 5;

/// One reading of a sealed frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// As all SDKs should.
    Standard,
    /// The sender's encoder wrote some start codes with three bytes, and the sender authenticated
    /// them so; the wire knows only four. Bit 0 is the last start code of the header, the slice's.
    ShortStartCodes(u8),
    /// The header has this length: it was cut to 8 bits (old native SDKs with a long SEI), or VP8's
    /// rule was used for VP9 (Flutter on the web).
    HeaderLen(u8),
}

/// A frame as one form reads it.
pub(crate) struct View<'a> {
    /// The clear header as received.
    pub(crate) header: &'a [u8],
    /// The clear header as the sender authenticated it.
    pub(crate) aad: Cow<'a, [u8]>,
    /// The sealed part as received.
    pub(crate) sealed: &'a [u8],
    /// The sealed part without its escapes, once somebody asked; `None` within: it has none.
    unescaped: OnceCell<Option<Vec<u8>>>,
}

impl View<'_> {
    /// The sealed part without its escapes, if it has any. Ask when it didn't open as it lies: sealed
    /// bytes look random, so one frame of 30 kB in a hundred and fifty has an escape, and the search
    /// takes half as long as opening.
    pub(crate) fn unescaped(&self) -> Option<&[u8]> {
        let search = || match unescape(self.sealed) {
            Cow::Owned(body) => Some(body),
            Cow::Borrowed(_) => None,
        };
        self.unescaped.get_or_init(search).as_deref()
    }
}

impl Form {
    /// Reads a frame; `None` where the form can't apply.
    pub(crate) fn view(self, codec: Codec, frame: &[u8]) -> Option<View<'_>> {
        let by_rule = clear_header_len(codec, frame);
        let len = match self {
            Self::Standard | Self::ShortStartCodes(_) => by_rule?,
            Self::HeaderLen(_) if is_nal(codec) && by_rule.is_some() => return None,
            Self::HeaderLen(len) => usize::from(len),
        };
        let (header, sealed) = frame.split_at_checked(len)?;
        let aad = match self {
            Self::ShortStartCodes(mask) => Cow::Owned(shorten(header, mask)?),
            _ => Cow::Borrowed(header),
        };
        let unescaped = if is_nal(codec) { OnceCell::new() } else { OnceCell::from(None) };
        (sealed.len() >= OVERHEAD).then_some(View { header, aad, sealed, unescaped })
    }

    /// Whether any sender of this codec is known to deviate.
    pub(crate) fn has_deviations(codec: Codec) -> bool {
        is_nal(codec) || codec == Codec::Vp9
    }

    /// The deviations worth trying on this frame, likeliest first.
    pub(crate) fn deviations(codec: Codec, frame: &[u8]) -> Vec<Self> {
        match (codec, clear_header_len(codec, frame)) {
            (Codec::Vp9, _) => vec![Self::HeaderLen(10), Self::HeaderLen(3)],
            (Codec::H264 | Codec::H265, Some(len)) => {
                let header = frame.get(..len).unwrap_or_default();
                let codes = memmem::find_iter(header, &START_CODE).count().min(MAX_SHORT_CODES);
                (1..1u8 << codes).map(Self::ShortStartCodes).collect()
            }
            // The slice is hidden: the header ended before it.
            (Codec::H264 | Codec::H265, None) => (0..=u8::MAX).map(Self::HeaderLen).collect(),
            _ => Vec::new(),
        }
    }
}

fn is_nal(codec: Codec) -> bool {
    matches!(codec, Codec::H264 | Codec::H265)
}

/// The header with the masked start codes cut to three bytes; `None` if the mask names more than
/// there are.
fn shorten(header: &[u8], mask: u8) -> Option<Vec<u8>> {
    let codes: Vec<usize> = memmem::find_iter(header, &START_CODE).collect();
    let highest = usize::try_from(u8::BITS.checked_sub(mask.leading_zeros())?).ok()?;
    if highest > codes.len() {
        return None;
    }
    let mut out = Vec::with_capacity(header.len());
    let mut from = 0;
    for (from_last, at) in codes.iter().enumerate().map(|(i, at)| (codes.len() - 1 - i, *at)) {
        if from_last < 8 && mask >> from_last & 1 == 1 {
            out.extend_from_slice(header.get(from..at)?);
            from = at + 1;
        }
    }
    out.extend_from_slice(header.get(from..)?);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYFRAME: [u8; 16] = [0, 0, 0, 1, 0x67, 9, 0, 0, 0, 1, 0x68, 0, 0, 0, 1, 0x65];

    #[test]
    fn masks_count_start_codes_from_the_slice() {
        assert_eq!(
            shorten(&KEYFRAME, 0b001).unwrap(),
            [0, 0, 0, 1, 0x67, 9, 0, 0, 0, 1, 0x68, 0, 0, 1, 0x65]
        );
        assert_eq!(shorten(&KEYFRAME, 0b110).unwrap(), [0, 0, 1, 0x67, 9, 0, 0, 1, 0x68, 0, 0, 0, 1, 0x65]);
        assert_eq!(shorten(&KEYFRAME, 0b1000), None);
    }

    #[test]
    fn deviations_are_bounded_and_the_slice_alone_comes_first() {
        let mut frame = KEYFRAME.repeat(20);
        frame.extend([0x88; 40]);
        let forms = Form::deviations(Codec::H264, &frame);
        assert_eq!(forms[0], Form::ShortStartCodes(1));
        assert!(forms.len() < 32);
        let hidden = [&[0, 0, 0, 1, 0x67][..], &[0x55; 60]].concat();
        assert_eq!(Form::deviations(Codec::H264, &hidden).len(), 256);
        assert!(Form::deviations(Codec::Opus, &frame).is_empty());
    }

    #[test]
    fn a_frame_without_room_for_the_overhead_has_no_view() {
        assert!(Form::Standard.view(Codec::Opus, &[0; OVERHEAD]).is_none());
        assert!(Form::Standard.view(Codec::Opus, &[0; OVERHEAD + 1]).is_some());
        assert!(Form::HeaderLen(10).view(Codec::Vp9, &[0; 9]).is_none());
    }
}
