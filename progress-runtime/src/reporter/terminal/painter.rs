//! The painter: it writes frames, and prints the lines of the program above them.
//!
//! While the bars are [suspended](Painter::suspend), it writes nothing. It keeps the latest frame
//! and all lines, and writes them when the bars are shown again.
//!
//! Lines that follow a repaint within the time of one frame are kept too, and go out together with
//! the next one. So a busy log costs its own bytes, and not a frame for each line.

use std::io::{self, ErrorKind, Write};
use std::time::Instant;

use super::direct;
use super::environment::Capabilities;
use super::frame::Frame;
use super::pace::FRAME;
use super::screen::Screen;
use super::surface::{OutputStream, Size, Surface};
use super::taskbar::Taskbar;
use crate::reporter::background::DELIVERY_LIMIT;
use crate::reporter::outbox::Outbox;

/// The most bytes of lines that are kept while the bars are suspended. Further lines are printed at
/// once, so that a prompt that nobody answers does not fill the memory.
const MAX_KEPT: usize = 1 << 20;

pub(super) struct Painter {
    /// The stream that the bars are on.
    own: Outbox,
    /// The other stream.
    other: Box<dyn Write + Send>,
    surface: Surface,
    capabilities: Capabilities,
    screen: Screen,
    /// The latest frame. It is not on the screen while the bars are suspended.
    frame: Frame,
    /// The latest state of the taskbar, and the state that it shows.
    taskbar: Taskbar,
    shown_taskbar: Taskbar,
    /// How many threads have suspended the bars.
    suspensions: usize,
    /// The lines that have come meanwhile, or since the latest repaint.
    kept: Vec<(OutputStream, String)>,
    /// When the bars were last painted.
    painted: Option<Instant>,
    /// Whether nothing more is written: the terminal has failed, or the process is about to exit.
    is_closed: bool,
    error: Option<io::Error>,
    /// The error of the other stream, for the next that prints there.
    other_error: Option<io::Error>,
}

impl Painter {
    pub(super) fn new(
        stdout: Box<dyn Write + Send>,
        stderr: Box<dyn Write + Send>,
        surface: Surface,
        capabilities: Capabilities,
    ) -> Self {
        let (own, other) = match surface.stream() {
            OutputStream::Stdout => (stdout, stderr),
            OutputStream::Stderr => (stderr, stdout),
        };
        Self {
            own: Outbox::new(own),
            other,
            surface,
            capabilities,
            screen: Screen::default(),
            frame: Frame::default(),
            taskbar: Taskbar::Nothing,
            shown_taskbar: Taskbar::Nothing,
            suspensions: 0,
            kept: Vec::new(),
            painted: None,
            is_closed: false,
            error: None,
            other_error: None,
        }
    }

    /// Draws a frame, and above it the lines that stay of runs that have ended.
    pub(super) fn draw(&mut self, ended: &Frame, frame: Frame, taskbar: Taskbar) {
        let colour = self.capabilities.colour;
        let lines = ended.lines.iter().map(|line| line.encode(colour) + "\r\n").collect::<String>();
        self.frame = frame;
        self.taskbar = taskbar;
        // These lines are kept whatever their size: nobody else would print them.
        self.keep(self.surface.stream(), &lines);
        if self.suspensions == 0 {
            self.print_kept();
            if !ended.lines.is_empty() {
                self.finish();
            }
        }
    }

    /// Prints whole lines above the frame. Returns the text if it should go to its stream as it is.
    ///
    /// # Errors
    /// When the stream that the bars are not on cannot be written to.
    pub(super) fn print(
        &mut self,
        stream: OutputStream,
        text: String,
        now: Instant,
    ) -> io::Result<Option<String>> {
        if !self.is_in_use() {
            return Ok(Some(text));
        }
        let kept: usize = self.kept.iter().map(|(_, text)| text.len()).sum();
        let is_full = kept + text.len() > MAX_KEPT;
        if self.suspensions > 0 {
            if is_full {
                return Ok(Some(text));
            }
            self.keep(stream, &text);
            return Ok(None);
        }
        self.keep(stream, &text);
        let is_soon = self.painted.is_some_and(|painted| now.duration_since(painted) < FRAME);
        if is_full || !is_soon {
            self.print_kept();
        }
        match stream == self.surface.stream() {
            true => Ok(None),
            false => self.other_error.take().map_or(Ok(None), Err),
        }
    }

    /// Whether lines wait for the next repaint.
    pub(super) fn has_kept(&self) -> bool {
        self.suspensions == 0 && !self.kept.is_empty()
    }

