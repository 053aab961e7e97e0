//! How a share ends: by hand, by a result, by a future, or by its drop.

use std::borrow::Cow;
use std::future::Future;
use std::{fmt, mem, thread};

use super::Progress;
use super::adapter::Adapter;
use crate::end::End;
use crate::panics;
use crate::returns::{Outcome, Returns};
use crate::share::{Completion, Role};
use crate::workflow::Workflow;

impl Progress {
    /// Finishes the share, with a last word that stays shown: `12 files`. A step shows it if the
    /// step ends well, and a run if the run does.
    ///
    /// ```
    /// use progress_runtime::Run;
    ///
    /// let (run, progress) = Run::start("Import");
    /// progress.finish_with("12 files");
    /// assert_eq!(run.snapshot().message, "12 files");
    /// ```
    pub fn finish_with(self, result: impl Into<Cow<'static, str>>) {
        self.share.set_result(&result.into());
        self.finish();
    }

    /// Ends the share by a result: full if it is a good one, where it stands if not. With the root,
    /// that ends the run. For code that is no future; see [`track`](Self::track) for a future.
    ///
    /// ```
    /// use progress_runtime::{Progress, Run, RunStatus};
    ///
    /// fn import(progress: &mut Progress) -> Result<u32, String> {
    ///     progress.set_length(10);
    ///     Err("no such file".to_owned())
    /// }
    ///
    /// let (run, mut progress) = Run::start("Import");
    /// let result = import(&mut progress);
    /// progress.end(&result);
    /// assert_eq!(run.status(), RunStatus::Failed);
    /// ```
    pub fn end<T: Outcome>(self, result: &T) {
        self.end_as(&Returns::new(T::verdict, None).end_of(result));
    }

    /// Ends the share as failed. With the root, that ends the run. A step fails by its own result
    /// alone: there the error is recorded, as by [`record_error`](Self::record_error).
    ///
    /// ```
    /// use progress_runtime::{Run, RunStatus};
    ///
    /// let (run, progress) = Run::start("Import");
    /// progress.fail("no such file");
    /// assert_eq!(run.status(), RunStatus::Failed);
    /// assert_eq!(run.snapshot().message, "no such file");
    /// ```
    pub fn fail(self, error: impl fmt::Display) {
        if let Role::Step | Role::Reporting = self.role {
            self.share.record_error(&error);
        }
        let text = panics::display(&error);
        self.end_as(&End::Failed(Some(text.into())));
    }

    fn end_as(mut self, end: &End) {
        let role = mem::replace(&mut self.role, Role::Reporting);
        Completion::new(self.share.clone(), role).conclude(end);
    }

    /// Finishes the share: all of it counts as done. The run ends with its root.
    pub fn finish(mut self) {
        match mem::replace(&mut self.role, Role::Reporting) {
            role @ (Role::Root | Role::Split) => self.share.complete(role, &End::Completed),
            Role::Step | Role::Reporting => self.share.fill(),
        }
    }

    /// Runs a plain future with this share, and ends the share by the future's result: full if it
    /// went well, where it stands if not. With the root, that ends the run.
    ///
    /// ```
    /// use progress_runtime::{Run, RunStatus};
    ///
    /// # futures::executor::block_on(async {
    /// let (run, progress) = Run::start("Import");
    /// let result = progress.track(|_progress| async { Err::<(), _>("no such file") }).await;
    /// assert_eq!(result, Err("no such file"));
    /// assert_eq!(run.status(), RunStatus::Failed);
    /// # });
    /// ```
    ///
    /// # Cancellation
    /// A cancel, and Ctrl-C too, does not stop the future, even if its error could say so: it goes
    /// on to its end, and the run is then cancelled. Code that is to stop asks for the cancel by
    /// [`checkpoint`](Self::checkpoint), or waits for it by [`cancellation`](Self::cancellation).
    /// [`workflow!`](crate::workflow) makes a future that a cancel stops, inside of this too.
    pub fn track<F, T>(self, work: impl FnOnce(Self) -> F) -> impl Future<Output = T>
    where
        F: Future<Output = T>,
        T: Outcome,
    {
        let (mut completion, inner) = self.into_completion();
        match panics::catch(|| work(inner)) {
            Ok(future) => Workflow::new(completion, future, Returns::new(T::verdict, None)),
            Err(panic) => {
                completion.abandon(&End::Panicked(panic.text()));
                panic.resume()
            }
        }
    }

    /// Hands the end of the share over: the completion ends it, the other part reports on it. Both
    /// are in the scope of the work, which is cancelled and awaited as a whole; that of the root is
    /// the run's.
    pub(crate) fn into_completion(mut self) -> (Completion, Self) {
        let role = mem::replace(&mut self.role, Role::Reporting);
        if role != Role::Root {
            self.share = self.share.in_child_scope();
        }
        (Completion::new(self.share.clone(), role), self)
    }

    /// Ends a root or a split whose owner has dropped it.
    fn end_dropped(&mut self) {
        // What was counted does not say that the work around a root has ended well.
        let unwinds = self.role == Role::Root && thread::panicking();
        let is_finished = match self.adapter {
            Adapter::AtEnd => !unwinds,
            Adapter::Counting => self.role == Role::Root && self.is_done() && !unwinds,
            Adapter::None | Adapter::Failed => false,
        };
        if is_finished {
            return self.share.complete(self.role, &End::Completed);
        }
        match self.role {
            // Dropped without a call to complete it, this cancels the run.
            Role::Root => drop(Completion::new(self.share.clone(), Role::Root)),
            Role::Split | Role::Step | Role::Reporting => self.share.abandon(),
        }
    }
}

impl Drop for Progress {
    #[inline]
    fn drop(&mut self) {
        // A step ends by its own result.
        if let Role::Root | Role::Split = self.role {
            self.end_dropped();
        }
    }
}
