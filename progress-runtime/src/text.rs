//! Text that comes from jobs, made harmless and bounded.
//!
//! Titles, messages and errors are shown in terminals, logs and browsers. A file name in one of them must not
//! be able to move a cursor, to start a line of its own, to turn the direction of what follows, or to fill a
//! disk.

use std::borrow::Cow;

/// The most bytes of a message, title, reason or error that are kept.
pub(crate) const MAX_MESSAGE: usize = 1024;

/// The text as one line of at most `max_bytes` bytes, without anything that steers what shows it.
///
/// Line breaks and tabs become spaces, other control characters their pictures (`␛`), C1 controls, marks of
/// direction and Unicode's own line breaks `U+FFFD`. What does not fit is cut between two characters, and
/// `…` put in its place.
pub(crate) fn clean(text: &str, max_bytes: usize) -> Cow<'_, str> {
    if text.len() <= max_bytes && text.chars().all(|char| harmless(char) == char) {
        return Cow::Borrowed(text);
    }
    let ellipsis = if max_bytes < '…'.len_utf8() { "" } else { "…" };
    let mut out = String::with_capacity(text.len().min(max_bytes));
    let mut cut = 0;
    for char in text.chars().map(harmless) {
        if out.len() + char.len_utf8() > max_bytes {
            out.truncate(cut);
            out.push_str(ellipsis);
            break;
        }
        out.push(char);
        if out.len() + ellipsis.len() <= max_bytes {
            cut = out.len();
        }
    }
    Cow::Owned(out)
}

/// What is shown in place of a character: itself where it steers nothing.
fn harmless(char: char) -> char {
    match char {
        ' '..='~' => char,
        '\t' | '\n' | '\r' => ' ',
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(char)).unwrap_or('\u{fffd}'),
        '\u{7f}' => '␡',
        '\u{80}'..='\u{9f}'
        | '\u{61c}'
        | '\u{200e}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        _ => char,
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::{MAX_MESSAGE, clean};

    #[test]
    fn harmless_text_is_handed_back_as_it_is() {
        for text in ["", "batch 3 of 7", "Größe: 5 µm … 日本語 👩‍🚀"] {
            assert!(matches!(clean(text, MAX_MESSAGE), Cow::Borrowed(same) if same == text));
        }
    }

    #[test]
    fn a_terminal_is_not_steered() {
        assert_eq!(clean("\u{1b}[2Jgone\u{7}", 99), "␛[2Jgone␇");
        assert_eq!(clean("\u{9b}31mred\u{7f}\0", 99), "\u{fffd}31mred␡␀");
    }

    #[test]
    fn a_text_stays_on_its_line() {
        assert_eq!(
            clean("one\ntwo\tthree\rfour\u{2028}five", 99),
            "one two three four\u{fffd}five"
        );
    }

    #[test]
    fn a_text_cannot_turn_the_direction() {
        assert_eq!(clean("a\u{202e}b\u{2066}c\u{200f}d", 99), "a\u{fffd}b\u{fffd}c\u{fffd}d");
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(clean("abcdef", 6), "abcdef");
        assert_eq!(clean("abcdefg", 6), "abc…");
        assert_eq!(clean("aäöü", 6), "aä…");
        assert_eq!(clean("日本語", 8), "日…");
        assert_eq!(clean("\u{1b}\u{1b}", 5), "…");
        assert_eq!(clean("abc", 2), "ab");
        assert_eq!(clean("日", 2), "");
        assert_eq!(clean("a", 0), "");
    }

    #[test]
    fn every_character_comes_out_harmless_and_none_is_lost() {
        let steers = |char: char| {
            char.is_control()
                || matches!(u32::from(char), 0x61c | 0x200e | 0x200f | 0x2028..=0x202e | 0x2066..=0x2069)
        };
        for char in (0..0x3000).filter_map(char::from_u32) {
            let text = format!("a{char}b");
            let cleaned = clean(&text, MAX_MESSAGE);
            assert_eq!(cleaned.chars().count(), 3, "{char:?}");
            assert!(!cleaned.chars().any(steers), "{char:?}");
            assert_eq!(*cleaned == text, !steers(char), "{char:?}");
            assert_eq!(clean(&cleaned, MAX_MESSAGE), cleaned, "{char:?}");
        }
    }

    #[test]
    fn no_text_is_longer_than_its_bound() {
        let texts =
            ["plain text", "\u{1b}\u{1b}\u{1b}\u{1b}", "aäöü日本語", "👩‍🚀👩‍🚀", "a\n\u{202e}b"];
        for text in texts {
            for max in 0..40 {
                let cleaned = clean(text, max);
                assert!(cleaned.len() <= max, "{text:?} in {max}: {cleaned:?}");
                let whole = clean(text, usize::MAX);
                assert_eq!(cleaned == whole, whole.len() <= max, "{text:?} in {max}");
            }
        }
    }
}
