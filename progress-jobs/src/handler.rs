//! The code that runs the jobs of a kind, without its types.

use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;

use progress_runtime::{Cancellation, Progress, Run};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::kind::{Terms, decode, encode};

/// The result as JSON, or the text of the error.
pub(crate) type Returned = Result<String, String>;
type Work = Pin<Box<dyn Future<Output = Returned> + Send>>;

/// Runs the jobs of one kind.
#[derive(Clone)]
pub(crate) struct Handler {
    pub(crate) terms: Terms,
    run: Arc<dyn Fn(String, Run, Progress) -> Work + Send + Sync>,
}

impl Handler {
    pub(crate) fn new<A, T, E, H, F>(terms: Terms, handle: H) -> Self
    where
        A: DeserializeOwned + Send + 'static,
        T: Serialize + Send + 'static,
        E: fmt::Display + Send + 'static,
        H: Fn(A, Progress) -> F + Send + Sync + 'static,
        F: Future<Output = Result<T, E>> + Send + 'static,
    {
        let handle = Arc::new(handle);
        let run = Arc::new(move |args: String, run: Run, progress: Progress| {
            let handle = Arc::clone(&handle);
            let work: Work = Box::pin(async move {
                let args = decode("arguments", &args).map_err(|error| error.to_string())?;
                let stopped = stopped(progress.cancellation(), run);
                let work = progress.track(move |progress| handle(args, progress));
                tokio::select! {
                    biased;
                    result = work => {
                        let value = result.map_err(|error| text(&error))?;
                        encode("result", &value).map_err(|error| error.to_string())
                    }
                    () = stopped => Err("cancelled".to_owned()),
                }
            });
            work
        });
        Self { terms, run }
    }

    pub(crate) fn run(&self, args: String, run: Run, progress: Progress) -> Work {
        (self.run)(args, run, progress)
    }
}

/// Waits until a job without steps is cancelled. A workflow stops by itself, between its steps, and
/// may have one that must not be dropped.
async fn stopped(cancellation: Cancellation, run: Run) {
    cancellation.cancelled().await;
    if run.plan().is_some() {
        std::future::pending().await
    }
}

/// The text of an error, whose `Display` is code of the user's.
fn text(error: &impl fmt::Display) -> String {
    catch_unwind(AssertUnwindSafe(|| error.to_string()))
        .unwrap_or_else(|_| "the error's own text panicked".to_owned())
}