    /// Prints the lines that were kept above the frame, in their order, and draws it.
    pub(super) fn print_kept(&mut self) {
        let mut lines = String::new();
        for (stream, text) in std::mem::take(&mut self.kept) {
            if stream == self.surface.stream() {
                lines.push_str(&text);
                continue;
            }
            if !lines.is_empty() {
                self.redraw(&std::mem::take(&mut lines));
            }
            if !self.capabilities.pinned {
                self.hide();
            }
            if let Err(error) = direct::write_whole(&mut self.other, text.as_bytes()) {
                self.other_error.get_or_insert(error);
            }
        }
        self.redraw(&lines);
    }

    /// Keeps lines until the bars are shown again.
    fn keep(&mut self, stream: OutputStream, text: &str) {
        match self.kept.last_mut() {
            Some((last, kept)) if *last == stream => kept.push_str(text),
            _ if text.is_empty() => {}
            _ => self.kept.push((stream, text.to_owned())),
        }
    }

    /// Hides the bars until [`resume`](Self::resume) is called as often as this.
    pub(super) fn suspend(&mut self) {
        if self.has_kept() {
            self.print_kept();
        }
        self.suspensions += 1;
        // Whatever is printed scrolls above pinned bars.
        if self.suspensions == 1 && !self.capabilities.pinned {
            self.hide();
        }
    }

    /// Shows the bars again, and prints what has come meanwhile above them. Returns texts that
    /// should go to their streams as they are.
    pub(super) fn resume(&mut self) -> Vec<(OutputStream, String)> {
        self.suspensions -= 1;
        if self.suspensions > 0 {
            return Vec::new();
        }
        self.redraw("");
        if !self.is_in_use() {
            return std::mem::take(&mut self.kept);
        }
        self.print_kept();
        // The code that printed this has gone on, so nobody is there to handle an error.
        self.other_error = None;
        Vec::new()
    }

    /// Leaves the screen as it is, for good.
    #[cfg(feature = "signal")]
    pub(super) fn leave(&mut self) -> Vec<(OutputStream, String)> {
        let mut out = self.screen.leave(self.surface.size(), self.capabilities);
        if self.shown_taskbar != Taskbar::Nothing {
            out.push_str(&Taskbar::Nothing.encode());
        }
        self.write(&out);
        self.is_closed = true;
        std::mem::take(&mut self.kept)
    }

    /// Whether any bar is on the screen, or suspended from it.
    pub(super) fn is_in_use(&self) -> bool {
        !self.is_closed && (self.suspensions > 0 || !self.screen.is_empty())
    }

    /// The error of a terminal that has failed, once.
    pub(super) fn take_error(&mut self) -> Option<io::Error> {
        self.error.take()
    }

    fn hide(&mut self) {
        let out = self.screen.clear();
        self.write(&out);
    }

    /// Draws the current frame, with `lines` above it.
    fn redraw(&mut self, lines: &str) {
        if lines.is_empty() && !self.is_clear() {
            // The terminal takes nothing at the moment. A later frame will do.
            return;
        }
        let size: Size = self.surface.size();
        let mut out = match lines {
            "" => self.screen.paint(&self.frame, size, self.capabilities),
            lines => self.screen.above(lines, &self.frame, size, self.capabilities),
        };
        if self.capabilities.taskbar && self.shown_taskbar != self.taskbar {
            out.push_str(&self.taskbar.encode());
            self.shown_taskbar = self.taskbar;
        }
        if !out.is_empty() {
            self.painted = Some(Instant::now());
        }
        self.write(&out);
    }

    /// Whether the terminal has taken everything so far.
    fn is_clear(&mut self) -> bool {
        if self.is_closed {
            return true;
        }
        let clear = self.own.retry();
        self.check(clear).unwrap_or(true)
    }

    /// Waits, but not for long, until the terminal has taken everything.
    fn finish(&mut self) {
        if !self.is_closed {
            let finished = self.own.finish(DELIVERY_LIMIT);
            let _ = self.check(finished);
        }
    }

    /// Writes to the terminal. One that has failed is not written to any more.
    fn write(&mut self, out: &str) {
        if !self.is_closed && !out.is_empty() {
            let sent = self.own.send(out.as_bytes());
            let _ = self.check(sent);
        }
    }

    /// Keeps the error of a terminal that has failed.
    fn check<T>(&mut self, result: io::Result<T>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                if error.kind() != ErrorKind::TimedOut {
                    self.is_closed = true;
                    self.error = Some(error);
                }
                None
            }
        }
    }
}

#[cfg(test)]
mod tests;
