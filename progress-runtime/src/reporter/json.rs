//! One JSON object a line: the wire form, for other programs.

use std::fmt;
use std::io::{self, Write};
use std::time::Duration;

use super::outbox::Outbox;
use super::{ReportError, Reporter, Update, UpdateKind};

/// Writes a [`Snapshot`](crate::Snapshot) as one line of JSON for each update, and flushes it.
///
/// Each line is what [`Snapshot::to_json`](crate::Snapshot::to_json) returns. The last line has a
/// terminal status.
///
/// ```
/// use progress_runtime::{JsonLines, Run};
///
/// let (run, progress) = Run::start("Import");
/// run.report_to(JsonLines::stdout());
/// progress.finish();
/// ```
pub struct JsonLines {
    out: Outbox,
    /// Whether a state was left out, because the output took no more.
    is_due: bool,
}

impl JsonLines {
    /// Writes to a file, a socket or any other writer.
    ///
    /// ```no_run
    /// use progress_runtime::{JsonLines, Run};
    ///
    /// let (run, progress) = Run::start("Import");
    /// run.report_to(JsonLines::new(std::fs::File::create("import.jsonl")?));
    /// # drop(progress);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn new(out: impl Write + Send + 'static) -> Self {
        Self { out: Outbox::new(Box::new(out)), is_due: false }
    }

    /// Writes to the standard output.
    pub fn stdout() -> Self {
        Self::new(io::stdout())
    }
}

impl fmt::Debug for JsonLines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonLines").finish_non_exhaustive()
    }
}

impl Reporter for JsonLines {
    fn report(&mut self, update: &Update<'_>) -> Result<(), ReportError> {
        let has_ended = update.kind() == UpdateKind::Ended;
        let was_pending = self.out.is_pending();
        if !self.out.retry()? && !has_ended {
            self.is_due = true;
            return Ok(());
        }
        let was_due = std::mem::take(&mut self.is_due);
        if update.kind() == UpdateKind::Heartbeat && was_pending && !was_due {
            return Ok(());
        }
        let mut line = serde_json::to_vec(&**update.snapshot())?;
        line.push(b'\n');
        self.out.send(&line)?;
        if has_ended {
            self.out.finish(update.limit())?;
        }
        Ok(())
    }

    fn heartbeat(&self) -> Option<Duration> {
        (self.is_due || self.out.is_pending()).then_some(Duration::ZERO)
    }
}

#[cfg(test)]
mod tests;
