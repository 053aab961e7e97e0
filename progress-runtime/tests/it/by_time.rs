//! A run that measures time: the number is the part of the time that has gone by.

use std::time::Duration;

use progress_runtime::run::Measure;
use progress_runtime::{Interrupted, ManualClock, Progress, Run, RunStatus, workflow};

async fn work(clock: &ManualClock, seconds: u64, mut progress: Progress) {
    progress.set_length(seconds);
    for _ in 0..seconds {
        tokio::task::yield_now().await;
        clock.advance(Duration::from_secs(1));
        progress.inc(1);
    }
}

workflow!(
    async fn import(clock: &ManualClock, progress: Progress) -> Result<(), Interrupted> {
        #[step(1, "Fetching")]
        work(clock, 40, progress).await;
        #[step(1, "Indexing")]
        work(clock, 40, progress).await;
        Ok(())
    }
);

/// Runs `work` to each second, and returns what was shown then, in percent.
async fn watch(run: &Run, clock: &ManualClock, work: impl Future) -> Vec<(u64, f64, f64)> {
    let mut work = std::pin::pin!(work);
    let mut seen = Vec::new();
    loop {
        let over = futures::future::select(&mut work, Box::pin(tokio::task::yield_now())).await;
        let snapshot = run.snapshot();
        seen.push((
            clock.now().as_secs(),
            snapshot.percent(),
            f64::from(snapshot.plan_done) / 100.0,
        ));
        if matches!(over, futures::future::Either::Left(_)) {
            return seen;
        }
    }
}

#[tokio::test]
async fn a_first_run_is_measured_by_what_its_steps_report() {
    let clock = ManualClock::new();
    let (run, progress) = Run::builder("r").clock(&clock).measure(Measure::Time).start();
    let seen = watch(&run, &clock, import(&clock, progress)).await;
    for (second, shown, done) in &seen {
        if *second < 80 {
            let time = *second as f64 / 80.0 * 100.0;
            assert!((shown - time).abs() < 6.0, "{shown} % after {second} s: {seen:?}");
            assert!((done - time).abs() < 2.0, "{done} % after {second} s");
        }
    }
    assert!(seen.is_sorted_by(|before, after| before.1 <= after.1), "{seen:?}");
    assert_eq!(run.status(), RunStatus::Completed);
    assert_eq!((run.percent(), run.done()), (100.0, 100.0));
}

#[tokio::test]
async fn without_a_workflow_the_number_is_that_of_the_count() {
    let clock = ManualClock::new();
    let (run, mut progress) = Run::builder("r").clock(&clock).measure(Measure::Time).start();
    progress.set_length(4);
    progress.inc(1);
    clock.advance(Duration::from_secs(9));
    assert_eq!((run.percent(), run.done()), (25.0, 25.0));
}

#[tokio::test]
async fn the_number_of_a_run_that_is_cancelled_holds() {
    let clock = ManualClock::new();
    let (run, progress) = Run::builder("r").clock(&clock).measure(Measure::Time).start();
    let mut work = Box::pin(import(&clock, progress));
    while clock.now() < Duration::from_secs(30) {
        assert!(futures::poll!(&mut work).is_pending());
        run.snapshot();
    }
    let before = run.percent();
    assert!(before > 20.0, "{before}");
    run.cancel();
    clock.advance(Duration::from_secs(30));
    assert_eq!(run.percent(), before);
    assert!(work.await.is_err());
    assert_eq!((run.status(), run.percent()), (RunStatus::Cancelled, before));
}
