//! A scene's labels as one composition, each drawn once and kept while it is shown.

use std::collections::HashMap;

use gstreamer as gst;
use gstreamer_video::{
    VideoFormat, VideoFrameFlags, VideoMeta, VideoOverlayComposition, VideoOverlayFormatFlags,
    VideoOverlayRectangle,
};
use pango::prelude::FontMapExt;

use super::glyphs::{self, Picture};
use super::names;
use crate::media::layout::Rect;
use crate::media::{Tile, TileState};

/// Tiles lower than this have no room for a name that could be read.
const LOWEST_WITH_NAME: u32 = 60;

/// Draws with fonts of its own: Pango's font maps belong to one thread.
pub(in crate::media) struct Painter {
    fonts: pango::Context,
    drawn: HashMap<Glyph, Drawn>,
}

/// What is drawn, and at which size.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Glyph {
    Name { text: String, size: u32, max_width: u32 },
    Initials { text: String, seed: String, diameter: u32 },
    Lock { diameter: u32 },
}

#[derive(Debug, Clone)]
struct Drawn {
    width: u32,
    height: u32,
    buffer: gst::Buffer,
}

impl Painter {
    /// A painter for the calling thread.
    pub(in crate::media) fn new() -> Self {
        Self { fonts: pangocairo::FontMap::new().create_context(), drawn: HashMap::new() }
    }

    /// Loads fonts, which takes a tenth of a second the first time: before somebody waits for a label.
    pub(in crate::media) fn warm_up(&self) {
        // What is drawn is thrown away, and so is what goes wrong: it will again, and be told then.
        let _ = glyphs::name(&self.fonts, "Aa", 20, 200);
        let _ = glyphs::initials(&self.fonts, "Aa", "Aa", 100);
    }

    /// What to blend over a canvas with these tiles; `None` where nothing is.
    pub(in crate::media) fn paint(
        &mut self,
        tiles: &[(&Tile, TileState, Rect)],
    ) -> Option<VideoOverlayComposition> {
        let glyphs: Vec<_> =
            tiles.iter().flat_map(|(tile, state, rect)| glyphs_of(tile, *state, *rect)).collect();
        self.drawn.retain(|glyph, _| glyphs.iter().any(|(g, ..)| g == glyph));
        let rectangles: Vec<_> = glyphs
            .into_iter()
            .filter_map(|(glyph, rect, place)| Some(place.of(rect, self.get(glyph)?)))
            .collect();
        if rectangles.is_empty() {
            return None;
        }
        VideoOverlayComposition::new(rectangles.iter()).ok()
    }

    fn get(&mut self, glyph: Glyph) -> Option<&Drawn> {
        if !self.drawn.contains_key(&glyph) {
            let picture = match &glyph {
                Glyph::Name { text, size, max_width } => glyphs::name(&self.fonts, text, *size, *max_width),
                Glyph::Initials { text, seed, diameter } => {
                    glyphs::initials(&self.fonts, text, seed, *diameter)
                }
                Glyph::Lock { diameter } => glyphs::lock(*diameter),
            };
            match picture.map_err(|e| e.to_string()).and_then(Drawn::of) {
                Ok(drawn) => {
                    self.drawn.insert(glyph.clone(), drawn);
                }
                Err(error) => tracing::warn!(%error, "a label can't be drawn"),
            }
        }
        self.drawn.get(&glyph)
    }
}

impl Drawn {
    fn of(picture: Picture) -> Result<Self, String> {
        let Picture { width, height, pixels } = picture;
        let mut buffer = gst::Buffer::from_mut_slice(pixels);
        let writable = buffer.get_mut().ok_or("a new buffer is shared")?;
        // Cairo's ARGB32 is one native 32-bit word a pixel; this is its name by bytes on little endian.
        VideoMeta::add(writable, VideoFrameFlags::empty(), VideoFormat::Bgra, width, height)
            .map_err(|e| e.to_string())?;
        Ok(Self { width, height, buffer })
    }
}

/// Where in its tile something is drawn.
#[derive(Debug, Clone, Copy)]
enum Place {
    Middle,
    Corner { margin: u32 },
}

