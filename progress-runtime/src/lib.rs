//! Weighted, honest progress for async workflows.
//!
//! A workflow is an ordinary `async fn` that takes a [`Progress`]. Inside [`workflow!`] its
//! statements may carry `#[step(weight, "title")]`. The macro checks the weights at compile time
//! and gives each step its own share of the progress, which the step passes to the sub-job that it
//! calls. The runtime combines all shares into one number. It never goes back, and it is 100 % only
//! when the workflow has returned well.
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
//! assert_eq!(run.percent(), 100.0);
//! # }
//! ```
//!
//! A workflow is itself an `async fn` that takes a [`Progress`], so it can be a sub-job of another
//! workflow: nesting is a function call. A program that is not async leaves the `async` out, and
//! needs no executor.
//!
//! # The pieces
//!
//! | piece | for |
//! |---|---|
//! | [`workflow!`], or `#[workflow]` from [`attr`] | the definition of a workflow, and its [`plan`] |
//! | [`Progress`] | the work's side: one share of the whole. [`Counter`] is for many threads, [`adapters`] for iterators, streams, readers and writers |
//! | [`Run`] | the observer's side: reporters, [`snapshot`]s, cancel, and the final [`report`] |
//! | [`reporter`] | where a run is shown: [`Lines`], [`FnReporter`], `Terminal`, `JsonLines`, `Spans`, or your own [`Reporter`] |
//! | [`jobs`] | sub-jobs in tasks ([`Progress::spawn`]), on threads ([`Progress::spawn_blocking`]) and elsewhere ([`Progress::follow`]) |
//! | [`Cancellation`], [`Interrupted`] | how code notices a cancel, and the error that a workflow returns then |
//! | [`ManualClock`], `testing` | a clock for the runs of a test, which the test advances; the test of a workflow on all its paths |
//!
//! # Features
//!
//! | feature | adds |
//! |---|---|
//! | `terminal` | `Terminal`: bars in a terminal, lines or JSON elsewhere, and a writer for logs |
//! | `signal` | `Run::cancel_on_ctrl_c` |
//! | `serde` | the wire form of snapshots, and `JsonLines`, the reporter that writes it |
//! | `history` | `History`: what earlier runs took, and the weights that they suggest |
//! | `journal` | `#[durable]` and `Journal`: a workflow that goes on where it stopped |
//! | `rayon` | `progress_with` for parallel iterators |
//! | `testing` | `testing::Conformance`: plays a workflow with a fault at each point, and checks it |
//! | `tracing` | `Spans`: a `tracing` span for each step |
//!
//! # WebAssembly
//!
//! The crate compiles for `wasm32-unknown-unknown` without the features `terminal`, `signal`,
//! `history`, `journal` and `testing`. There are no threads and no clock, so a run counts, ends and
//! gives snapshots, but nobody samples it, and its time stands still. A program that has a clock
//! drives a [`ManualClock`] with it: each [`advance`](ManualClock::advance) also delivers the
//! numbers.
//! Timeouts, the pauses of retries and the grace of sub-jobs need a system with a clock.

#![warn(unreachable_pub)]
#![cfg_attr(docsrs, feature(doc_cfg))]

// The macro expands to paths of this crate. In this crate's own tests they must resolve too.
extern crate self as progress_runtime;

mod cancel;
mod chain;
mod clock;
mod end;
mod estimate;
#[cfg(feature = "history")]
pub mod history;
#[cfg(not(feature = "history"))]
#[path = "no_history.rs"]
mod history;
mod interrupted;
#[cfg(feature = "journal")]
pub mod journal;
mod logging;
mod panics;
mod path;
pub mod plan;
mod progress;
mod recent_speed;
pub mod report;
pub mod reporter;
mod returns;
pub mod run;
mod scale;
mod scope;
mod share;
#[cfg(any(feature = "history", feature = "journal"))]
mod shared_file;
#[cfg(feature = "signal")]
mod signals;
pub mod snapshot;
mod status;
mod steps;
mod sync;
mod sync_workflow;
mod table;
mod tasks;
#[cfg(feature = "testing")]
pub mod testing;
mod text;
mod timer;
mod tree;
mod unit;
mod workflow;

