//! One JSON object a line: the wire form, for other programs.

use std::fmt;
use std::io::{self, Write};

use super::{ReportError, Reporter, Update};

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
    out: Box<dyn Write + Send>,
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
        Self { out: Box::new(out) }
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
        let mut line = serde_json::to_vec(&**update.snapshot())?;
        line.push(b'\n');
        self.out.write_all(&line)?;
        self.out.flush()?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
