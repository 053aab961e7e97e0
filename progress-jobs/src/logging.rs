//! The log records of this crate. A logger is code of the user's and may panic, so that a worker
//! would end with it: records are written only here, where a panic is caught.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use log::Level;

/// Logs what goes on after a delay, or what another worker has done.
pub(crate) fn debug(message: fmt::Arguments<'_>) {
    write(Level::Debug, message);
}

/// Logs a fault that nothing else reports.
pub(crate) fn warn(message: fmt::Arguments<'_>) {
    write(Level::Warn, message);
}

fn write(level: Level, message: fmt::Arguments<'_>) {
    // A logger that panics leaves nowhere to report the panic.
    let _ = catch_unwind(AssertUnwindSafe(|| {
        log::log!(target: "progress_jobs", level, "{message}");
    }));
}
