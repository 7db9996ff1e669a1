//! Finds the publishers' blocks in a grey picture, wherever and however large they are.
//!
//! A block is a dark ring in a white one. Dark pixels are joined into components; each component with
//! the ring's proportions is read as a block, and counts when its checksum is right.

use crate::truth::{BLOCK, Code, DATA};

/// Pixels at least this dark may belong to a ring.
const DARK: u8 = 96;
/// Beside a block, white from here on is a flash; colours have a luma near 125.
const FLASH: u8 = 190;

/// A rectangle in pixels.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Rect {
    /// Left edge.
    pub x: f32,
    /// Upper edge.
    pub y: f32,
    /// Width.
    pub width: f32,
    /// Height.
    pub height: f32,
}

impl Rect {
    /// Whether every edge is within `pixels` of the other's.
    #[must_use]
    pub fn is_near(&self, other: &Self, pixels: f32) -> bool {
        let (right, bottom) = (self.x + self.width, self.y + self.height);
        (self.x - other.x).abs() <= pixels
            && (self.y - other.y).abs() <= pixels
            && (right - other.x - other.width).abs() <= pixels
            && (bottom - other.y - other.height).abs() <= pixels
    }
}

/// A block that was read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sighting {
    /// What it says.
    pub code: Code,
    /// Whether the picture beside it is white.
    pub flash: bool,
    /// The publisher's whole picture, as its block tells (16:9 assumed).
    pub tile: Rect,
}

/// A grey picture, rows one after another.
#[derive(Debug, Clone, Copy)]
pub struct Grey<'a> {
    /// Luma, 0 is black, 255 white.
    pub pixels: &'a [u8],
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

impl Grey<'_> {
    fn at(&self, x: f32, y: f32) -> Option<u8> {
        if x < 0.0 || y < 0.0 || x >= self.width as f32 || y >= self.height as f32 {
            return None;
        }
        self.pixels.get(y as usize * self.width + x as usize).copied()
    }

    /// Mean of the nine points around, `step` apart.
    fn around(&self, x: f32, y: f32, step: f32) -> Option<u8> {
        let mut sum = 0u32;
        for dy in [-step, 0.0, step] {
            for dx in [-step, 0.0, step] {
                sum += u32::from(self.at(x + dx, y + dy)?);
            }
        }
        u8::try_from(sum / 9).ok()
    }

    /// Whether there is nothing to be seen: hardly a point in a hundred is brighter than near black.
    #[must_use]
    pub fn is_black(&self) -> bool {
        let sampled = self.pixels.iter().step_by(7);
        let bright = sampled.clone().filter(|&&p| p > 40).count();
        bright * 100 <= sampled.count()
    }

    /// Every block in the picture.
    #[must_use]
    pub fn sightings(&self) -> Vec<Sighting> {
        // A cell of the smallest tile of a 5x5 grid on 720 rows is 10 pixels wide: every second pixel will do.
        let stride = if self.width >= 960 { 2 } else { 1 };
        components(self, stride).into_iter().filter_map(|ring| self.read(ring)).collect()
    }

    fn read(&self, ring: Rect) -> Option<Sighting> {
        let (columns, rows) = ((BLOCK.0 - 2) as f32, (BLOCK.1 - 2) as f32);
        let (cw, ch) = (ring.width / columns, ring.height / rows);
        let (middle_x, middle_y) = (ring.x + ring.width / 2.0, ring.y + ring.height / 2.0);
        let step = cw.min(ch) / 5.0;
        let white = self.around(middle_x, ring.y - ch / 2.0, step)?;
        let black = self.around(ring.x + cw / 2.0, middle_y, step)?;
        if white < black.saturating_add(70) {
            return None;
        }
        let threshold = u8::midpoint(white, black);
        let mut bits = 0u32;
        for row in 0..DATA.1 {
            for column in 0..DATA.0 {
                let x = ring.x + (column as f32 + 1.5) * cw;
                let y = ring.y + (row as f32 + 1.5) * ch;
                bits = (bits << 1) | u32::from(self.around(x, y, step)? > threshold);
            }
        }
        let code = Code::from_bits(bits)?;
        // One cell beyond the white ring lies the publisher's colour, or the flash.
        let beside = self.around(ring.x - 2.0 * cw, middle_y, step).or_else(|| {
            // A layout may crop the sides.
            self.around(middle_x, ring.y + ring.height + 1.6 * ch, step)
        })?;
        let (width, height) = (cw * 24.0, ch * 27.0 / 2.0);
        let tile = Rect { x: ring.x - 7.0 * cw, y: ring.y - ch - height / 20.0, width, height };
        Some(Sighting { code, flash: beside > FLASH, tile })
    }
}

/// A horizontal run of dark pixels: first and last column, and its component.
struct Run {
    from: usize,
    to: usize,
    component: usize,
}

/// Boxes of the dark components that could be rings.
fn components(grey: &Grey<'_>, stride: usize) -> Vec<Rect> {
    let mut parents: Vec<usize> = Vec::new();
    let mut boxes: Vec<[usize; 4]> = Vec::new();
    let mut above: Vec<Run> = Vec::new();
    for y in (0..grey.height).step_by(stride) {
        let Some(row) = grey.pixels.get(y * grey.width..(y + 1) * grey.width) else { break };
        let mut here: Vec<Run> = Vec::with_capacity(above.len() + 4);
        let mut start = None;
        for x in (0..=grey.width).step_by(stride) {
            let dark = row.get(x).is_some_and(|&p| p < DARK);
            match (dark, start) {
                (true, None) => start = Some(x),
                (false, Some(from)) => {
                    let component = parents.len();
                    parents.push(component);
                    boxes.push([from, y, x - stride, y]);
                    here.push(Run { from, to: x - stride, component });
                    start = None;
                }
                _ => {}
            }
        }
        if let Some(from) = start {
            let component = parents.len();
            parents.push(component);
            boxes.push([from, y, grey.width - 1, y]);
            here.push(Run { from, to: grey.width - 1, component });
        }
        join(&mut parents, &above, &here);
        above = here;
    }
    for component in 0..parents.len() {
        let top = root(&mut parents, component);
        let [x0, y0, x1, y1] = boxes[component];
        let whole = &mut boxes[top];
        *whole = [whole[0].min(x0), whole[1].min(y0), whole[2].max(x1), whole[3].max(y1)];
    }
    let mut found = Vec::new();
    for (component, [x0, y0, x1, y1]) in boxes.iter().copied().enumerate() {
        if parents[component] != component {
            continue;
        }
        let (width, height) = ((x1 - x0 + stride) as f32, (y1 - y0 + stride) as f32);
        let proportion = width / height;
        // 10 x 6 cells.
        if width >= 20.0 && (1.4..2.0).contains(&proportion) {
            found.push(Rect { x: x0 as f32, y: y0 as f32, width, height });
        }
    }
    found
}

/// Joins runs that touch across two rows; both are ordered.
fn join(parents: &mut [usize], above: &[Run], here: &[Run]) {
    let mut first = 0;
    for run in here {
        while above.get(first).is_some_and(|a| a.to < run.from) {
            first += 1;
        }
        for other in above[first..].iter().take_while(|a| a.from <= run.to) {
            let (a, b) = (root(parents, run.component), root(parents, other.component));
            parents[a.max(b)] = a.min(b);
        }
    }
}

fn root(parents: &mut [usize], mut component: usize) -> usize {
    while parents[component] != component {
        parents[component] = parents[parents[component]];
        component = parents[component];
    }
    component
}
