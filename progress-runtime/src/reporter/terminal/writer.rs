//! A writer for whatever else writes to the terminal.

use std::io::{self, Write};

use super::display;

/// Writes to the standard error, above the bars where there are any; made by
/// [`Terminal::writer`](super::Terminal::writer).
///
/// Lines appear whole: what does not yet end its line waits for the rest of it, and for the drop at the latest.
#[derive(Debug, Default)]
pub struct TerminalWriter {
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
            let lines = std::mem::replace(&mut self.rest, rest);
            display::above(&String::from_utf8_lossy(&lines))?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.rest.is_empty() && !display::is_shown() {
            display::above(&String::from_utf8_lossy(&self.rest))?;
            self.rest.clear();
        }
        Ok(())
    }
}

impl Drop for TerminalWriter {
    fn drop(&mut self) {
        if !self.rest.is_empty() {
            self.rest.push(b'\n');
            // Nobody is left to be told.
            let _ = display::above(&String::from_utf8_lossy(&self.rest));
        }
    }
}
