//! The painter: it writes frames, and prints the lines of the program above them.
//!
//! While the bars are [suspended](Painter::suspend), it writes nothing. It keeps the latest frame
//! and all lines, and writes them when the bars are shown again.

use std::io::{self, ErrorKind, Write};

use super::environment::Capabilities;
use super::frame::Frame;
use super::screen::Screen;
use super::size::{self, Size};
use super::taskbar::Taskbar;

/// The most bytes of lines that are kept while the bars are suspended. Further lines are printed at
/// once, so that a prompt that nobody answers does not fill the memory.
const MAX_KEPT: usize = 1 << 20;

/// Where a text goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OutputStream {
    Stdout,
    Stderr,
}

pub(super) struct Painter {
    stdout: Box<dyn Write + Send>,
    stderr: Box<dyn Write + Send>,
    capabilities: Capabilities,
    screen: Screen,
    /// The latest frame. It is not on the screen while the bars are suspended.
    frame: Frame,
    /// The latest state of the taskbar, and the state that it shows.
    taskbar: Taskbar,
    shown_taskbar: Taskbar,
    /// How many threads have suspended the bars.
    suspensions: usize,
    /// The lines that have come meanwhile.
    kept: Vec<(OutputStream, String)>,
    /// Whether nothing more is written: the terminal has failed, or the process is about to exit.
    is_closed: bool,
    error: Option<io::Error>,
}

impl Painter {
    pub(super) fn new(
        stdout: Box<dyn Write + Send>,
        stderr: Box<dyn Write + Send>,
        capabilities: Capabilities,
    ) -> Self {
        Self {
            stdout,
            stderr,
            capabilities,
            screen: Screen::default(),
            frame: Frame::default(),
            taskbar: Taskbar::Nothing,
            shown_taskbar: Taskbar::Nothing,
            suspensions: 0,
            kept: Vec::new(),
            is_closed: false,
            error: None,
        }
    }

    /// Draws a frame, and above it the lines that stay of runs that have ended.
    pub(super) fn draw(&mut self, ended: &Frame, frame: Frame, taskbar: Taskbar) {
        let colour = self.capabilities.colour;
        let lines = ended.lines.iter().map(|line| line.encode(colour) + "\r\n").collect::<String>();
        self.frame = frame;
        self.taskbar = taskbar;
        if self.suspensions > 0 {
            // These lines are kept whatever their size: nobody else would print them.
            self.keep(OutputStream::Stderr, &lines);
            return;
        }
        self.redraw(&lines);
    }

    /// Prints whole lines above the frame. Returns the text if it should go to its stream as it is.
    ///
    /// # Errors
    /// When the standard output cannot be written to.
    pub(super) fn print(
        &mut self,
        stream: OutputStream,
        text: String,
    ) -> io::Result<Option<String>> {
        if self.suspensions == 0 {
            return self.print_above(stream, text);
        }
        let kept: usize = self.kept.iter().map(|(_, text)| text.len()).sum();
        if kept + text.len() > MAX_KEPT {
            return Ok(Some(text));
        }
        self.keep(stream, &text);
        Ok(None)
    }

    /// Keeps lines until the bars are shown again.
    fn keep(&mut self, stream: OutputStream, text: &str) {
        match self.kept.last_mut() {
            Some((last, kept)) if *last == stream => kept.push_str(text),
            _ if text.is_empty() => {}
            _ => self.kept.push((stream, text.to_owned())),
        }
    }

    fn print_above(&mut self, stream: OutputStream, text: String) -> io::Result<Option<String>> {
        if !self.is_in_use() {
            return Ok(Some(text));
        }
        match stream {
            OutputStream::Stderr => {
                self.redraw(&text);
                Ok(self.is_closed.then_some(text))
            }
            OutputStream::Stdout => {
                if !self.capabilities.pinned {
                    self.hide();
                }
                let printed = self.stdout.write_all(text.as_bytes());
                let printed = printed.and_then(|()| self.stdout.flush());
                self.redraw("");
                printed.map(|()| None)
            }
        }
    }

    /// Hides the bars until [`resume`](Self::resume) is called as often as this.
    pub(super) fn suspend(&mut self) {
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
        let kept = std::mem::take(&mut self.kept).into_iter();
        kept.filter_map(|(stream, text)| {
            // The code that printed this has gone on, so nobody is there to handle an error.
            Some((stream, self.print_above(stream, text).ok().flatten()?))
        })
        .collect()
    }

    /// Leaves the screen as it is, for good.
    #[cfg(feature = "signal")]
    pub(super) fn leave(&mut self) -> Vec<(OutputStream, String)> {
        let mut out = self.screen.leave(size::current(), self.capabilities);
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
        let size: Size = size::current();
        let mut out = match lines {
            "" => self.screen.paint(&self.frame, size, self.capabilities),
            lines => self.screen.above(lines, &self.frame, size, self.capabilities),
        };
        if self.capabilities.taskbar && self.shown_taskbar != self.taskbar {
            out.push_str(&self.taskbar.encode());
            self.shown_taskbar = self.taskbar;
        }
        self.write(&out);
    }

    /// Writes to the terminal. One that has failed is not written to any more.
    fn write(&mut self, out: &str) {
        if self.is_closed || out.is_empty() {
            return;
        }
        let written = self.stderr.write_all(out.as_bytes()).and_then(|()| self.stderr.flush());
        if let Err(error) = written
            && error.kind() != ErrorKind::WouldBlock
        {
            self.is_closed = true;
            self.error = Some(error);
        }
    }
}

#[cfg(test)]
mod tests;
