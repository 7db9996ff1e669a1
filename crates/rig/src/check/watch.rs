//! Gathers what is seen, picture by picture: codes and black, a few bytes each.

use super::picture::{Grey, Rect, Sighting};
use super::span::{Span, spans};
use crate::truth::frames_between;

/// One participant's block in one picture.
#[derive(Debug, Clone, Copy)]
pub struct Glimpse {
    /// Which picture of the file.
    pub picture: usize,
    /// Its frame counter.
    pub counter: u32,
    /// Whether it was white.
    pub flash: bool,
    /// Where.
    pub tile: Rect,
}

/// Frames that may lie between two glimpses that belong together.
const NEAR: i64 = 60;

/// A blurred code passes for another once in 256 times (its checksum has 8 bits): one that fits neither the glimpse
/// before it nor the one after it, which fit each other.
fn is_misread(before: &Glimpse, it: &Glimpse, after: &Glimpse) -> bool {
    let near = |a: &Glimpse, b: &Glimpse| frames_between(a.counter, b.counter).abs() <= NEAR;
    near(before, after) && !near(before, it) && !near(it, after)
}

/// Everything that was seen.
#[derive(Debug, Default)]
pub struct Watch {
    pictures: usize,
    black: Vec<usize>,
    glimpses: Vec<Vec<Glimpse>>,
}

impl Watch {
    /// Looks at the next picture.
    pub fn see(&mut self, grey: &Grey<'_>) {
        if grey.is_black() {
            self.black.push(self.pictures);
        }
        for Sighting { code, flash, tile } in grey.sightings() {
            let number = usize::from(code.participant);
            if self.glimpses.len() <= number {
                self.glimpses.resize_with(number + 1, Vec::new);
            }
            let glimpse = Glimpse { picture: self.pictures, counter: code.counter, flash, tile };
            self.glimpses[number].push(glimpse);
        }
        self.pictures += 1;
    }

    /// Participants that were seen in at least two pictures (a single one may be chance).
    #[must_use]
    pub fn participants(&self) -> Vec<u8> {
        let seen = self.glimpses.iter().enumerate().filter(|(_, g)| g.len() > 1);
        seen.filter_map(|(number, _)| u8::try_from(number).ok()).collect()
    }

    /// One participant's glimpses, in order, without those that were misread.
    #[must_use]
    pub fn glimpses(&self, participant: u8) -> Vec<Glimpse> {
        let all = self.glimpses.get(usize::from(participant)).map_or(&[][..], Vec::as_slice);
        let fits = |(i, glimpse): (usize, &Glimpse)| {
            let around = i.checked_sub(1).and_then(|before| all.get(before)).zip(all.get(i + 1));
            !around.is_some_and(|(before, after)| is_misread(before, glimpse, after))
        };
        all.iter().enumerate().filter(|&(i, glimpse)| fits((i, glimpse))).map(|(_, g)| *g).collect()
    }

    /// When the whole picture was black.
    #[must_use]
    pub fn black(&self, times: &[f64], step: f64) -> Vec<Span> {
        spans(&self.black, times, step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_that_fits_nothing_around_it_was_misread() {
        let tile = Rect { x: 0.0, y: 0.0, width: 640.0, height: 360.0 };
        let glimpse = |(picture, counter)| Glimpse { picture, counter, flash: false, tile };
        let mut watch = Watch::default();
        // A misread one, a leap that lasts, and the way back.
        let counters = [100, 101, 50_000, 103, 9_000, 9_001, 104, 105];
        watch.glimpses.push((0..).zip(counters).map(glimpse).collect());
        let read: Vec<u32> = watch.glimpses(0).iter().map(|g| g.counter).collect();
        assert_eq!(read, [100, 101, 103, 9_000, 9_001, 104, 105]);
        assert!(watch.glimpses(1).is_empty());
    }
}
