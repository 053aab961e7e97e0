//! Every public type crosses threads as it should: values are `Send` and `Sync`, reporters are
//! `Send`.
//!
//! Only an `Update` stays on its thread: it borrows from the call of a reporter, and builds its
//! snapshot on demand.

use std::future::{Pending, pending};

use progress_runtime::adapters::{
    ProgressAsyncReader, ProgressAsyncWriter, ProgressIter, ProgressReader, ProgressStream,
    ProgressWriter,
};
use progress_runtime::jobs::FollowError;
use progress_runtime::plan::{Plan, PlanStep, StepList, Structure};
use progress_runtime::report::{ErrorRecord, JobRecord};
use progress_runtime::reporter::{Delivered, Threaded};
use progress_runtime::run::{RunBuilder, Snapshots};
use progress_runtime::snapshot::{JobSnapshot, StepCount, Text};
use progress_runtime::{
    Cancellation, Counter, FnReporter, Interrupted, JobError, JobHandle, JobUpdate, Lines,
    ManualClock, Progress, Report, ReportError, Reporter, Run, RunStatus, Snapshot, StepSnapshot,
    StepStatus, UpdateKind, workflow,
};

fn shared<T: Send + Sync + 'static>() {}
fn sent<T: Send + 'static>() {}
fn shared_value<T: Send + Sync + 'static>(_: &T) {}
fn sent_value<T: Send>(_: &T) {}

#[test]
fn handles_of_a_run_are_shared_between_threads() {
    shared::<RunBuilder>();
    shared::<Snapshots>();
    shared::<Cancellation>();
    shared::<Counter>();
    shared::<JobHandle<()>>();
    shared::<ManualClock>();
    shared::<Progress>();
    shared::<Run>();
}

#[test]
fn values_that_a_run_gives_are_shared_between_threads() {
    shared::<Delivered>();
    shared::<ErrorRecord>();
    shared::<JobRecord>();
    shared::<JobSnapshot>();
    shared::<JobUpdate>();
    shared::<Plan>();
    shared::<PlanStep>();
    shared::<Report>();
    shared::<RunStatus>();
    shared::<Snapshot>();
    shared::<StepCount>();
    shared::<StepList>();
    shared::<StepSnapshot>();
    shared::<StepStatus>();
    shared::<Structure>();
    shared::<Text>();
    shared::<UpdateKind>();
}

#[test]
fn errors_are_shared_between_threads() {
    shared::<FollowError<()>>();
    shared::<Interrupted>();
    shared::<JobError>();
    shared::<ReportError>();
}

#[test]
fn adapters_are_shared_between_threads_if_what_they_wrap_is() {
    shared::<ProgressAsyncReader<()>>();
    shared::<ProgressAsyncWriter<()>>();
    shared::<ProgressIter<()>>();
    shared::<ProgressReader<()>>();
    shared::<ProgressStream<()>>();
    shared::<ProgressWriter<()>>();
    shared_value(&Progress::hidden().callback());
}

#[test]
fn reporters_are_sent_to_other_threads() {
    sent::<FnReporter>();
    sent::<Lines>();
    sent::<Threaded>();
    sent::<Box<dyn Reporter>>();
    #[cfg(feature = "serde")]
    sent::<progress_runtime::JsonLines>();
    #[cfg(feature = "tracing")]
    sent::<progress_runtime::Spans>();
}

#[cfg(feature = "history")]
#[test]
fn a_history_and_what_is_measured_are_shared() {
    use progress_runtime::history::{HistoryError, Measured, MeasuredList, MeasuredStep};

    shared::<progress_runtime::History>();
    shared::<HistoryError>();
    shared::<Measured>();
    shared::<MeasuredList>();
    shared::<MeasuredStep>();
}

#[cfg(feature = "terminal")]
#[test]
fn the_terminal_is_sent_and_its_writer_and_its_modes_are_shared() {
    sent::<progress_runtime::Terminal>();
    shared::<progress_runtime::reporter::TerminalMode>();
    shared::<progress_runtime::reporter::TerminalWriter>();
    shared::<progress_runtime::reporter::UnknownMode>();
}

workflow!(
    async fn waits(forever: Pending<()>, progress: Progress) {
        #[step(1, "Waiting")]
        #[untracked]
        forever.await;
    }
);

#[test]
fn futures_and_streams_are_sent_to_other_threads() {
    let (run, progress) = Run::start("R");
    sent_value(&run.snapshots());
    sent_value(&run.ended());
    sent_value(&progress.cancellation().cancelled());
    sent_value(&Progress::hidden().track(|_| pending::<()>()));
    sent_value(&waits(pending(), progress));
}
