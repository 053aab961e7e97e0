//! What is drawn on the terminal, and the bytes that bring it from one frame to the next.
//!
//! The cursor stays visible and rests on the line below the frame. Whatever ends the process, even a kill, leaves
//! the last frame above the shell's prompt, and nothing to be undone. Bars that are [`pinned`](super::pinned)
//! stand below the cursor instead.

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
/// Not at once: a screen that is cleared from its first cell on is kept by some terminals, for scrolling back.
const CLEAR_FROM_HERE: &str = "\x1b[K\x1b[B\x1b[J\x1b[A";

/// Columns and rows.
pub(super) type Size = (usize, usize);

#[derive(Debug, Default)]
pub(super) struct Screen {
    /// The lines above the cursor that are ours.
    drawn: Vec<Line>,
    width: usize,
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
            false => self.drawn == frame.lines && self.width == size.0,
        };
        if current {
            return String::new();
        }
        let mut out = String::from(BEGIN);
        out.push_str(NO_WRAP);
        match can.pinned {
            true => self.pinned.paint(&mut out, frame, size, can),
            false => self.float(&mut out, frame, size.0, can),
        }
        out.push_str(WRAP);
        out.push_str(END);
        out
    }

    fn float(&mut self, out: &mut String, frame: &Frame, width: usize, can: Abilities) {
        if self.width != width {
            self.erase(out, width, can);
        } else {
            up(out, self.drawn.len());
        }
        for (index, line) in frame.lines.iter().enumerate() {
            if self.drawn.get(index) != Some(line) {
                out.push_str(&line.encode(can.colour));
                out.push_str(CLEAR_LINE);
            }
            out.push_str("\r\n");
        }
        // Lines of a taller frame, and what was typed meanwhile.
        out.push_str(CLEAR_BELOW);
        self.drawn.clone_from(&frame.lines);
        self.width = width;
    }

    /// The bytes that take the frame away, with the cursor where what is printed goes.
    pub(super) fn clear(&mut self, size: Size, can: Abilities) -> String {
        let mut out = String::new();
        self.erase(&mut out, size.0, can);
        self.pinned.clear(&mut out);
        out
    }

    /// The bytes that put `text`, which ends its last line, above the frame.
    pub(super) fn above(&mut self, text: &str, size: Size, can: Abilities) -> String {
        if can.pinned {
            return text.to_owned();
        }
        let frame = self.frame();
        let mut out = String::from(BEGIN);
        self.erase(&mut out, size.0, can);
        out.push_str(text);
        out.push_str(&self.paint(&frame, size, can));
        out.push_str(END);
        out
    }

    /// The bytes that leave the last frame where it is, for good, and the cursor below it.
    #[cfg(feature = "signal")]
    pub(super) fn leave(&mut self, can: Abilities) -> String {
        let mut out = String::from("\r\x1b[J");
        for line in self.pinned.drawn() {
            out.push_str(&line.encode(can.colour));
            out.push_str("\r\n");
        }
        let mut begin = String::new();
        self.pinned.clear(&mut begin);
        begin + &out
    }

    fn erase(&mut self, out: &mut String, width: usize, can: Abilities) {
        let rows = |line: &Line| match can.reflow {
            true => line.width().div_ceil(width.max(1)).max(1),
            false => 1,
        };
        if !self.drawn.is_empty() {
            up(out, self.drawn.iter().map(rows).sum());
            out.push_str(CLEAR_FROM_HERE);
            self.drawn.clear();
        }
    }
}

/// To the first cell of the row so many rows above.
fn up(out: &mut String, rows: usize) {
    if rows > 0 {
        // Writing to a string cannot fail.
        let _ = write!(out, "\r\x1b[{rows}A");
    }
}
