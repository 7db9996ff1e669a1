//! A rectangle of pixels.

/// Position from the top left corner, and size. Even in all four, as 4:2:0 pictures want it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::media) struct Rect {
    /// Pixels from the left edge.
    pub(in crate::media) x: u32,
    /// Pixels from the top edge.
    pub(in crate::media) y: u32,
    /// Width in pixels.
    pub(in crate::media) width: u32,
    /// Height in pixels.
    pub(in crate::media) height: u32,
}

impl Rect {
    /// The largest 16:9 rectangle inside `width` × `height` pixels, even (and so off 16:9 by a pixel at most).
    pub(super) fn widescreen(width: u32, height: u32) -> (u32, u32) {
        let by_width = (even(width), even(scale(width, 9, 16)));
        let by_height = (even(scale(height, 16, 9)), even(height));
        if by_width.1 <= height { by_width } else { by_height }
    }
}

/// The next even number not above.
pub(super) fn even(n: u32) -> u32 {
    n & !1
}

fn scale(n: u32, numerator: u32, denominator: u32) -> u32 {
    u32::try_from(u64::from(n) * u64::from(numerator) / u64::from(denominator)).unwrap_or(u32::MAX)
}
