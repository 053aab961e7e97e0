//! The test of a user's workflow finds the faults that a user can make, and names them.

use std::future::{Future, pending};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use anyhow::{Result, bail};
use backon::ConstantBuilder;
use progress_runtime::testing::{Conformance, Coverage, Faults};
use progress_runtime::{Progress, RunStatus, StepStatus, workflow};
use tokio::time::sleep;

use crate::support::SECOND;

/// The message with which the test fails.
fn fault_in<F: Future>(
    conformance: Conformance,
    start: impl Fn(Progress, Faults) -> F,
) -> Option<String> {
    let result = catch_unwind(AssertUnwindSafe(|| conformance.check(start)));
    let panic = result.err()?;
    Some(panic.downcast_ref::<String>().expect("the message is formatted").clone())
}

async fn count(of: u64, mut progress: Progress) {
    progress.set_length(of);
    for _ in 0..of {
        sleep(SECOND).await;
        progress.inc(1);
    }
}

workflow!(
    async fn sound(rows: u64, faults: Faults, progress: Progress) -> Result<u64> {
        #[step(3, "Reading")]
        #[retry(ConstantBuilder::default().with_delay(3_600 * SECOND).with_max_times(1))]
        let read = read(rows, &faults, progress).await?;

        #[step(1, "Indexing")]
        #[skip("nothing was read")]
        if read > 0 {
            count(read, progress).await;
        }

        #[step(1, "Telling")]
        let told = read_one(&faults, progress).await;

        let _ = told;
        Ok(read)
    }
);

async fn read(rows: u64, faults: &Faults, progress: Progress) -> Result<u64> {
    faults.point()?;
    count(rows, progress).await;
    faults.point()?;
    Ok(rows)
}

async fn read_one(faults: &Faults, progress: Progress) -> Result<()> {
    count(1, progress).await;
    Ok(faults.point()?)
}

#[test]
fn a_sound_workflow_passes_and_its_coverage_is_known() {
    let coverage = Conformance::new().check(|progress, faults| sound(3, faults, progress));
    assert_eq!(coverage.points(), 3);
    assert_eq!(coverage.paths(), 1 + 2 * coverage.polls() + 4 * 3);
    assert!(coverage.has_reached("read", StepStatus::Retrying), "{coverage}");
    assert!(coverage.has_reached("told", StepStatus::Failed), "{coverage}");
    assert!(!coverage.has_reached("indexing", StepStatus::Skipped), "{coverage}");
    let shown = coverage.to_string();
    let first =
        format!("`sound`: {} paths, {} polls, 3 points", coverage.paths(), coverage.polls());
    assert_eq!(shown.lines().next(), Some(&*first));
    assert!(shown.contains("\n  told      pending, running, completed, "), "{shown}");

    let coverage = Conformance::new().check(|progress, faults| sound(0, faults, progress));
    assert!(coverage.has_reached("indexing", StepStatus::Skipped), "{coverage}");
}

#[test]
fn a_limit_bounds_the_number_of_paths() {
    let coverage = Conformance::new().limit(2).check(|progress, faults| sound(9, faults, progress));
    assert_eq!(coverage.paths(), 1 + 2 * 2 + 4 * 2);
}

#[test]
fn code_without_a_workflow_can_be_tested_too() {
    let coverage = Conformance::new()
        .check(|progress, _| async move { progress.track(|progress| count(2, progress)).await });
    assert_eq!((coverage.points(), coverage.polls()), (0, 3));
}

workflow!(
    async fn cannot_be_cancelled(progress: Progress) {
        #[step(1, "Counting")]
        count(2, progress).await;
    }
);

#[test]
fn a_workflow_that_cannot_be_cancelled_is_only_dropped() {
    Conformance::new().check(|progress, _| cannot_be_cancelled(progress));
}

workflow!(
    async fn detaches(progress: Progress) -> Result<()> {
        #[step(1, "Counting")]
        {
            tokio::spawn(sleep(SECOND));
            count(1, progress).await;
        }
        #[step(1, "Detaching")]
        {
            tokio::spawn(sleep(60 * SECOND));
            count(1, progress).await;
        }
        Ok(())
    }
);

#[test]
fn a_task_that_outlives_the_run_is_found() {
    let fault = fault_in(Conformance::new(), |progress, _| detaches(progress));
    assert_eq!(
        fault.as_deref(),
        Some(
            "`detaches`, played to its end: 1 task is alive after the end of the run. Spawn with \
             `progress.spawn`, which the workflow waits for"
        )
    );
}

workflow!(
    async fn keeps(
        faults: Faults,
        kept: &'static std::sync::Mutex<Vec<Faults>>,
        progress: Progress,
    ) -> Result<()> {
        #[step(1, "Keeping")]
        {
            kept.lock().unwrap().push(faults.clone());
            count(1, progress).await;
        }
        Ok(())
    }
);

