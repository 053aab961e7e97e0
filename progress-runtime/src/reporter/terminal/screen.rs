//! The bars on the screen, and the bytes that replace one frame by the next.
//!
//! The cursor stays where the program prints, and everything below it belongs to the bars. A frame
//! starts below the cursor, wherever that is by then. So a line of code that knows nothing of the
//! bars, a key that the terminal echoes, or a resize moves the frame, and is never drawn over.
//! However the process ends, the cursor is visible and nothing has to be undone. Bars that are
//! [`pinned`](super::pinned) let more through, and have to be undone.

use super::ansi::{
    BEGIN_SYNC, CLEAR_BELOW, CLEAR_LINE, END_SYNC, NO_STYLE, NO_WRAP, RESTORE, SAVE, WRAP,
    begin_line, make_room, push,
};
use super::environment::Capabilities;
use super::frame::{Frame, FrameLine};
use super::pinned::Pinned;
use super::surface::Size;

/// From this height on, the frame keeps one more blank row above it. Then two lines that are
/// printed at once, or one line that wraps, leave the bars as intact as one line does.
const SPACIOUS: usize = 20;

#[derive(Debug, Default)]
pub(super) struct Screen {
    /// The lines of the bars below the cursor.
    drawn: Vec<FrameLine>,
    size: Size,
    pinned: Pinned,
}

impl Screen {
    pub(super) fn is_empty(&self) -> bool {
        self.drawn.is_empty() && self.pinned.drawn().is_empty()
    }

    /// The frame that is on the screen.
    #[cfg(any(test, feature = "signal"))]
    pub(super) fn frame(&self) -> Frame {
        Frame { lines: [&self.drawn, self.pinned.drawn()].concat(), animated: false }
    }

    /// The bytes that replace the frame before by `frame`; none when nothing has changed.
    pub(super) fn paint(
        &mut self,
        frame: &Frame,
        size: Size,
        capabilities: Capabilities,
    ) -> String {
        let current = match capabilities.pinned {
            true => self.pinned.is_current(frame, size),
            false => self.drawn == frame.lines && (self.size == size || frame.lines.is_empty()),
        };
        if current {
            return String::new();
        }
        let mut out = String::from(BEGIN_SYNC);
        match capabilities.pinned {
            true => {
                out.push_str(NO_WRAP);
                self.pinned.paint(&mut out, frame, size, capabilities);
                out.push_str(WRAP);
            }
            false if frame.lines.is_empty() => self.erase(&mut out),
            false => self.float(&mut out, frame, size, capabilities),
        }
        out.push_str(END_SYNC);
        out
    }

    /// Draws the whole frame, because others may have printed over parts of the one before.
    fn float(&mut self, out: &mut String, frame: &Frame, size: Size, capabilities: Capabilities) {
        let rows = frame.lines.len();
        let gap = usize::from(size.1 >= SPACIOUS && rows + 2 <= size.1);
        make_room(out, gap + rows);
        out.push_str(SAVE);
        if capabilities.colour {
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
            out.push_str(&line.encode(capabilities.colour));
            out.push_str(CLEAR_LINE);
        }
        // The rest of a taller frame, and lines that a resize has wrapped.
        out.push_str(CLEAR_BELOW);
        out.push_str(WRAP);
        out.push_str(RESTORE);
        self.drawn.clone_from(&frame.lines);
        self.size = size;
    }

    /// The bytes that remove the frame and leave the cursor where the program prints.
    pub(super) fn clear(&mut self) -> String {
        let mut out = String::new();
        self.erase(&mut out);
        self.pinned.clear(&mut out);
        out
    }

    /// The bytes that print `text`, which ends with a line break, above the frame, and make that
    /// frame `frame`.
    pub(super) fn above(
        &mut self,
        text: &str,
        frame: &Frame,
        size: Size,
        capabilities: Capabilities,
    ) -> String {
        let mut out = String::from(BEGIN_SYNC);
        let was_empty = self.is_empty();
        if !capabilities.pinned || frame.lines.is_empty() {
            out.push_str(&self.clear());
        }
        if !was_empty {
            begin_line(&mut out, size.0);
        }
        out.push_str(text);
        out.push_str(&self.paint(frame, size, capabilities));
        out.push_str(END_SYNC);
        out
    }

    /// The bytes that leave the last frame on the screen for good, and the cursor below it.
    #[cfg(feature = "signal")]
    pub(super) fn leave(&mut self, size: Size, capabilities: Capabilities) -> String {
        let frame = self.frame();
        if frame.lines.is_empty() {
            return String::new();
        }
        let mut out = self.clear();
        begin_line(&mut out, size.0);
        for line in &frame.lines {
            out.push_str(&line.encode(capabilities.colour));
            out.push_str("\r\n");
        }
        out
    }

    fn erase(&mut self, out: &mut String) {
        if !self.drawn.is_empty() {
            // The line is cleared first: some terminals keep a screen that is cleared from its
            // first cell on, for scrolling back.
            make_room(out, 1);
            push(out, format_args!("{SAVE}{CLEAR_LINE}\r\n{CLEAR_BELOW}{RESTORE}"));
            self.drawn.clear();
        }
    }
}
