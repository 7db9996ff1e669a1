//! Names as participants give them, made fit to be drawn: hostile text in, one tame line out.

use unicode_segmentation::UnicodeSegmentation;

/// Characters, as people count them, that a name may have.
const NAME_GRAPHEMES: usize = 64;
/// Code points that one of them may have: the longest emoji sequences have ten, a stack of accents thousands.
const GRAPHEME_CODE_POINTS: usize = 16;

/// One line without controls or direction overrides, trimmed, cut at 64 characters with an ellipsis.
pub(super) fn clean(name: &str) -> String {
    let mut out = String::new();
    let mut count = 0;
    let mut space = false;
    for grapheme in name.graphemes(true) {
        if grapheme.chars().any(|c| c.is_whitespace() || matches!(c, '\u{2028}' | '\u{2029}')) {
            space = !out.is_empty();
            continue;
        }
        let tame: String = grapheme.chars().filter(|c| !is_hidden(*c)).take(GRAPHEME_CODE_POINTS).collect();
        if tame.is_empty() {
            continue;
        }
        if count == NAME_GRAPHEMES {
            out.push('…');
            return out;
        }
        if space {
            out.push(' ');
            space = false;
            count += 1;
        }
        out.push_str(&tame);
        count += 1;
    }
    out
}

/// One or two characters that stand for a name: of its first and its last word.
pub(super) fn initials(name: &str) -> String {
    let name = clean(name);
    let mut words = name.split(' ').filter_map(first);
    let Some(first) = words.next() else { return "?".into() };
    words.next_back().map_or_else(|| first.clone(), |last| format!("{first}{last}"))
}

/// The first character of a word that isn't punctuation, in upper case.
fn first(word: &str) -> Option<String> {
    let is_mark = |g: &str| g.chars().all(|c| c.is_ascii_punctuation());
    word.graphemes(true).find(|g| !is_mark(g)).map(str::to_uppercase)
}

/// Controls (Unicode category Cc), marks that override or embed direction (UAX #9), byte order marks,
/// interlinear annotations, and language tags. Joiners stay: Persian and emoji need them.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{061C}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
            | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFC}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_world_stay_as_they_are() {
        for name in ["Ada Lovelace", "Zoë", "王小明", "محمد علي", "می‌خواهم", "👩‍👩‍👧 Team", "<b>&\"", "🏴󠁧󠁢󠁳󠁣󠁴󠁿"]
        {
            assert_eq!(clean(name), name);
        }
    }

    #[test]
    fn what_would_trick_the_eye_is_gone() {
        assert_eq!(clean("\u{202E}nimda\u{202C}"), "nimda");
        assert_eq!(clean("a\u{0}b\u{7}c\u{1b}[31m"), "abc[31m");
        assert_eq!(clean("  two\n\tlines \r\n "), "two lines");
        assert_eq!(clean("\u{2066}\u{2069}\u{200B}"), "");
    }

    #[test]
    fn long_names_end_in_an_ellipsis_between_characters() {
        let name = clean(&"👩‍👩‍👧".repeat(1000));
        assert_eq!(name, format!("{}…", "👩‍👩‍👧".repeat(64)));
        assert_eq!(clean(&"x".repeat(64)), "x".repeat(64));
    }

    #[test]
    fn a_tower_of_accents_is_cut() {
        let name = clean(&format!("e{}", "\u{301}".repeat(100_000)));
        assert_eq!(name.chars().count(), GRAPHEME_CODE_POINTS);
    }

    #[test]
    fn initials_are_of_the_first_and_the_last_word() {
        for (name, expected) in [
            ("Ada Lovelace", "AL"),
            ("ada", "A"),
            ("Johann Sebastian Bach", "JB"),
            ("王小明", "王"),
            ("👩‍👩‍👧 team", "👩‍👩‍👧T"),
            ("(guest) 42", "G4"),
            ("", "?"),
            ("…", "…"),
            ("---", "?"),
        ] {
            assert_eq!(initials(name), expected, "{name}");
        }
    }
}
