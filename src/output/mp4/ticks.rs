//! Nanoseconds and the clock ticks of tracks.

const NANOS: i128 = 1_000_000_000;

/// Ticks of the movie's own clock per second: fine enough for edit lists, exact for every usual frame rate.
pub(super) const MOVIE_TIMESCALE: u32 = 90_000;

/// Nearest tick. A time that overflows 64 bits saturates: 292 years of ticks are no recording.
pub(super) fn from_nanos(nanos: i64, timescale: u32) -> i64 {
    let scaled = i128::from(nanos) * i128::from(timescale) + NANOS / 2;
    saturate(scaled.div_euclid(NANOS))
}

/// Nearest nanosecond; a clock of zero ticks a second (damage) stands still.
pub(super) fn to_nanos(ticks: i64, timescale: u32) -> i64 {
    convert(ticks, timescale, NANOS)
}

/// From one clock to another, to the nearest tick.
pub(super) fn rescale(ticks: i64, from: u32, to: u32) -> i64 {
    convert(ticks, from, i128::from(to))
}

fn convert(ticks: i64, from: u32, to: i128) -> i64 {
    let from = i128::from(from);
    if from == 0 {
        return 0;
    }
    saturate((i128::from(ticks) * to + from / 2).div_euclid(from))
}

fn saturate(value: i128) -> i64 {
    i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX })
}
