//! The screen of bars that are pinned to the bottom: everything else scrolls in the region above them.
//!
//! The cursor stays where the program prints. All that is below it is ours, so that a resize, which moves things
//! in ways that only the terminal knows, leaves nothing behind: what is below the cursor is taken away, and drawn
//! anew.

use std::fmt::Write;

use super::frame::{Frame, Line};
use super::screen::{RESTORE, SAVE, Size};
use super::surroundings::Abilities;

const WHOLE_REGION: &str = "\x1b[r";
const CLEAR_LINE: &str = "\x1b[K";
const CLEAR_BELOW: &str = "\x1b[J";
/// A line feed that the terminal's driver does not add a return to: the cursor keeps its column.
const INDEX: &str = "\x0b";

#[derive(Debug, Default)]
pub(super) struct Pinned {
    drawn: Vec<Line>,
    size: Size,
}

impl Pinned {
    pub(super) fn drawn(&self) -> &[Line] {
        &self.drawn
    }

    pub(super) fn is_current(&self, frame: &Frame, size: Size) -> bool {
        self.drawn == frame.lines && (self.size == size || frame.lines.is_empty())
    }

    /// The bytes that put `frame` in the place of the one before.
    pub(super) fn paint(&mut self, out: &mut String, frame: &Frame, size: Size, can: Abilities) {
        if self.size != size || frame.lines.is_empty() {
            self.clear(out);
        }
        let height = size.1;
        let (before, now) = (self.drawn.len(), frame.lines.len());
        if now == 0 {
            return;
        }
        if now > before {
            // What stands where the frame is to be moves up, and the cursor with it.
            out.push_str(&INDEX.repeat(now - before));
            let _ = write!(out, "\x1b[{}A", now - before);
        }
        out.push_str(SAVE);
        let top = height.saturating_sub(now);
        // Writing to a string cannot fail.
        let _ = write!(out, "\x1b[1;{}r", top.max(1));
        for row in height.saturating_sub(before)..top {
            let _ = write!(out, "\x1b[{};1H{CLEAR_LINE}", row + 1);
        }
        for (index, line) in frame.lines.iter().enumerate() {
            if before != now || self.drawn.get(index) != Some(line) {
                let text = line.encode(can.colour);
                let _ = write!(out, "\x1b[{};1H{text}{CLEAR_LINE}", top + index + 1);
            }
        }
        out.push_str(RESTORE);
        self.drawn.clone_from(&frame.lines);
        self.size = size;
    }

    /// The bytes that give the whole screen back.
    pub(super) fn clear(&mut self, out: &mut String) {
        if !self.drawn.is_empty() {
            let _ = write!(out, "{SAVE}{WHOLE_REGION}{RESTORE}{CLEAR_BELOW}");
            self.drawn.clear();
        }
    }
}
