//! Output that may take no bytes at the moment, as a pipe or a terminal that does not block.
//!
//! What was begun is completed later, so that no line is broken. Until then a reporter leaves
//! states out. Only the end is waited for, and not for long.

use std::io::{self, ErrorKind, Write};
use std::thread;
use std::time::{Duration, Instant};

/// The time between two attempts to write the end.
const RETRY: Duration = Duration::from_millis(5);

pub(super) struct Outbox {
    out: Box<dyn Write + Send>,
    /// What was not written yet.
    pending: Vec<u8>,
}

impl Outbox {
    pub(super) fn new(out: Box<dyn Write + Send>) -> Self {
        Self { out, pending: Vec::new() }
    }

    /// Whether bytes wait to be written.
    pub(super) fn is_pending(&self) -> bool {
        !self.pending.is_empty()
    }

    /// Writes what is pending, as far as the output takes it. Returns whether that was all.
    pub(super) fn retry(&mut self) -> io::Result<bool> {
        while !self.pending.is_empty() {
            match self.out.write(&self.pending) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(written) => drop(self.pending.drain(..written)),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    /// Writes these bytes, or keeps what the output does not take.
    pub(super) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.pending.extend_from_slice(bytes);
        if self.retry()? {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<bool> {
        loop {
            return match self.out.flush() {
                Ok(()) => Ok(true),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(false),
                Err(error) => Err(error),
            };
        }
    }

    /// Waits until everything is written, for so long.
    ///
    /// # Errors
    /// When the output fails, or has not taken everything by then.
    pub(super) fn finish(&mut self, limit: Duration) -> io::Result<()> {
        let begun = Instant::now();
        while !(self.retry()? && self.flush()?) {
            if begun.elapsed() >= limit {
                return Err(ErrorKind::TimedOut.into());
            }
            thread::sleep(RETRY);
        }
        Ok(())
    }
}
