//! Text measured and cut by the cells that it takes up on a screen.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::text::{MAX_MESSAGE, clean};

/// The number of cells that a text takes up.
pub(super) fn width(text: &str) -> usize {
    text.width()
}

/// The text in at most `cells` cells, without control characters, and in ASCII where the terminal
/// has no Unicode. A text that does not fit is cut between two grapheme clusters, and ends in an
/// ellipsis.
pub(super) fn fit(text: &str, cells: usize, unicode: bool) -> String {
    let text = clean(text, MAX_MESSAGE);
    let text = if unicode { text } else { to_ascii(&text).into() };
    if width(&text) <= cells {
        return text.into_owned();
    }
    let ellipsis = match (unicode, cells) {
        (true, 1..) => "…",
        (false, 6..) => "...",
        (false, 1..) => ".",
        (_, 0) => "",
    };
    let mut out = String::new();
    let mut left = cells - width(ellipsis);
    for cluster in text.graphemes(true) {
        let Some(rest) = left.checked_sub(width(cluster)) else { break };
        left = rest;
        out.push_str(cluster);
    }
    out.truncate(out.trim_end().len());
    out.push_str(ellipsis);
    out
}

/// The whole text in lines of at most `cells` cells, broken at blanks, and inside of words that are
/// longer than a line.
pub(super) fn wrap(text: &str, cells: usize, unicode: bool) -> Vec<String> {
    let text = clean(text, MAX_MESSAGE);
    let text = if unicode { text } else { to_ascii(&text).into() };
    let cells = cells.max(2); // a cluster may take two
    let (mut lines, mut line, mut used) = (Vec::new(), String::new(), 0);
    for word in text.split_inclusive(' ') {
        let is_too_long = used + width(word.trim_end()) > cells;
        if used > 0 && is_too_long {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        for cluster in word.graphemes(true) {
            if used + width(cluster) > cells {
                if cluster == " " {
                    continue;
                }
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            line.push_str(cluster);
            used += width(cluster);
        }
    }
    lines.push(line);
    lines.iter().map(|line| line.trim_end().to_owned()).collect()
}

/// The text for an ASCII terminal. Symbols that this crate itself uses are replaced by similar
/// ones, and other characters by `?`.
fn to_ascii(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for cluster in text.graphemes(true) {
        match cluster {
            "…" => out.push_str("..."),
            "·" | "–" | "—" => out.push('-'),
            "›" => out.push('>'),
            "×" => out.push('x'),
            "‘" | "’" => out.push('\''),
            "“" | "”" | "„" => out.push('"'),
            _ if cluster.is_ascii() => out.push_str(cluster),
            _ => out.extend(std::iter::repeat_n('?', width(cluster).max(1))),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{fit, width, wrap};

    #[test]
    fn a_text_that_fits_stays_as_it_is() {
        assert_eq!(fit("Größe: 日本語", 13, true), "Größe: 日本語");
        assert_eq!(fit("", 0, true), "");
    }

    #[test]
    fn a_text_is_cut_by_the_cells_that_it_takes_up() {
        assert_eq!(fit("日本語", 5, true), "日本…");
        assert_eq!(fit("日本語", 4, true), "日…");
        assert_eq!(fit("Analyze scenes", 8, true), "Analyze…");
        assert_eq!(fit("abc", 1, true), "…");
        assert_eq!(fit("abc", 0, true), "");
        assert_eq!(fit("Analyze scenes", 8, false), "Analy...");
    }

    #[test]
    fn a_text_is_wrapped_at_blanks_and_loses_nothing() {
        assert_eq!(wrap("no route to the host", 8, true), ["no route", "to the", "host"]);
        assert_eq!(
            wrap("at http://a.example/b now", 9, true),
            ["at", "http://a.", "example/b", "now"]
        );
        assert_eq!(wrap("日本語", 5, true), ["日本", "語"]);
        assert_eq!(wrap("", 5, true), [""]);
        for cells in 2..40 {
            let text = "one two-three four/five, 日本語 sixseveneight";
            let lines = wrap(text, cells, true);
            assert!(lines.iter().all(|line| width(line) <= cells), "{lines:?}");
            assert_eq!(lines.concat().replace(' ', ""), text.replace(' ', ""));
        }
    }

    #[test]
    fn grapheme_clusters_are_not_split() {
        assert_eq!(fit("e\u{301}e\u{301}e\u{301}", 2, true), "e\u{301}…");
        assert_eq!(fit("👩‍🚀 in space", 4, true), "👩‍🚀…");
        assert_eq!(fit("👩‍🚀 in space", 2, true), "…");
    }

    #[test]
    fn a_terminal_without_unicode_gets_ascii() {
        assert_eq!(fit("Größe › x…", 20, false), "Gr??e > x...");
        assert_eq!(fit("日本", 20, false), "????");
    }

    #[test]
    fn no_text_takes_more_than_its_cells() {
        for text in
            ["plain text", "日本語テキスト", "e\u{301}\u{302}x\u{1b}[2J", "👩‍🚀👨‍👩‍👧‍👦🇩🇪", "a\nb\u{202e}c"]
        {
            for cells in 0..24 {
                for unicode in [true, false] {
                    let fitted = fit(text, cells, unicode);
                    assert!(width(&fitted) <= cells, "{text:?} in {cells}: {fitted:?}");
                    assert!(!fitted.chars().any(char::is_control));
                    assert!(unicode || fitted.is_ascii());
                }
            }
        }
    }
}
