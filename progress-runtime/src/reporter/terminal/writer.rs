//! A writer for the log and for whatever else prints to the terminal.

use std::io::{self, Write};

use super::output;
use super::surface::OutputStream;

/// Writes to the standard error, above the bars if there are any; made by
/// [`Terminal::writer`](super::Terminal::writer).
///
/// Lines appear whole: the start of a line waits for the rest of it, at most until the writer is
/// dropped.
#[derive(Debug, Default)]
pub struct TerminalWriter {
    /// The start of a line.
    rest: Vec<u8>,
}

impl TerminalWriter {
    pub(super) fn new() -> Self {
        Self::default()
    }
}

impl Write for TerminalWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.rest.extend_from_slice(bytes);
        if let Some(end) = self.rest.iter().rposition(|byte| *byte == b'\n') {
            let rest = self.rest.split_off(end + 1);
            print(&std::mem::replace(&mut self.rest, rest))?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.rest.is_empty() && !output::is_in_use() {
            print(&std::mem::take(&mut self.rest))?;
        }
        Ok(())
    }
}

impl Drop for TerminalWriter {
    fn drop(&mut self) {
        if !self.rest.is_empty() {
            self.rest.push(b'\n');
            // A drop cannot return the error.
            let _ = print(&self.rest);
        }
    }
}

fn print(bytes: &[u8]) -> io::Result<()> {
    output::print(OutputStream::Stderr, String::from_utf8_lossy(bytes).into_owned())
}
