//! Plain lines of text, for logs and for terminals without bars.
//!
//! Each snapshot is compared with the [`history`] of its steps, and each change becomes a line on a
//! [`page`]. So snapshots may be left out in between: a step that has started and ended meanwhile
//! still gets its one line.

mod github_actions;
mod history;
mod page;

use std::fmt;
use std::io::{self, Write};
use std::time::Duration;

use self::history::History;
use self::page::Page;
use super::outbox::Outbox;
use super::{ReportError, Reporter, Update, UpdateKind, locale};
use crate::{RunStatus, Snapshot};

const HEARTBEAT: Duration = Duration::from_secs(10);

/// Writes one line for each change of a state, and now and then a line that says where the run is.
///
/// ```text
/// [00:00]   0.00% 0/4 Process new scenes · started
/// [00:00]   0.00% 1/4 Processing downloads · started
/// [00:12]  15.00% 1/4 Processing downloads · completed in 12.3s
/// [00:12]  30.00% 2/4 Scanning metadata · skipped: No new items to scan
/// [00:12]  30.00% 3/4 Analyzing 7 batches · started
/// [00:22]  48% 3/4 Analyzing 7 batches › batch 3/7 › Analysis 62/100
/// [00:25]  65.00% 3/4 Analyzing 7 batches · completed in 12.9s
/// [00:25]  65.00% 4/4 Publishing · started
/// [00:26]  65.00% 4/4 Publishing · retrying, attempt 2 of 3: connection reset
/// [00:27]  65.00% 4/4 Publishing · failed after 2.0s: connection reset
/// [00:27] 100.00% 4/4 Publishing · error: connection reset
/// [00:27] 100.00% 4/4 Process new scenes · completed with errors in 27.2s, 1 error
/// ```
///
/// A line starts with the time since the start of the run, the number shown, and the number of the
/// step. An inner step follows the titles of the steps around it, as in
/// `Analyzing 7 batches › batch 3 of 7 › Analysis`. The items of a loop, and the steps inside them,
/// have lines only when they fail or are tried again. When nothing has changed for a while, a line
/// says where the run is, with the counts there: `48% 3/4 Analyzing 7 batches › batch 3/7`. At the
/// end the errors that the run has survived are listed, up to twenty of them. There are no
/// colours, and each line is written at once.
///
/// ```
/// use progress_runtime::{Lines, Run};
///
/// let (run, progress) = Run::start("Import");
/// run.report_to(Lines::stderr());
/// progress.finish();
/// ```
pub struct Lines {
    out: Outbox,
    every: Duration,
    github_actions: bool,
    unicode: bool,
    status: RunStatus,
    steps: History,
    latest: Option<LineTimes>,
}

/// Times of the latest call, in milliseconds by the run's clock.
#[derive(Clone, Copy)]
struct LineTimes {
    call: u64,
    /// When a line was last written; the first call, before there was one.
    line: u64,
}

impl Lines {
    /// Writes to the standard error, in the character set of the locale: see
    /// [`unicode`](Self::unicode).
    pub fn stderr() -> Self {
        Self::new(io::stderr()).unicode(cfg!(windows) || locale::is_utf8())
    }

    /// Writes to the standard output, as [`stderr`](Self::stderr) does to the standard error.
    pub fn stdout() -> Self {
        Self::new(io::stdout()).unicode(cfg!(windows) || locale::is_utf8())
    }

