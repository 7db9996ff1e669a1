//! Pictures of any rate on a canvas of one rate, without the beat between two clocks.
//!
//! A camera at the canvas's own rate, sampled naively, falls now before and now after the boundary of a
//! canvas picture: one is shown twice, the next never. So a picture takes the place after its
//! predecessor's as long as that is nearly right, and only else the nearest.

/// How far a picture may be from its place before it takes another, in canvas pictures.
const SLACK_PERCENT: i128 = 100;

/// The places of one source's pictures on the canvas.
#[derive(Debug, Clone)]
pub struct Cadence {
    fps: i128,
    last: Option<i128>,
}

impl Cadence {
    /// For a canvas of `fps` pictures a second, the first at running time zero.
    pub fn new(fps: u32) -> Self {
        Self { fps: i128::from(fps.max(1)), last: None }
    }

    /// Where a picture of running time `pts` (nanoseconds) is shown: the middle of a canvas picture, so that
    /// no rounding downstream moves it into another.
    pub fn place(&mut self, pts: i64) -> i64 {
        const SECOND: i128 = 1_000_000_000;
        // In hundredths of a canvas picture.
        let at = i128::from(pts) * self.fps * 100 / SECOND;
        let nearest = (at + 50).div_euclid(100);
        let slot = match self.last {
            Some(last) if (at - (last + 1) * 100).abs() <= SLACK_PERCENT => last + 1,
            // Never backwards; of two pictures in one place the newer is shown.
            Some(last) => nearest.max(last),
            None => nearest,
        };
        self.last = Some(slot);
        i64::try_from((2 * slot + 1) * SECOND / (2 * self.fps)).unwrap_or(pts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;

    /// Places on a 30-picture canvas, as numbers of canvas pictures.
    fn slots(times: impl Iterator<Item = i64>) -> Vec<i64> {
        let mut cadence = Cadence::new(30);
        times.map(|pts| cadence.place(pts) * 30 / SECOND).collect()
    }

    #[test]
    fn a_camera_on_the_boundary_loses_no_picture_to_jitter() {
        // Exactly between two canvas pictures, 9 ms of jitter to and fro.
        let times = (0..300).map(|n| n * SECOND / 30 + SECOND / 60 + (n % 3 - 1) * 9_000_000);
        let slots = slots(times);
        assert!(slots.windows(2).all(|pair| pair[1] == pair[0] + 1), "{slots:?}");
    }

    #[test]
    fn a_drifting_camera_skips_once_a_beat_and_stays_near_its_time() {
        let times: Vec<i64> = (0..3_000).map(|n| n * SECOND / 30 * 1_001 / 1_000).collect();
        let slots = slots(times.iter().copied());
        let steps = slots.windows(2).filter(|pair| pair[1] != pair[0] + 1).count();
        assert!((2..=3).contains(&steps), "three beats in three thousand pictures, not {steps}");
        for (slot, pts) in slots.iter().zip(&times) {
            assert!((slot * SECOND / 30 - pts).abs() <= 34_000_000);
        }
    }

    #[test]
    fn other_rates_fill_the_canvas_and_stay_near_their_time() {
        for fps in [7, 15, 24, 25, 50, 60] {
            let times: Vec<i64> = (0..600).map(|n| n * SECOND / fps).collect();
            let slots = slots(times.iter().copied());
            assert!(slots.windows(2).all(|pair| pair[1] >= pair[0]), "{fps}");
            for (slot, pts) in slots.iter().zip(&times) {
                assert!((slot * SECOND / 30 - pts).abs() <= 34_000_000, "{fps}: {slot} {pts}");
            }
            if fps >= 30 {
                assert!(slots.windows(2).all(|pair| pair[1] <= pair[0] + 1), "{fps} leaves no gap");
            }
        }
    }

    #[test]
    fn a_pause_is_not_caught_up() {
        assert_eq!(slots([0, SECOND / 30, 10 * SECOND].into_iter()), [0, 1, 300]);
    }
}
