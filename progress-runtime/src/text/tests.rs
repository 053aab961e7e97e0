use std::borrow::Cow;

use super::{MAX_MESSAGE, SHORT, Text, clean, is_blank};

#[test]
fn a_text_is_read_as_it_was_written() {
    for text in ["", "scan", "x".repeat(SHORT).as_str(), "ä".repeat(SHORT).as_str()] {
        assert_eq!(Text::from(text), text);
        assert_eq!(Text::from(text), Text::from(std::sync::Arc::<str>::from(text)));
        assert_eq!(String::from(Text::from(text.to_owned())), text);
    }
    assert_eq!(size_of::<Option<Text>>(), size_of::<String>());
}

#[test]
fn a_number_reads_as_format_writes_it() {
    for number in [0, 7, 10, 1_234, u64::MAX] {
        assert_eq!(Text::number(number, None), number.to_string());
        for of in [0, 50, u64::MAX] {
            assert_eq!(Text::number(number, Some(of)), format!("{number} of {of}"));
        }
    }
}

#[test]
fn harmless_text_is_returned_unchanged() {
    for text in ["", "batch 3 of 7", "Größe: 5 µm … 日本語 👩‍🚀"] {
        assert!(matches!(clean(text, MAX_MESSAGE), Cow::Borrowed(same) if same == text));
    }
}

#[test]
fn control_characters_do_not_reach_a_terminal() {
    assert_eq!(clean("gone\u{7}\u{7f}\0", 99), "gone␇␡␀");
    assert_eq!(clean("\u{1b}\u{1b}\u{85}", 99), "␛␛\u{fffd}");
}

#[test]
fn escape_sequences_are_removed_whole() {
    for (text, shown) in [
        ("\u{1b}[32mok\u{1b}[0m", "ok"),
        ("\u{1b}[1;38;2;1;2;3mbold\u{1b}[m and \u{1b}[?25lplain", "bold and plain"),
        ("\u{1b}[2Jgone\u{7}", "gone␇"),
        ("\u{9b}31mred", "red"),
        ("\u{1b}]0;title\u{7}after", "after"),
        ("\u{1b}]8;;http://a/\u{1b}\\link\u{1b}]8;;\u{1b}\\", "link"),
        ("\u{1b}Pq#0\u{1b}\\after\u{9d}2;x\u{9c}", "after"),
        ("\u{1b}(Bplain\u{1b}7\u{1b}=\u{1b}M", "plain"),
        ("cut \u{1b}[3", "cut "),
        ("cut \u{1b}", "cut ␛"),
        ("one \u{1b}[3\ntwo", "one  two"),
        ("\u{1b}]0;without an end", "␛]0;without an end"),
        ("\u{1b}\u{1b}[1mx", "␛x"),
        ("\u{1b}é", "␛é"),
    ] {
        assert_eq!(clean(text, 99), shown, "{text:?}");
    }
    assert_eq!(clean("\u{1b}[32m1234567\u{1b}[0m", 7), "1234567");
}

#[test]
fn a_text_stays_on_one_line() {
    assert_eq!(clean("one\ntwo\tthree\rfour\u{2028}five", 99), "one two three four\u{fffd}five");
}

#[test]
fn direction_marks_are_replaced() {
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
fn every_character_is_made_harmless_and_none_is_lost() {
    let steers = |char: char| {
        char.is_control()
            || matches!(u32::from(char), 0x61c | 0x200e | 0x200f | 0x2028..=0x202e | 0x2066..=0x2069)
    };
    let every = if cfg!(miri) { 17 } else { 1 };
    for char in (0..0x3000).step_by(every).filter_map(char::from_u32) {
        // Followed by this letter, nothing is an escape sequence.
        let text = format!("a{char}ß");
        let cleaned = clean(&text, MAX_MESSAGE);
        let is_sequence = char == '\u{9b}';
        assert_eq!(cleaned.chars().count(), 3 - usize::from(is_sequence), "{char:?}");
        assert!(!cleaned.chars().any(steers), "{char:?}");
        assert_eq!(*cleaned == text, !steers(char), "{char:?}");
        assert_eq!(clean(&cleaned, MAX_MESSAGE), cleaned, "{char:?}");
    }
}

#[test]
fn no_text_is_longer_than_its_bound() {
    let texts = ["plain text", "\u{1b}\u{1b}\u{1b}\u{1b}", "aäöü日本語", "👩‍🚀👩‍🚀", "a\n\u{202e}b"];
    for text in texts {
        for max in 0..40 {
            let cleaned = clean(text, max);
            assert!(cleaned.len() <= max, "{text:?} in {max}: {cleaned:?}");
            let whole = clean(text, usize::MAX);
            assert_eq!(cleaned == whole, whole.len() <= max, "{text:?} in {max}");
        }
    }
}

#[test]
fn a_text_of_which_nothing_can_be_seen_is_blank() {
    let marks = "\u{301}\u{fe0f}";
    for text in ["", " \t\n", "\u{1b}[31m", "\u{200b}\u{feff}", "\u{ad}", "\u{2800}", marks] {
        assert!(is_blank(text), "{text:?}");
    }
    for text in ["a\u{200b}", "e\u{301}", "👩‍🚀", "❤\u{fe0f}", "שלום", "नि", "\u{202e}", "."]
    {
        assert!(!is_blank(text), "{text:?}");
    }
}

#[test]
fn a_text_is_copied_only_to_make_it_harmless() {
    const TITLE: &str = "Fetching the index of all pages";
    let kept = Text::from_static(TITLE).cleaned();
    assert!(std::ptr::eq(kept.as_str(), TITLE));
    assert_eq!(Text::from_static("two\nlines").cleaned(), "two lines");
    assert_eq!(Text::from_static(" \u{1b}[1m\u{200b}").cleaned(), "");
}
