//! What is drawn on the terminal, and the bytes that bring it from one frame to the next.
//!
//! The cursor stays where the program prints, and all that is below it is ours. A frame begins below the cursor,
//! wherever that is by then: so a line that somebody prints who knows nothing of the bars, a key that is echoed,
//! or a resize moves the frame, and is never drawn over. Whatever ends the process, the cursor is visible and
//! nothing is to be undone. Bars that are [`pinned`](super::pinned) let more through, and are to be undone.

use std::fmt::Write;

use super::frame::{Frame, Line};
use super::pinned::Pinned;
use super::surroundings::Abilities;

/// Terminals that know it show all of a frame at once; the others ignore it.
const BEGIN: &str = "\x1b[?2026h";
const END: &str = "\x1b[?2026l";
/// A line that the terminal takes for wider than we do is cut rather than broken.
const NO_WRAP: &str = "\x1b[?7l";
const WRAP: &str = "\x1b[?7h";
const CLEAR_LINE: &str = "\x1b[K";
const CLEAR_BELOW: &str = "\x1b[J";
/// The cursor's place and its colours: what was printed so far goes on as it was.
pub(super) const SAVE: &str = "\x1b7";
pub(super) const RESTORE: &str = "\x1b8";
const NO_STYLE: &str = "\x1b[0m";
/// A line feed that the terminal's driver does not add a return to: the cursor keeps its column.
const INDEX: &str = "\x0b";

/// From so many rows on there is a blank one more between what is printed and the frame: two lines that are
/// printed at once, or one that is wrapped, are then as safe as one.
const SPACIOUS: usize = 20;

/// Columns and rows.
pub(super) type Size = (usize, usize);

#[derive(Debug, Default)]
pub(super) struct Screen {
    /// The lines below the cursor that are ours.
    drawn: Vec<Line>,
    size: Size,
    pinned: Pinned,
}

impl Screen {
    pub(super) fn is_empty(&self) -> bool {
        self.drawn.is_empty() && self.pinned.drawn().is_empty()
    }

    /// What is on the screen.
    pub(super) fn frame(&self) -> Frame {
        Frame { lines: [&self.drawn, self.pinned.drawn()].concat(), animated: false }
    }

    /// The bytes that put `frame` in the place of the one before; none where nothing has changed.
    pub(super) fn paint(&mut self, frame: &Frame, size: Size, can: Abilities) -> String {
        let current = match can.pinned {
            true => self.pinned.is_current(frame, size),
            false => self.drawn == frame.lines && (self.size == size || frame.lines.is_empty()),
        };
        if current {
            return String::new();
        }
        let mut out = String::from(BEGIN);
        match can.pinned {
            true => {
                out.push_str(NO_WRAP);
                self.pinned.paint(&mut out, frame, size, can);
                out.push_str(WRAP);
            }
            false if frame.lines.is_empty() => self.erase(&mut out),
            false => self.float(&mut out, frame, size, can),
        }
        out.push_str(END);
        out
    }

    /// Draws all of the frame, as nobody knows what has become of the one before.
    fn float(&mut self, out: &mut String, frame: &Frame, size: Size, can: Abilities) {
        let rows = frame.lines.len();
        let gap = usize::from(size.1 >= SPACIOUS && rows + 2 <= size.1);
        make_room(out, gap + rows);
        out.push_str(SAVE);
        if can.colour {
            out.push_str(NO_STYLE);
        }
        out.push_str(NO_WRAP);
        out.push_str(CLEAR_LINE);
        for _ in 0..gap {
            out.push_str("\r\n");
            out.push_str(CLEAR_LINE);
        }
        for line in &frame.lines {
            out.push_str("\r\n");
            out.push_str(&line.encode(can.colour));
            out.push_str(CLEAR_LINE);
        }
        // Lines of a taller frame, and what a resize has made of it.
        out.push_str(CLEAR_BELOW);
        out.push_str(WRAP);
        out.push_str(RESTORE);
        self.drawn.clone_from(&frame.lines);
        self.size = size;
    }

    /// The bytes that take the frame away, with the cursor where what is printed goes.
    pub(super) fn clear(&mut self) -> String {
        let mut out = String::new();
        self.erase(&mut out);
        self.pinned.clear(&mut out);
        out
    }

    /// The bytes that put `text`, which ends its last line, above the frame, which then is `frame`.
    pub(super) fn above(
        &mut self,
        text: &str,
        frame: &Frame,
        size: Size,
        can: Abilities,
    ) -> String {
        let mut out = String::from(BEGIN);
        let was_empty = self.is_empty();
        if !can.pinned || frame.lines.is_empty() {
            out.push_str(&self.clear());
        }
        if !was_empty {
            begin_line(&mut out, size.0);
        }
        out.push_str(text);
        out.push_str(&self.paint(frame, size, can));
        out.push_str(END);
        out
    }

    /// The bytes that leave the last frame where it is, for good, and the cursor below it.
    #[cfg(feature = "signal")]
    pub(super) fn leave(&mut self, size: Size, can: Abilities) -> String {
        let frame = self.frame();
        if frame.lines.is_empty() {
            return String::new();
        }
        let mut out = self.clear();
        begin_line(&mut out, size.0);
        for line in &frame.lines {
            out.push_str(&line.encode(can.colour));
            out.push_str("\r\n");
        }
        out
    }

    fn erase(&mut self, out: &mut String) {
        if !self.drawn.is_empty() {
            // Not all at once: a screen that is cleared from its first cell on is kept by some terminals, for
            // scrolling back.
            make_room(out, 1);
            let _ = write!(out, "{SAVE}{CLEAR_LINE}\r\n{CLEAR_BELOW}{RESTORE}");
            self.drawn.clear();
        }
    }
}

/// Has so many rows below the cursor, which keeps its place in the text.
fn make_room(out: &mut String, rows: usize) {
    out.push_str(&INDEX.repeat(rows));
    // Writing to a string cannot fail.
    let _ = write!(out, "\x1b[{rows}A");
}

/// Brings the cursor to the begin of a line: of this one if there is nothing on it, else of the next. Blanks that
/// reach to the last column but one tell the two apart.
fn begin_line(out: &mut String, width: usize) {
    let blanks = " ".repeat(width.saturating_sub(1));
    let _ = write!(out, "{blanks}\r{CLEAR_LINE}");
}
