//! The three things that are drawn: a name on its strip, initials in a disc, a lock in a disc.

use std::f64::consts::{FRAC_PI_2, PI, TAU};

use cairo::{Context, Format, ImageSurface};
use pango::{EllipsizeMode, FontDescription, Layout};

/// Other scripts and emoji come by fontconfig. Naming an emoji font here would draw every digit from it.
const FONT: &str = "Noto Sans";
/// Discs of initials: dark enough for white letters (contrast above 4.5 : 1).
const DISCS: [u32; 8] = [0x1f6f8b, 0x7a4fa3, 0x2f7d4f, 0x9a5a1f, 0x3f5fb0, 0xa03f5f, 0x5f6f1f, 0x4f5f6f];
const SLATE: u32 = 0x2b3038;

/// A drawn picture: premultiplied ARGB32 in native byte order (BGRA on little endian), rows without gaps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Picture {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) pixels: Vec<u8>,
}

/// A name in white on a dark strip with round corners, cut with an ellipsis where it is too wide.
pub(super) fn name(
    fonts: &pango::Context,
    text: &str,
    size: u32,
    max_width: u32,
) -> Result<Picture, cairo::Error> {
    let layout = line(fonts, text, f64::from(size), false);
    let (pad_x, pad_y) = (f64::from(size) * 0.5, f64::from(size) * 0.2);
    let room = (f64::from(max_width) - 2.0 * pad_x).max(1.0);
    if f64::from(layout.pixel_size().0) > room {
        layout.set_ellipsize(EllipsizeMode::End);
        layout.set_width((room * f64::from(pango::SCALE)) as i32);
    }
    let (_, ink) = layout.pixel_extents();
    let (width, height) = (f64::from(ink.width()) + 2.0 * pad_x, f64::from(ink.height()) + 2.0 * pad_y);
    draw(width, height, |cr| {
        round_rect(cr, 0.0, 0.0, width, height, height * 0.25);
        cr.set_source_rgba(0.0, 0.0, 0.0, 0.6);
        cr.fill()?;
        cr.set_source_rgb(1.0, 1.0, 1.0);
        // Right-to-left lines begin at the right of their layout: its own offset is taken out.
        cr.move_to(pad_x - f64::from(ink.x()), pad_y - f64::from(ink.y()));
        pangocairo::functions::show_layout(cr, &layout);
        Ok(())
    })
}

/// Initials in white on a disc whose colour goes with `seed`.
pub(super) fn initials(
    fonts: &pango::Context,
    text: &str,
    seed: &str,
    diameter: u32,
) -> Result<Picture, cairo::Error> {
    let size = f64::from(diameter);
    let layout = line(fonts, text, size * 0.4, true);
    // Two wide characters (emoji, say) are drawn smaller rather than cut.
    let (width, _) = layout.pixel_size();
    let shrink = (size * 0.8 / f64::from(width.max(1))).min(1.0);
    let layout = if shrink < 1.0 { line(fonts, text, size * 0.4 * shrink, true) } else { layout };
    let (width, height) = layout.pixel_size();
    draw(size, size, |cr| {
        disc(cr, size, disc_colour(seed))?;
        cr.set_source_rgb(1.0, 1.0, 1.0);
        cr.move_to((size - f64::from(width)) / 2.0, (size - f64::from(height)) / 2.0);
        pangocairo::functions::show_layout(cr, &layout);
        Ok(())
    })
}

/// A padlock on a disc.
pub(super) fn lock(diameter: u32) -> Result<Picture, cairo::Error> {
    let size = f64::from(diameter);
    draw(size, size, |cr| {
        disc(cr, size, SLATE)?;
        cr.set_source_rgb(1.0, 1.0, 1.0);
        let (left, top, width, height) = (0.31 * size, 0.46 * size, 0.38 * size, 0.28 * size);
        round_rect(cr, left, top, width, height, 0.04 * size);
        cr.fill()?;
        // The shackle: a half circle on two posts.
        cr.set_line_width(0.055 * size);
        let (radius, shoulder) = (0.12 * size, 0.36 * size);
        cr.move_to(0.5 * size - radius, top);
        cr.line_to(0.5 * size - radius, shoulder);
        cr.arc(0.5 * size, shoulder, radius, PI, TAU);
        cr.line_to(0.5 * size + radius, top);
        cr.stroke()?;
        colour(cr, SLATE);
        cr.arc(0.5 * size, top + 0.4 * height, 0.035 * size, 0.0, TAU);
        cr.rectangle(0.488 * size, top + 0.4 * height, 0.024 * size, 0.33 * height);
        cr.fill()
    })
}

/// Text is only ever *set*, never parsed as markup: there is nothing to escape.
fn line(fonts: &pango::Context, text: &str, pixels: f64, bold: bool) -> Layout {
    let mut font = FontDescription::from_string(FONT);
    font.set_absolute_size(pixels * f64::from(pango::SCALE));
    font.set_weight(if bold { pango::Weight::Bold } else { pango::Weight::Medium });
    let layout = Layout::new(fonts);
    layout.set_font_description(Some(&font));
    layout.set_single_paragraph_mode(true);
    layout.set_text(text);
    layout
}

fn draw(
    width: f64,
    height: f64,
    paint: impl FnOnce(&Context) -> Result<(), cairo::Error>,
) -> Result<Picture, cairo::Error> {
    let (width, height) = (width.ceil().max(1.0) as i32, height.ceil().max(1.0) as i32);
    let mut surface = ImageSurface::create(Format::ARgb32, width, height)?;
    let cr = Context::new(&surface)?;
    paint(&cr)?;
    drop(cr);
    // Four bytes a pixel need no padding at the end of a row.
    let pixels = surface.data().map_err(|_| cairo::Error::SurfaceFinished)?.to_vec();
    Ok(Picture { width: width.unsigned_abs(), height: height.unsigned_abs(), pixels })
}

fn disc(cr: &Context, size: f64, rgb: u32) -> Result<(), cairo::Error> {
    colour(cr, rgb);
    cr.arc(size / 2.0, size / 2.0, size / 2.0, 0.0, TAU);
    cr.fill()
}

fn disc_colour(seed: &str) -> u32 {
    // FNV-1a: the same name has the same colour in every recording.
    let hash = seed.bytes().fold(0x811c_9dc5_u32, |h, b| (h ^ u32::from(b)).wrapping_mul(0x0100_0193));
    DISCS.get(hash as usize % DISCS.len()).copied().unwrap_or(SLATE)
}

fn colour(cr: &Context, rgb: u32) {
    let channel = |shift: u32| f64::from((rgb >> shift) & 0xff) / 255.0;
    cr.set_source_rgb(channel(16), channel(8), channel(0));
}

fn round_rect(cr: &Context, x: f64, y: f64, width: f64, height: f64, radius: f64) {
    cr.new_sub_path();
    cr.arc(x + width - radius, y + radius, radius, -FRAC_PI_2, 0.0);
    cr.arc(x + width - radius, y + height - radius, radius, 0.0, FRAC_PI_2);
    cr.arc(x + radius, y + height - radius, radius, FRAC_PI_2, PI);
    cr.arc(x + radius, y + radius, radius, PI, PI + FRAC_PI_2);
    cr.close_path();
}