impl Place {
    fn of(self, rect: Rect, drawn: &Drawn) -> VideoOverlayRectangle {
        let (x, y) = match self {
            Self::Middle => (
                rect.x + rect.width.saturating_sub(drawn.width) / 2,
                rect.y + rect.height.saturating_sub(drawn.height) / 2,
            ),
            Self::Corner { margin } => {
                (rect.x + margin, rect.y + rect.height.saturating_sub(drawn.height + margin))
            }
        };
        VideoOverlayRectangle::new_raw(
            &drawn.buffer,
            i32::try_from(x).unwrap_or(i32::MAX),
            i32::try_from(y).unwrap_or(i32::MAX),
            drawn.width,
            drawn.height,
            VideoOverlayFormatFlags::PREMULTIPLIED_ALPHA,
        )
    }
}

fn glyphs_of(tile: &Tile, state: TileState, rect: Rect) -> Vec<(Glyph, Rect, Place)> {
    let mut glyphs = Vec::new();
    let diameter = rect.width.min(rect.height) * 2 / 5;
    match state {
        TileState::Video => {}
        TileState::Avatar => {
            let (text, seed) = (names::initials(&tile.name), names::clean(&tile.name));
            glyphs.push((Glyph::Initials { text, seed, diameter }, rect, Place::Middle));
        }
        TileState::Locked => glyphs.push((Glyph::Lock { diameter }, rect, Place::Middle)),
    }
    let text = names::clean(&tile.name);
    if !text.is_empty() && rect.height >= LOWEST_WITH_NAME {
        let size = (rect.height / 18).clamp(11, 40);
        let margin = size / 2;
        let max_width = rect.width.saturating_sub(2 * margin);
        glyphs.push((Glyph::Name { text, size, max_width }, rect, Place::Corner { margin }));
    }
    glyphs
}

#[cfg(test)]
mod tests {
    use super::*;

    const TILE: Rect = Rect { x: 640, y: 360, width: 640, height: 360 };

    fn tile(name: &str) -> Tile {
        Tile { source: crate::media::SourceId(1), name: name.into(), state: TileState::Video }
    }

    /// Rectangles as `x y width height`.
    fn painted(tile: &Tile, state: TileState) -> Vec<(i32, i32, u32, u32)> {
        gst::init().unwrap();
        let composition = Painter::new().paint(&[(tile, state, TILE)]);
        composition.map_or(Vec::new(), |c| c.iter().map(|r| r.render_rectangle()).collect())
    }

    #[test]
    fn labels_stay_inside_their_tile() {
        for name in ["A", "王小明", &"W".repeat(10_000), "محمد علي", "👩‍👩‍👧 <b>&\""] {
            for state in [TileState::Video, TileState::Avatar, TileState::Locked] {
                let rectangles = painted(&tile(name), state);
                assert_eq!(rectangles.len(), if state == TileState::Video { 1 } else { 2 });
                for (x, y, width, height) in rectangles {
                    assert!(x >= 640 && y >= 360, "{name}: {x} {y}");
                    assert!(x as u32 + width <= 1280 && y as u32 + height <= 720, "{name}: {width}x{height}");
                }
            }
        }
    }

    #[test]
    fn a_name_of_nothing_draws_nothing_on_a_picture() {
        assert!(painted(&tile("\u{202E} \n"), TileState::Video).is_empty());
    }

    #[test]
    fn markup_is_text() {
        gst::init().unwrap();
        let fonts = Painter::new().fonts;
        let plain = glyphs::name(&fonts, "b", 20, 600).unwrap();
        let marked = glyphs::name(&fonts, "<b>b</b>", 20, 600).unwrap();
        assert!(marked.width > plain.width * 2, "the angle brackets are drawn");
        let invalid = glyphs::name(&fonts, "a & b", 20, 600).unwrap();
        assert!(invalid.width > plain.width * 2, "an ampersand does not silence the name");
    }

    #[test]
    fn a_label_is_drawn_once_and_forgotten_when_it_is_gone() {
        gst::init().unwrap();
        let mut painter = Painter::new();
        let (one, two) = (tile("One"), tile("Two"));
        painter.paint(&[(&one, TileState::Video, TILE)]);
        let first = painter.drawn.values().next().unwrap().buffer.as_ptr();
        painter.paint(&[(&one, TileState::Video, TILE), (&two, TileState::Video, TILE)]);
        assert!(painter.drawn.values().any(|d| d.buffer.as_ptr() == first));
        painter.paint(&[(&two, TileState::Video, TILE)]);
        assert_eq!(painter.drawn.len(), 1);
    }
}
