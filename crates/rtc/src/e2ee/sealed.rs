//! The sealed part of a frame, behind its clear header:
//! `ciphertext || tag (16) || IV (12) || 0c || key index`.

const TAG_LEN: usize = 16;
const IV_LEN: usize = 12;

/// What encryption adds to a frame, escapes aside.
pub const OVERHEAD: usize = TAG_LEN + IV_LEN + 2;

/// A sealed part, taken apart.
pub(crate) struct Sealed<'a> {
    pub(crate) ciphertext: &'a [u8],
    pub(crate) tag: &'a [u8],
    pub(crate) iv: [u8; 12],
}

impl<'a> Sealed<'a> {
    /// Takes it apart; `None` when it's too short or not marked as sealed.
    pub(crate) fn parse(body: &'a [u8]) -> Option<Self> {
        let (rest, _) = body.split_at_checked(body.len().checked_sub(2)?)?;
        key_index(body)?;
        let (rest, iv) = rest.split_at_checked(rest.len().checked_sub(IV_LEN)?)?;
        let (ciphertext, tag) = rest.split_at_checked(rest.len().checked_sub(TAG_LEN)?)?;
        Some(Self { ciphertext, tag, iv: iv.try_into().ok()? })
    }
}

/// Where things are in a sealed frame whose header has this length, for opening in place: the IV, and
/// the end of ciphertext and tag. `None` as for `Sealed::parse`.
pub(crate) fn layout(frame: &[u8], header: usize) -> Option<([u8; 12], usize)> {
    key_index(frame)?;
    let end = frame.len().checked_sub(2 + IV_LEN)?;
    let iv = frame.get(end..end + IV_LEN)?.try_into().ok()?;
    (end.checked_sub(header)? >= TAG_LEN).then_some((iv, end))
}

/// The key that a sealed frame names in its last byte, if it's marked as sealed: the byte before is
/// the IV's length, 12. Escaping never touches these two.
pub(crate) fn key_index(frame: &[u8]) -> Option<u8> {
    match frame {
        [.., len, index] if usize::from(*len) == IV_LEN => Some(*index),
        _ => None,
    }
}
