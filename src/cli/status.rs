//! How a recording goes, in one line.

use crate::supervisor::protocol::{LockReason, LockedTrack};

/// A track that doesn't open is worth a word after this many seconds.
const LOCKED_AFTER_S: u64 = 5;

/// `0:12:03 · 41.2 MB · 4 participants`, and what doesn't open.
pub fn progress(recorded_ms: u64, bytes: u64, participants: u32, locked: &[LockedTrack]) -> String {
    let seconds = recorded_ms / 1000;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let people = if participants == 1 { "participant" } else { "participants" };
    let mut line = format!("{hours}:{minutes:02}:{seconds:02} · {} · {participants} {people}", size(bytes));
    let shut = locked.iter().filter(|track| track.seconds >= LOCKED_AFTER_S).collect::<Vec<_>>();
    if let Some(first) = shut.first() {
        line.push_str(&format!(" · {} locked ({})", shut.len(), cause(first.reason)));
    }
    line
}

/// The likely cause, in two words: the recorder's notices say more.
fn cause(reason: LockReason) -> &'static str {
    match reason {
        LockReason::MissingKey => "no key",
        LockReason::WrongKey => "wrong key",
        LockReason::NotSupported => "not supported",
        LockReason::Av1 => "AV1 isn't encrypted",
        LockReason::Clear => "in clear",
    }
}

/// Bytes in decimal units, as file managers count.
fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    let mut value = bytes as f64 / 1000.0;
    let mut unit = UNITS[0];
    for larger in &UNITS[1..] {
        if value < 999.95 {
            break;
        }
        value /= 1000.0;
        unit = larger;
    }
    format!("{value:.1} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn track(seconds: u64) -> LockedTrack {
        LockedTrack { identity: "bob".into(), reason: LockReason::WrongKey, seconds }
    }

    #[test]
    fn a_line_for_people() {
        assert_eq!(progress(0, 0, 1, &[]), "0:00:00 · 0.0 kB · 1 participant");
        assert_eq!(progress(3_723_999, 41_234_567, 4, &[track(4)]), "1:02:03 · 41.2 MB · 4 participants");
        assert_eq!(
            progress(9_000, 999_960, 2, &[track(5), track(6), track(1)]),
            "0:00:09 · 1.0 MB · 2 participants · 2 locked (wrong key)"
        );
    }
}
