//! All tiles of one size, 16:9, as large as the canvas allows; a short last row is centred.

use super::rect::{Rect, even};

/// Tiles smaller than this would show nothing.
const SMALLEST: u32 = 16;

/// Places `count` tiles. Those that would be too small to see are left out (from the end).
pub(super) fn place(count: usize, width: u32, height: u32) -> Vec<Rect> {
    let largest_count = (width / SMALLEST).saturating_mul(height / SMALLEST);
    let count = u32::try_from(count).unwrap_or(u32::MAX).min(largest_count);
    let Some(columns) = columns(count, width, height) else { return Vec::new() };
    let rows = count.div_ceil(columns);
    let (tile_w, tile_h) = Rect::widescreen(width / columns, height / rows);

    let top = (height - rows * tile_h) / 2;
    (0..count)
        .map(|n| {
            let (row, column) = (n / columns, n % columns);
            let in_row = columns.min(count - row * columns);
            let left = (width - in_row * tile_w) / 2;
            Rect {
                x: even(left + column * tile_w),
                y: even(top + row * tile_h),
                width: tile_w,
                height: tile_h,
            }
        })
        .collect()
}

/// The number of columns that makes tiles largest; of equals, the one with fewest empty places.
fn columns(count: u32, width: u32, height: u32) -> Option<u32> {
    (1..=count).max_by_key(|&columns| {
        let rows = count.div_ceil(columns);
        let (w, h) = Rect::widescreen(width / columns, height / rows);
        (u64::from(w) * u64::from(h), std::cmp::Reverse(columns * rows))
    })
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn four_on_720p_are_four_quarters_of_exactly_360p() {
        let quarter = |x, y| Rect { x, y, width: 640, height: 360 };
        let expected = [quarter(0, 0), quarter(640, 0), quarter(0, 360), quarter(640, 360)];
        assert_eq!(place(4, 1280, 720), expected);
    }

    #[test]
    fn usual_rooms_on_usual_canvases() {
        let mut drawn = String::new();
        for (width, height) in [(1280, 720), (1920, 1080), (720, 1280), (640, 480)] {
            for count in [0, 1, 2, 3, 4, 5, 7, 9, 12] {
                let rects = place(count, width, height);
                let size = rects.first().map_or(String::new(), |r| format!("{}x{}", r.width, r.height));
                let places = rects.iter().map(|r| format!("{},{}", r.x, r.y)).collect::<Vec<_>>().join(" ");
                writeln!(drawn, "{width}x{height} {count}: {size} at {places}").unwrap();
            }
        }
        insta::assert_snapshot!(drawn);
    }

    proptest! {
        #[test]
        fn tiles_are_even_inside_the_canvas_and_apart(
            count in 0_usize..400, width in 8_u32..2000, height in 8_u32..2000,
        ) {
            let (width, height) = (even(width), even(height));
            let rects = place(count, width, height);
            for (n, a) in rects.iter().enumerate() {
                prop_assert!([a.x, a.y, a.width, a.height].iter().all(|v| v % 2 == 0), "{a:?}");
                prop_assert!(a.x + a.width <= width && a.y + a.height <= height, "{a:?}");
                prop_assert!(a.width > 0 && a.height > 0, "{a:?}");
                for b in &rects[n + 1..] {
                    let apart = a.x + a.width <= b.x || b.x + b.width <= a.x
                        || a.y + a.height <= b.y || b.y + b.height <= a.y;
                    prop_assert!(apart, "{a:?} {b:?}");
                }
            }
        }
    }
}
