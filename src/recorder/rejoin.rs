//! When to sit down again after the seat was lost. Pure.

use std::time::Duration;

/// The first tries come fast, for most losses are a server's restart; then one every two seconds for
/// as long as the room lives: a recorder that gives up loses the concert.
pub fn delay(attempt: u32) -> Duration {
    match attempt {
        0 => Duration::ZERO,
        1 => Duration::from_millis(100),
        2 => Duration::from_millis(300),
        3..30 => Duration::from_millis(500),
        _ => Duration::from_secs(2),
    }
}

/// The number of the next try after a seat that was held for so long. One that is lost at once was no success: a
/// server that lets us in and throws us out isn't asked ever faster.
pub fn attempt_after(former: u32, held: Duration) -> u32 {
    if held < STEADY { former.saturating_add(1) } else { 0 }
}

/// A seat that was held for this long was a success.
const STEADY: Duration = Duration::from_secs(10);

/// How long the client may try to mend its connection before the seat is taken again, with a token of that moment.
/// The client gives up after ten tries, with the token it had, and waits up to seven seconds in between.
pub const MEND_WITHIN: Duration = Duration::from_secs(3);

/// How long a room that can't be reached may stay so before the recording ends with an error.
pub const GIVE_UP_AFTER: Duration = Duration::from_secs(10 * 60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_try_is_at_once_and_the_pauses_are_bounded() {
        assert_eq!(delay(0), Duration::ZERO);
        assert!((0..100).all(|n| delay(n) <= delay(n + 1)));
        assert!(delay(u32::MAX) <= Duration::from_secs(2));
    }

    #[test]
    fn a_seat_that_is_lost_at_once_counts_as_a_try() {
        for (former, held, next) in
            [(0, 60, 0), (7, 60, 0), (7, 10, 0), (0, 1, 1), (7, 9, 8), (u32::MAX, 0, u32::MAX)]
        {
            assert_eq!(attempt_after(former, Duration::from_secs(held)), next, "{former} {held}");
        }
    }
}
