//! Where tiles lie on the canvas: pure geometry.

mod grid;
mod rect;

pub(super) use rect::Rect;

use crate::job::Layout;

/// One rectangle for each of `count` tiles, in order, on a canvas of `width` × `height` pixels.
pub(super) fn place(layout: Layout, count: usize, width: u32, height: u32) -> Vec<Rect> {
    match layout {
        Layout::Grid => grid::place(count, width, height),
    }
}