#[test]
fn a_value_that_outlives_the_run_is_found() {
    static KEPT: std::sync::Mutex<Vec<Faults>> = std::sync::Mutex::new(Vec::new());
    let fault = fault_in(Conformance::new(), |progress, faults| keeps(faults, &KEPT, progress));
    assert_eq!(
        fault.as_deref(),
        Some(
            "`keeps`, played to its end: something still holds its `Faults` after the end of the run"
        )
    );
}

workflow!(
    async fn hangs_when_it_fails(faults: Faults, progress: Progress) -> Result<()> {
        #[step(1, "Counting")]
        count(1, progress).await;
        #[step(1, "Hanging")]
        hang_after_a_failure(&faults, progress).await;
        Ok(())
    }
);

async fn hang_after_a_failure(faults: &Faults, progress: Progress) {
    count(1, progress).await;
    if faults.point().is_err() {
        pending().await
    }
}

#[test]
fn a_workflow_that_hangs_is_found() {
    let conformance = Conformance::new().patience(Duration::from_millis(300));
    let fault = fault_in(conformance, |progress, faults| hangs_when_it_fails(faults, progress));
    let line = line!() - 9;
    assert_eq!(
        fault.unwrap(),
        format!(
            "`hangs_when_it_fails`, failing at point 1 ({}:{line}): the workflow hangs: nothing has \
             happened for 300ms. It is running, in the step /hanging",
            file!()
        )
    );
}

#[test]
fn a_workflow_that_hangs_is_found_outside_of_tokio_too() {
    let conformance = Conformance::new().without_tokio().patience(Duration::from_millis(100));
    let fault = fault_in(conformance, |progress, _| async move {
        let _kept = progress;
        pending::<()>().await;
    });
    let message = "code without a plan, played to its end: the workflow hangs: nothing has happened for 100ms. It is pending";
    assert_eq!(fault.as_deref(), Some(message));
}

workflow!(
    async fn cannot_stop(faults: Faults, progress: Progress) -> Result<()> {
        #[step(1, "Counting")]
        count(1, progress).await;
        #[step(1, "Saving")]
        #[uncancellable]
        save_unless_cancelled(&faults, progress).await;
        Ok(())
    }
);

async fn save_unless_cancelled(faults: &Faults, progress: Progress) {
    count(1, progress).await;
    if faults.run().status() == RunStatus::Cancelling {
        pending().await
    }
}

#[test]
fn a_workflow_that_a_cancel_does_not_stop_is_found() {
    let conformance = Conformance::new().patience(Duration::from_millis(300));
    let fault = fault_in(conformance, |progress, faults| cannot_stop(faults, progress));
    assert_eq!(
        fault.as_deref(),
        Some(
            "`cannot_stop`, cancelled before poll 3: the workflow hangs: nothing has happened for \
             300ms. It is cancelling, in the step /saving"
        )
    );
}

workflow!(
    async fn leaves_early(rows: u64, progress: Progress) -> Result<u64> {
        #[step(1, "Reading")]
        count(rows, progress).await;
        if rows == 0 {
            return Ok(0);
        }
        #[step(9, "Indexing")]
        count(rows, progress).await;
        Ok(rows)
    }
);

#[test]
fn steps_behind_an_early_return_are_skipped() {
    let coverage = Conformance::new().check(|progress, _| leaves_early(0, progress));
    assert!(coverage.has_reached("indexing", StepStatus::Skipped), "{coverage}");
}

workflow!(
    async fn counts_too_much(progress: Progress) -> Result<()> {
        #[step(1, "Counting")]
        count_three_of_two(progress).await;
        Ok(())
    }
);

async fn count_three_of_two(mut progress: Progress) {
    progress.set_length(2);
    progress.inc(3);
}

#[test]
fn a_step_that_counts_more_than_its_length_is_found() {
    let fault = fault_in(Conformance::new(), |progress, _| counts_too_much(progress));
    assert_eq!(
        fault.as_deref(),
        Some("`counts_too_much`, played to its end: the step /counting has counted 3 of 2")
    );
}

workflow!(
    async fn fails(progress: Progress) -> Result<()> {
        #[step(1, "Failing")]
        #[untracked]
        fail().await?;
        Ok(())
    }
);

async fn fail() -> Result<()> {
    bail!("no server")
}

#[test]
fn a_workflow_that_fails_by_itself_is_found() {
    let fault = fault_in(Conformance::new(), |progress, _| fails(progress));
    assert_eq!(fault.as_deref(), Some("`fails`, played to its end: the run is failed: no server"));
}