pub use cancel::Cancellation;
pub use clock::ManualClock;
#[cfg(feature = "history")]
pub use history::History;
pub use interrupted::Interrupted;
pub use jobs::{JobError, JobHandle, JobUpdate, Outcome, RemoteJob};
#[cfg(feature = "journal")]
pub use journal::{Journal, JournalError};
pub use progress::{Counter, Progress};
pub use report::Report;
#[cfg(feature = "serde")]
pub use reporter::JsonLines;
#[cfg(feature = "tracing")]
pub use reporter::Spans;
#[cfg(feature = "terminal")]
pub use reporter::Terminal;
pub use reporter::{FnReporter, Lines, ReportError, Reporter, Update, UpdateKind};
pub use run::Run;
pub use snapshot::{RunStatus, Snapshot, StepSnapshot, StepStatus, Unit};

/// Iterators, streams, readers and writers that report to a share. The `wrap_…` methods of
/// [`Progress`] create them.
pub mod adapters {
    #[cfg(feature = "rayon")]
    pub use crate::progress::{ParallelProgress, ParallelProgressIter};
    pub use crate::progress::{
        ProgressAsyncReader, ProgressAsyncWriter, ProgressIter, ProgressReader, ProgressStream,
        ProgressWriter,
    };
}

/// Sub-jobs that run beside their workflow: in tasks, on threads and elsewhere.
pub mod jobs {
    pub use crate::returns::{Outcome, Verdict};
    pub use crate::tasks::{FollowError, JobError, JobHandle, JobUpdate, RemoteJob};
}

/// Macros that print above the bars of [`Terminal`]. They stand in a module, so that a glob import
/// of this crate leaves the macros of std as they are.
#[cfg(feature = "terminal")]
pub mod terminal {
    pub use crate::{__eprintln as eprintln, __println as println};
}

/// The policies of `#[retry]`.
pub use backon;

/// The attribute form of [`workflow!`], for a bare function, and the attributes of steps.
///
/// The attributes need no import: the macro removes them before the compiler resolves names.
pub mod attr {
    pub use progress_macros::{
        concurrent, durable, key, parallel, repeat, retry, skip, step, timeout, total,
        uncancellable, untracked, workflow,
    };
}

#[doc = include_str!("workflow.md")]
#[macro_export]
macro_rules! workflow {
    ($($tokens:tt)*) => {
        $crate::__private::expand_workflow! { ($crate) $($tokens)* }
    };
}

/// The items that the macro expands to. They may change in any version.
#[doc(hidden)]
pub mod __private {
    // A dependency of the user's may be called `core`.
    pub use ::core;
    pub use progress_macros::expand_workflow;

    #[cfg(feature = "journal")]
    pub use crate::journal::{
        Keeper, Keeping, KeepsOk, KeepsReference, KeepsValue, Kept, KeptBy, KeptProbe, OfOk,
        OfReference, OfValue,
    };
    pub use crate::plan::{Plan, PlanStep, StepList, Structure};
    pub use crate::progress::Progress;
    pub use crate::returns::{
        ByDebug, ByName, ByNothing, ByOutcome, CanInterrupt, CannotInterrupt, Interruptible,
        Interrupts, Judge, Judged, Returned, Returns, Verdict, interrupted, timed_out,
    };
    pub use crate::share::Completion;
    pub use crate::steps::*;
    pub use crate::sync_workflow::call;
    pub use crate::unit::Unit;
    pub use crate::workflow::Workflow;
    pub use crate::{
        __failure as failure, __interrupt as interrupt, __returns as returns, __text as text,
    };
}

/// The verdict on the value of a step.
#[doc(hidden)]
#[macro_export]
macro_rules! __failure {
    ($value:expr) => {{
        #[allow(unused_imports)]
        use $crate::__private::{ByDebug as _, ByName as _, ByNothing as _, ByOutcome as _};
        let (verdict, judged) = $crate::__private::Judged::verdict($value);
        judged.by((&&&&judged.probe()).judge());
        verdict
    }};
}

/// The text of an error.
#[doc(hidden)]
#[macro_export]
macro_rules! __text {
    ($error:expr) => {
        $crate::__private::failure!(&$crate::__private::core::result::Result::<(), _>::Err($error))
            .into_text()
    };
}

/// The capabilities of a return type, as a `Returns`.
#[doc(hidden)]
#[macro_export]
macro_rules! __returns {
    ($returns:ty) => {{
        $crate::__private::Returns::<$returns, _>::new(
            |value| $crate::__private::failure!(value),
            $crate::__private::interrupt!($returns),
        )
    }};
}

/// The conversion of `Interrupted` into a return type, if there is one.
#[doc(hidden)]
#[macro_export]
macro_rules! __interrupt {
    ($returns:ty) => {{
        #[allow(unused_imports)]
        use $crate::__private::{CanInterrupt as _, CannotInterrupt as _};
        (&&$crate::__private::Interrupts::<$returns>::new()).interrupt()
    }};
}
