//! The log records of this crate. A logger is code of the user's and may panic, so that a worker
//! would end with it: records are written only here, where a panic is caught.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use log::Level;
use sqlx::Error;
use tokio::time::Instant;

use crate::store::is_transient;

/// A fault that stays is a warning no more often than this.
const AGAIN: Duration = Duration::from_secs(30);

/// Logs what goes on after a delay, or what another worker has done.
pub(crate) fn debug(message: fmt::Arguments<'_>) {
    write(Level::Debug, message);
}

/// Logs a fault that nothing else reports.
pub(crate) fn warn(message: fmt::Arguments<'_>) {
    write(Level::Warn, message);
}

/// The faults of a database in what is tried until it succeeds.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    warned: Option<Instant>,
}

impl Faults {
    /// Logs a fault: as a warning where somebody has to mend it, and now and then while it stays.
    pub(crate) fn log(&mut self, error: &Error, message: fmt::Arguments<'_>) {
        write(self.level(error), message);
    }

    fn level(&mut self, error: &Error) -> Level {
        let is_known = self.warned.is_some_and(|at| at.elapsed() < AGAIN);
        if is_known || is_transient(error) {
            return Level::Debug;
        }
        self.warned = Some(Instant::now());
        Level::Warn
    }
}

fn write(level: Level, message: fmt::Arguments<'_>) {
    // A logger that panics leaves nowhere to report the panic.
    let _ = catch_unwind(AssertUnwindSafe(|| {
        log::log!(target: "progress_jobs", level, "{message}");
    }));
}

#[cfg(test)]
mod tests {
    use log::Level;
    use sqlx::Error;
    use tokio::time::advance;

    use super::{AGAIN, Faults};

    #[tokio::test(start_paused = true)]
    async fn a_fault_that_stays_is_a_warning_now_and_then() {
        let mut faults = Faults::default();
        let (away, refused) = (Error::PoolTimedOut, Error::RowNotFound);
        assert_eq!(faults.level(&away), Level::Debug);
        assert_eq!(faults.level(&refused), Level::Warn);
        assert_eq!(faults.level(&refused), Level::Debug);
        advance(AGAIN).await;
        assert_eq!(faults.level(&away), Level::Debug);
        assert_eq!(faults.level(&refused), Level::Warn);
    }
}