#[test]
fn a_share_that_is_dropped_is_found() {
    let fault = fault_in(Conformance::new(), |progress, _| async move { drop(progress) });
    let message = "code without a plan, played to its end: the run is cancelled";
    assert_eq!(fault.as_deref(), Some(message));
}

#[test]
fn a_panic_of_the_workflow_is_found() {
    let fault = fault_in(Conformance::new(), |progress, _| async move {
        count(1, progress).await;
        panic!("no rows");
    });
    let message = "code without a plan, played to its end: it panicked: no rows";
    assert_eq!(fault.as_deref(), Some(message));
}

#[test]
fn the_same_coverage_is_found_by_each_executor() {
    fn plain(coverage: &Coverage) -> (usize, usize) {
        (coverage.points(), coverage.polls())
    }
    let paused = Conformance::new().check(|progress, _| without_time(progress));
    let polling = Conformance::new().without_tokio().check(|progress, _| without_time(progress));
    assert_eq!(plain(&paused), plain(&polling));
}

workflow!(
    async fn without_time(progress: Progress) -> Result<()> {
        #[step(1, "One")]
        #[untracked]
        tokio::task::yield_now().await;
        Ok(())
    }
);

workflow!(
    async fn counts_too_much_in_an_item(progress: Progress) -> Result<()> {
        #[step(1, "Counting")]
        for _ in 0..2 {
            count_three_of_two(progress).await;
        }
        Ok(())
    }
);

workflow!(
    fn counts_too_much_in_the_last_item(progress: Progress) -> Result<()> {
        #[step(1, "Counting")]
        for item in 0..3_u32 {
            let mut progress = progress;
            progress.set_length(1);
            progress.inc(item.into());
        }
        Ok(())
    }
);

workflow!(
    async fn counts_too_much_in_a_share(progress: Progress) -> Result<()> {
        #[step(1, "Counting")]
        {
            let mut progress = progress;
            progress.set_length(1);
            count_three_of_two(progress.split(1)).await;
        }
        Ok(())
    }
);

#[test]
fn a_share_that_is_shown_no_more_is_found_too() {
    let fault = fault_in(Conformance::new(), |progress, _| counts_too_much_in_an_item(progress));
    let message = "`counts_too_much_in_an_item`, played to its end: a share in the step /counting \
                   has counted 3 of 2";
    assert_eq!(fault.as_deref(), Some(message));

    let fault = fault_in(Conformance::new(), |progress, _| async move {
        counts_too_much_in_the_last_item(progress)
    });
    let message = "`counts_too_much_in_the_last_item`, played to its end: a share in the step \
                   /counting has counted 2 of 1";
    assert_eq!(fault.as_deref(), Some(message));

    let fault = fault_in(Conformance::new(), |progress, _| counts_too_much_in_a_share(progress));
    let message = "`counts_too_much_in_a_share`, played to its end: a share in the step /counting \
                   has counted 3 of 2";
    assert_eq!(fault.as_deref(), Some(message));
}

#[test]
fn a_run_that_counts_more_than_its_length_is_found() {
    let fault = fault_in(Conformance::new(), |mut progress, _| async move {
        progress.set_length(2);
        progress.inc(3);
        progress.finish();
    });
    let message = "code without a plan, played to its end: the run has counted 3 of 2";
    assert_eq!(fault.as_deref(), Some(message));
}

workflow!(
    async fn panics_in_a_drop(progress: Progress) -> Result<()> {
        #[step(1, "Counting")]
        {
            let guard = NeedsItsEnd(false);
            count(1, progress).await;
            guard.reach();
        }
        Ok(())
    }
);

/// Panics when it is dropped before its end.
struct NeedsItsEnd(bool);

impl NeedsItsEnd {
    fn reach(mut self) {
        self.0 = true;
    }
}

impl Drop for NeedsItsEnd {
    fn drop(&mut self) {
        assert!(self.0, "it was not reached");
    }
}

#[test]
fn a_panic_in_the_drop_of_a_value_is_found() {
    let fault = fault_in(Conformance::new(), |progress, _| panics_in_a_drop(progress));
    let message = "`panics_in_a_drop`, cancelled before poll 2: it panicked: it was not reached";
    assert_eq!(fault.as_deref(), Some(message));
}

workflow!(
    async fn never_ends(progress: Progress) -> Result<()> {
        #[step(1, "Polling")]
        #[untracked]
        loop {
            tokio::task::yield_now().await;
        }
    }
);

#[test]
fn a_workflow_that_is_awake_and_never_ends_is_found() {
    let fault = fault_in(Conformance::new(), |progress, _| never_ends(progress));
    let message = "`never_ends`, played to its end: it does not end in 200000 polls. It is \
                   running, in the step /polling";
    assert_eq!(fault.as_deref(), Some(message));
}
