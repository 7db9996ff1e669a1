//! Gathers what is seen, picture by picture: codes and black, a few bytes each.

use super::picture::{Grey, Rect, Sighting};
use super::span::{Span, spans};

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

    /// One participant's glimpses, in order.
    #[must_use]
    pub fn glimpses(&self, participant: u8) -> &[Glimpse] {
        self.glimpses.get(usize::from(participant)).map_or(&[], Vec::as_slice)
    }

    /// When the whole picture was black.
    #[must_use]
    pub fn black(&self, times: &[f64], step: f64) -> Vec<Span> {
        spans(&self.black, times, step)
    }
}
