//! A share as a closure, for code that does not know this crate.

use std::sync::Mutex;

use super::Progress;
use super::fraction::parts;
use crate::sync::lock;

impl Progress {
    /// Converts the share into a closure for code that reports through a callback. The closure
    /// takes the percentage that is done (0.0 to 100.0) and the message, each of them optional.
    ///
    /// ```
    /// use progress_runtime::Run;
    ///
    /// fn existing(report: impl Fn(Option<f64>, Option<&str>)) {
    ///     report(Some(40.0), Some("Reading the index"));
    /// }
    ///
    /// let (run, progress) = Run::start("Import");
    /// let report = progress.callback();
    /// existing(&report);
    /// assert_eq!(run.percent(), 40.0);
    /// assert_eq!(run.snapshot().message, "Reading the index");
    /// ```
    pub fn callback(self) -> impl Fn(Option<f64>, Option<&str>) + Send + Sync + 'static {
        let share = self.share.clone();
        let progress = Mutex::new(self);
        move |percent, message| {
            // Reporters and loggers are called before the lock is taken: they may call this too.
            share.begin();
            let parts = percent.and_then(|percent| parts(percent / 100.0));
            let mut progress = lock(&progress);
            if let Some(parts) = parts {
                progress.set_parts(parts);
            }
            if let Some(message) = message {
                progress.set_message(message.to_owned());
            }
        }
    }
}
