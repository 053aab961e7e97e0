//! Weighted, honest progress for async workflows.
//!
//! A workflow is an ordinary `async fn` that takes a [`Progress`]. Inside [`workflow!`] its statements may carry
//! `#[step(weight, "title")]`. The macro checks the weights at compile time, and gives every step its own
//! move-only share of the progress to hand to the sub-job that the step calls. The runtime turns all of that into
//! one number that is smooth, never goes back, and says 100 % only when the work is done.
//!
//! ```
//! use progress_runtime::{Interrupted, Lines, Progress, Run, workflow};
//!
//! workflow!(
//!     /// Fetches a catalogue and indexes it.
//!     pub async fn import(progress: Progress) -> Result<usize, Interrupted> {
//!         #[step(3, "Fetching")]
//!         let pages = fetch(progress).await?;
//!
//!         #[step(1, "Indexing {} pages", pages.len())]
//!         for page in &pages {
//!             index(page, progress).await;
//!         }
//!
//!         Ok(pages.len())
//!     }
//! );
//!
//! async fn fetch(mut progress: Progress) -> Result<Vec<u32>, Interrupted> {
//!     progress.set_length(10);
//!     Ok((0..10).inspect(|_| progress.inc(1)).collect())
//! }
//!
//! async fn index(_page: &u32, mut progress: Progress) {
//!     progress.set_fraction(0.5);
//! }
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let (run, progress) = Run::start("Import");
//! run.report_to(Lines::stderr());
//! assert_eq!(import(progress).await, Ok(10));
//! assert_eq!(run.shown(), 10_000);
//! # }
//! ```
//!
//! A workflow is itself an `async fn` that takes a [`Progress`], and so it is a sub-job: nesting is a function call.
//!
//! # The pieces
//!
//! - [`workflow!`], or `#[workflow]` from [`attr`]: the definition of a workflow, and its [`Plan`].
//! - [`Progress`]: the writer's side, one share of the whole.
//! - [`Run`]: the observer's side, with [`Reporter`]s, [`Snapshot`]s, cancel and the final [`Report`].
//! - [`Progress::spawn`], [`Progress::spawn_blocking`] and [`Progress::follow`]: sub-jobs in tasks, on threads and elsewhere.
//!
//! # Features
//!
//! - `serde`: the wire form of snapshots, and `JsonLines`, the reporter that writes it.
//! - `terminal`: `Terminal`, the display for terminals, logs and CI.
//! - `signal`: `Run::cancel_on_ctrl_c`.
//! - `tracing`: `Spans`, which opens a `tracing` span for each step.

// The macro names this crate as its users do, in its own tests and examples too.
extern crate self as progress_runtime;

mod cancellation;
mod clock;
mod interrupted;
mod job;
mod line;
mod outcome;
mod plan;
mod progress;
mod report;
mod reporter;
mod run;
mod scope;
#[cfg(feature = "signal")]
mod signals;
mod snapshot;
#[cfg(feature = "tracing")]
mod spans;
mod status;
mod steps;
mod sync;
mod text;
mod timer;
mod tree;
mod workflow;

pub use cancellation::Cancellation;
pub use clock::ManualClock;
pub use interrupted::Interrupted;
pub use job::{FollowError, Job, JobError, JobUpdate, RemoteJob};
pub use outcome::Outcome;
pub use plan::{Plan, PlanStep, StepList, Structure};
pub use progress::{
    Counter, Progress, ProgressAsyncReader, ProgressAsyncWriter, ProgressIter, ProgressReader,
    ProgressStream, ProgressWriter,
};
pub use report::{ErrorRecord, JobRecord, Report};
#[cfg(feature = "serde")]
pub use reporter::JsonLines;
pub use reporter::{
    Callback, Delivered, Lines, ReportError, Reporter, Threaded, Update, UpdateKind, threaded,
};
#[cfg(feature = "terminal")]
pub use reporter::{Terminal, TerminalMode, TerminalWriter, UnknownMode};
pub use run::{Builder, Run};
pub use snapshot::{JobSnapshot, MAX_CHILDREN, Snapshot, StepCount, StepSnapshot};
#[cfg(feature = "tracing")]
pub use spans::Spans;
pub use status::{RunStatus, StepStatus};
pub use text::Text;

/// The policies of `#[retry]`.
pub use backon;

/// The attribute form of [`workflow!`], for a bare `async fn`, and the attributes of steps.
///
/// The attributes need no import: the macro removes them before the compiler resolves names.
pub mod attr {
    pub use progress_macros::{
        concurrent, parallel, retry, skip, step, timeout, total, uncancellable, untracked, workflow,
    };
}

#[doc = include_str!("workflow.md")]
#[macro_export]
macro_rules! workflow {
    ($($tokens:tt)*) => {
        $crate::__private::expand_workflow! { ($crate) $($tokens)* }
    };
}

/// What the macro lowers to; it may change with any version.
#[doc(hidden)]
pub mod __private {
    pub use progress_macros::expand_workflow;

    pub use crate::outcome::{ByDebug, ByDisplay, ByName, NoResult, Probe};
    pub use crate::plan::{Plan, PlanStep, StepList, Structure};
    pub use crate::progress::{Progress, Taken};
    pub use crate::steps::*;
    pub use crate::workflow::{
        CanInterrupt, CannotInterrupt, Interruptible, Interrupts, Returns, Workflow, interrupted,
        timed_out,
    };
    pub use crate::{
        __failure as failure, __interrupt as interrupt, __returns as returns, __text as text,
    };
}

/// The text of the error that a value is, if it is one.
#[doc(hidden)]
#[macro_export]
macro_rules! __failure {
    ($value:expr) => {{
        #[allow(unused_imports)]
        use $crate::__private::{ByDebug as _, ByDisplay as _, ByName as _, NoResult as _};
        (&&&&$crate::__private::Probe($value)).failure()
    }};
}

/// The text of an error.
#[doc(hidden)]
#[macro_export]
macro_rules! __text {
    ($error:expr) => {
        $crate::__private::failure!(&::core::result::Result::<(), _>::Err($error))
            .unwrap_or_default()
    };
}

/// What a return type can say.
#[doc(hidden)]
#[macro_export]
macro_rules! __returns {
    ($returns:ty) => {{
        $crate::__private::Returns::new(
            |value: &$returns| $crate::__private::failure!(value),
            $crate::__private::interrupt!($returns),
        )
    }};
}

/// How a return type says that the workflow was interrupted, if it can.
#[doc(hidden)]
#[macro_export]
macro_rules! __interrupt {
    ($returns:ty) => {{
        #[allow(unused_imports)]
        use $crate::__private::{CanInterrupt as _, CannotInterrupt as _};
        (&&$crate::__private::Interrupts::<$returns>::new()).interrupt()
    }};
}
