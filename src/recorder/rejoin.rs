//! When to sit down again after the seat was lost. Pure.

use std::time::Duration;

/// The first tries come fast, for most losses are a server's restart; then one every two seconds for
/// as long as the room lives: a recorder that gives up loses the concert.
pub fn delay(attempt: u32) -> Duration {
    match attempt {
        0 => Duration::ZERO,
        1 => Duration::from_millis(100),
        2 => Duration::from_millis(300),
        3 => Duration::from_secs(1),
        _ => Duration::from_secs(2),
    }
}

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
}
