//! The escape sequences that draw bars.

use std::fmt::Write;

/// Shows everything up to [`END_SYNC`] at once, in terminals that know it.
pub(super) const BEGIN_SYNC: &str = "\x1b[?2026h";
pub(super) const END_SYNC: &str = "\x1b[?2026l";
/// Cuts a line that the terminal takes to be wider than we do, instead of wrapping it.
pub(super) const NO_WRAP: &str = "\x1b[?7l";
pub(super) const WRAP: &str = "\x1b[?7h";
pub(super) const CLEAR_LINE: &str = "\x1b[K";
pub(super) const CLEAR_BELOW: &str = "\x1b[J";
/// Saves and restores the cursor's position and style, so that text of others goes on unchanged.
pub(super) const SAVE: &str = "\x1b7";
pub(super) const RESTORE: &str = "\x1b8";
pub(super) const NO_STYLE: &str = "\x1b[0m";
pub(super) const WHOLE_REGION: &str = "\x1b[r";
/// A line feed to which the terminal's driver adds no carriage return: the column stays.
pub(super) const LINE_FEED: &str = "\x0b";

/// Appends escape sequences. Writing to a string cannot fail.
pub(super) fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(text);
}

/// Scrolls until there are so many rows below the cursor, which keeps its position in the text.
pub(super) fn make_room(out: &mut String, rows: usize) {
    out.push_str(&LINE_FEED.repeat(rows));
    push(out, format_args!("\x1b[{rows}A"));
}

/// Moves the cursor to the start of a line: this line if it is empty, else the next one. It does so
/// with blanks up to the last column but one, which wrap only if something is there already.
pub(super) fn begin_line(out: &mut String, width: usize) {
    let blanks = " ".repeat(width.saturating_sub(1));
    push(out, format_args!("{blanks}\r{CLEAR_LINE}"));
}
