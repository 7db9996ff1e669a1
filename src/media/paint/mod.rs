//! What is drawn over the composed picture: names, initials, locks.
//!
//! Drawn when the scene changes, never in a streaming thread: each into a small picture of its own, since
//! what is blended into every picture of the programme costs by the pixel.

mod glyphs;
mod labels;
mod names;
mod painter;

pub(super) use labels::Labels;
pub(super) use painter::Painter;