    /// Writes to a file, a buffer or any other writer, and flushes it after each change.
    ///
    /// ```no_run
    /// use progress_runtime::{Lines, Run};
    ///
    /// let (run, progress) = Run::start("Import");
    /// run.report_to(Lines::new(std::fs::File::create("import.log")?));
    /// # drop(progress);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn new(out: impl Write + Send + 'static) -> Self {
        Self {
            out: Outbox::new(Box::new(out)),
            every: HEARTBEAT,
            github_actions: false,
            unicode: true,
            status: RunStatus::Pending,
            steps: History::new(),
            latest: None,
        }
    }

    /// Sets the longest time without a line. The default is 10 seconds.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use progress_runtime::Lines;
    ///
    /// let lines = Lines::stderr().heartbeat(Duration::from_secs(60));
    /// ```
    #[must_use]
    pub fn heartbeat(mut self, every: Duration) -> Self {
        self.every = every;
        self
    }

    /// Sets whether GitHub Actions reads the log. There each step of the workflow is a group that
    /// folds, each failure is also an annotation, and no title, message or error of a job can pass
    /// for a command.
    ///
    /// ```
    /// use progress_runtime::Lines;
    ///
    /// let lines = Lines::stderr().github_actions(std::env::var_os("GITHUB_ACTIONS").is_some());
    /// ```
    #[must_use]
    pub fn github_actions(mut self, github_actions: bool) -> Self {
        self.github_actions = github_actions;
        self
    }

    /// Sets whether the signs between the parts of a line are Unicode, as `·` and `›`, or ASCII.
    /// The default is Unicode, except on the standard error of a process whose locale (`LC_ALL`,
    /// `LC_CTYPE`, `LANG`) has no UTF-8. The texts of jobs keep their letters.
    ///
    /// ```
    /// use progress_runtime::Lines;
    ///
    /// let lines = Lines::stderr().unicode(false);
    /// ```
    #[must_use]
    pub fn unicode(mut self, unicode: bool) -> Self {
        self.unicode = unicode;
        self
    }

    /// The lines for an update.
    fn page(&mut self, update: &Update<'_>) -> Vec<String> {
        let snapshot = update.snapshot();
        let mut page = Page::new(snapshot, self.github_actions);
        let has_ended = snapshot.status.is_terminal();
        let has_changed = std::mem::replace(&mut self.status, snapshot.status) != snapshot.status;
        if has_changed && !has_ended {
            page.run();
        }
        self.steps = page.steps(&self.steps);
        if has_changed && has_ended {
            if let Some(report) = update.report() {
                page.errors(report);
            }
            page.run();
        }
        let is_due = update.kind() == UpdateKind::Heartbeat || self.silence(snapshot) >= self.every;
        if page.lines.is_empty() && is_due && !has_ended {
            page.heartbeat();
        }
        match self.unicode {
            true => page.lines,
            false => page.lines.iter().map(|line| to_ascii(line)).collect(),
        }
    }

    /// The time since the latest line.
    fn silence(&self, snapshot: &Snapshot) -> Duration {
        let latest = self.latest.map_or(snapshot.now, |latest| latest.line);
        Duration::from_millis(snapshot.now.saturating_sub(latest))
    }
}

/// Replaces the signs that lines are made with. The letters of a text stay, because a log that lost
/// them would be of no use.
fn to_ascii(line: &str) -> String {
    line.replace('·', "-").replace('›', ">").replace('…', "...").replace('–', "-")
}

impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lines")
            .field("heartbeat", &self.every)
            .field("github_actions", &self.github_actions)
            .field("unicode", &self.unicode)
            .finish_non_exhaustive()
    }
}

impl Reporter for Lines {
    fn report(&mut self, update: &Update<'_>) -> Result<(), ReportError> {
        let has_ended = update.kind() == UpdateKind::Ended;
        if !self.out.retry()? && !has_ended {
            // Further changes are left to the next call.
            return Ok(());
        }
        let now = update.snapshot().now;
        let lines = self.page(update);
        for line in &lines {
            self.out.send(line.as_bytes())?;
        }
        if has_ended {
            self.out.finish(update.limit())?;
        }
        let line = self.latest.filter(|_| lines.is_empty()).map_or(now, |latest| latest.line);
        self.latest = Some(LineTimes { call: now, line });
        Ok(())
    }

    /// The rest of the longest time without a line. Calls that wrote none do not extend it.
    fn heartbeat(&self) -> Option<Duration> {
        if self.out.is_pending() {
            return Some(Duration::ZERO);
        }
        let silence = self.latest.map_or(0, |latest| latest.call.saturating_sub(latest.line));
        Some(self.every.saturating_sub(Duration::from_millis(silence)))
    }
}

#[cfg(test)]
mod tests;
