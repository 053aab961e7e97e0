//! The bars pinned to the bottom of the screen: everything else scrolls in the region above them.
//!
//! The cursor stays where the program prints, and everything below it belongs to the bars. After a
//! resize, which moves things in ways that only the terminal knows, all that is below the cursor is
//! cleared and drawn again.

use super::ansi::{CLEAR_BELOW, CLEAR_LINE, LINE_FEED, RESTORE, SAVE, WHOLE_REGION, push};
use super::environment::Capabilities;
use super::frame::{Frame, FrameLine};
use super::surface::Size;

#[derive(Debug, Default)]
pub(super) struct Pinned {
    drawn: Vec<FrameLine>,
    size: Size,
}

impl Pinned {
    pub(super) fn drawn(&self) -> &[FrameLine] {
        &self.drawn
    }

    pub(super) fn is_current(&self, frame: &Frame, size: Size) -> bool {
        self.drawn == frame.lines && (self.size == size || frame.lines.is_empty())
    }

    /// The bytes that replace the frame before by `frame`.
    pub(super) fn paint(
        &mut self,
        out: &mut String,
        frame: &Frame,
        size: Size,
        capabilities: Capabilities,
    ) {
        if self.size != size || frame.lines.is_empty() {
            self.clear(out);
        }
        let height = size.1;
        let (before, now) = (self.drawn.len(), frame.lines.len());
        if now == 0 {
            return;
        }
        if now > before {
            // The text in the rows of the frame moves up, and the cursor with it.
            out.push_str(&LINE_FEED.repeat(now - before));
            push(out, format_args!("\x1b[{}A", now - before));
        }
        out.push_str(SAVE);
        let top = height.saturating_sub(now);
        push(out, format_args!("\x1b[1;{}r", top.max(1)));
        for row in height.saturating_sub(before)..top {
            push(out, format_args!("\x1b[{};1H{CLEAR_LINE}", row + 1));
        }
        for (index, line) in frame.lines.iter().enumerate() {
            if before != now || self.drawn.get(index) != Some(line) {
                let text = line.encode(capabilities.colour);
                push(out, format_args!("\x1b[{};1H{text}{CLEAR_LINE}", top + index + 1));
            }
        }
        out.push_str(RESTORE);
        self.drawn.clone_from(&frame.lines);
        self.size = size;
    }

    /// The bytes that give the whole screen back to the program.
    pub(super) fn clear(&mut self, out: &mut String) {
        if !self.drawn.is_empty() {
            push(out, format_args!("{SAVE}{WHOLE_REGION}{RESTORE}{CLEAR_BELOW}"));
            self.drawn.clear();
        }
    }
}
