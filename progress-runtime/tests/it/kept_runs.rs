//! Runs that keep a history, and runs that are estimated from one.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use progress_runtime::backon::ConstantBuilder;
use progress_runtime::history::HistoryStore;
use progress_runtime::run::Measure;
use progress_runtime::{History, Interrupted, ManualClock, Progress, Run, RunStatus, workflow};

/// The lines of a store, which the test can read.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

impl Lines {
    fn all(&self) -> Vec<serde_json::Value> {
        self.0.lock().unwrap().iter().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl HistoryStore for Lines {
    fn read(&self, _workflow: &str) -> io::Result<Vec<String>> {
        Ok(self.0.lock().unwrap().clone())
    }

    fn append(&self, _workflow: &str, line: &str) -> io::Result<()> {
        self.0.lock().unwrap().push(line.to_owned());
        Ok(())
    }
}

fn run(clock: &ManualClock, lines: &Lines) -> (Run, Progress) {
    Run::builder("r").clock(clock).history(History::with_store(lines.clone())).start()
}

async fn take(clock: &ManualClock, seconds: u64) {
    for _ in 0..seconds {
        clock.advance(Duration::from_secs(1));
        tokio::task::yield_now().await;
    }
}

workflow!(
    async fn inner(clock: &ManualClock, progress: Progress) {
        #[step(1, "Reading")]
        #[untracked]
        take(clock, 3).await;
        #[step(1, "Writing")]
        #[untracked]
        take(clock, 5).await;
    }
);

workflow!(
    async fn import(
        clock: &ManualClock,
        batches: u32,
        fails: bool,
        progress: Progress,
    ) -> Result<(), Interrupted> {
        #[step(1, "Fetching")]
        #[untracked]
        take(clock, 10).await;
        take(clock, 2).await;
        #[step(1, "Copying")]
        inner(clock, progress).await;
        #[step(1, "Batches")]
        for batch in 0..batches {
            #[step(1, "Analysing")]
            #[untracked]
            take(clock, 2).await;
            #[step(1, "Applying")]
            #[skip("nothing to apply")]
            if batch % 2 == 0 {
                apply(clock, progress).await;
            }
        }
        #[step(1, "Checking")]
        #[untracked]
        check(clock, fails).await?;
        take(clock, 4).await;
        Ok(())
    }
);

async fn apply(clock: &ManualClock, mut progress: Progress) {
    progress.set_message("applying");
    take(clock, 1).await;
}

async fn check(clock: &ManualClock, fails: bool) -> Result<(), Interrupted> {
    take(clock, 1).await;
    if fails { Err(Interrupted::TimedOut) } else { Ok(()) }
}

#[tokio::test]
async fn a_run_that_completes_keeps_the_times_of_its_steps() {
    let (clock, lines) = (ManualClock::new(), Lines::default());
    let (_, progress) = run(&clock, &lines);
    import(&clock, 4, false, progress).await.unwrap();
    let kept = lines.all();
    assert_eq!(kept.len(), 1);
    let record = &kept[0];
    assert_eq!(record["workflow"], "import");
    assert_eq!(record["end"], "completed");
    assert_eq!(record["T"], 10_000 + 2_000 + 8_000 + 10_000 + 1_000 + 4_000);
    assert_eq!(record["tail"], 4_000);
    // The time, the wait before it, the length, how many times it ran, and was skipped.
    let step = |path: &str| record["steps"][path].as_array().unwrap()[..5].to_vec();
    assert_eq!(step("fetching"), [10_000, 0, 0, 1, 0]);
    assert_eq!(step("copying"), [8_000, 2_000, 0, 1, 0]);
    assert_eq!(step("copying/reading"), [3_000, 0, 0, 1, 0]);
    assert_eq!(step("copying/writing"), [5_000, 0, 0, 1, 0]);
    assert_eq!(step("batches"), [10_000, 0, 4, 1, 0]);
    assert_eq!(step("batches/*/analysing"), [2_000, 0, 0, 4, 0]);
    assert_eq!(step("batches/*/applying"), [1_000, 0, 0, 2, 2]);
}

#[tokio::test]
async fn the_next_run_knows_what_is_left() {
    let (clock, lines) = (ManualClock::new(), Lines::default());
    for _ in 0..2 {
        let (_, progress) = run(&clock, &lines);
        import(&clock, 4, false, progress).await.unwrap();
    }
    let start = clock.now();
    let (run, progress) = run(&clock, &lines);
    let mut work = Box::pin(import(&clock, 4, false, progress));
    while futures::poll!(&mut work).is_pending() {
        let at = (clock.now() - start).as_secs_f64();
        let snapshot = run.snapshot();
        let shown = at / 35.0 * 100.0;
        assert!((snapshot.percent() - shown).abs() < 4.0, "{} % at {at} s", snapshot.percent());
        let left = snapshot.eta_ms.unwrap() as f64 / 1_000.0;
        assert!((left - (35.0 - at)).abs() < 3.0, "{left} s at {at} s");
    }
    assert_eq!(run.percent(), 100.0);
}

#[tokio::test]
async fn a_run_that_does_not_complete_leaves_no_trace() {
    let (clock, lines) = (ManualClock::new(), Lines::default());
    let (failed, progress) = run(&clock, &lines);
    import(&clock, 1, true, progress).await.unwrap_err();
    assert_eq!(failed.status(), RunStatus::Failed);

    let (cancelled, progress) = run(&clock, &lines);
    let mut work = Box::pin(import(&clock, 1, false, progress));
    assert!(futures::poll!(&mut work).is_pending());
    cancelled.cancel();
    work.await.unwrap_err();
    assert_eq!(cancelled.status(), RunStatus::Cancelled);
    assert_eq!(lines.all().len(), 0);
}

#[tokio::test]
async fn the_weights_can_be_shown_and_the_times_still_be_kept() {
    let (clock, lines) = (ManualClock::new(), Lines::default());
    let history = History::with_store(lines.clone());
    let builder = Run::builder("r").clock(&clock).history(history).measure(Measure::Weights);
    let (run, progress) = builder.start();
    let mut work = Box::pin(import(&clock, 1, false, progress));
    while futures::poll!(&mut work).is_pending() {
        assert_eq!(run.percent(), run.done());
    }
    assert_eq!(lines.all().len(), 1);
}

workflow!(
    async fn flaky(clock: &ManualClock, progress: Progress) -> Result<(), Interrupted> {
        #[step(1, "Sending")]
        #[retry(ConstantBuilder::default().with_delay(Duration::ZERO).with_max_times(3))]
        send(clock, progress).await?;
        Ok(())
    }
);

async fn send(clock: &ManualClock, mut progress: Progress) -> Result<(), Interrupted> {
    progress.set_length(2);
    take(clock, 3).await;
    // The first attempt began at 0.
    if clock.now() < Duration::from_secs(5) { Err(Interrupted::TimedOut) } else { Ok(()) }
}

#[tokio::test]
async fn of_several_attempts_the_last_one_is_kept() {
    let (clock, lines) = (ManualClock::new(), Lines::default());
    let (_, progress) = run(&clock, &lines);
    flaky(&clock, progress).await.unwrap();
    let record = &lines.all()[0];
    assert_eq!(record["T"], 6_000);
    assert_eq!(record["steps"]["sending"].as_array().unwrap()[..5], [3_000, 0, 2, 1, 0]);
}

workflow!(
    async fn split(clock: &ManualClock, progress: Progress) {
        #[step(1, "Splitting")]
        halves(clock, progress).await;
        #[step(1, "Both")]
        #[parallel]
        let ((), ()) = (
            #[step(1, "Short")]
            #[untracked]
            take(clock, 1).await,
            #[step(1, "Long")]
            #[untracked]
            take(clock, 2).await,
        );
    }
);

async fn halves(clock: &ManualClock, mut progress: Progress) {
    progress.set_length(2);
    for _ in 0..2 {
        let share = progress.split(1);
        inner(clock, share).await;
    }
}

#[tokio::test]
async fn shares_that_are_split_by_hand_are_parts_of_their_step() {
    let (clock, lines) = (ManualClock::new(), Lines::default());
    let (_, progress) = run(&clock, &lines);
    split(&clock, progress).await;
    let record = &lines.all()[0];
    let mut paths: Vec<_> = record["steps"].as_object().unwrap().keys().collect();
    paths.sort();
    assert_eq!(paths, ["both", "both/long", "both/short", "splitting"]);
}

/// A store that fails and panics by turns.
#[derive(Default)]
struct Broken(Mutex<u32>);

impl Broken {
    fn call<T>(&self) -> io::Result<T> {
        let mut calls = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *calls += 1;
        assert!(calls.is_multiple_of(2), "as the test wants it");
        Err(io::Error::other("the disk is full"))
    }
}

impl HistoryStore for Broken {
    fn read(&self, _workflow: &str) -> io::Result<Vec<String>> {
        self.call()
    }

    fn append(&self, _workflow: &str, _line: &str) -> io::Result<()> {
        self.call()
    }
}

#[tokio::test]
async fn a_store_that_fails_disturbs_no_run() {
    let clock = ManualClock::new();
    let history = History::with_store(Broken::default());
    for _ in 0..3 {
        let (run, progress) = Run::builder("r").clock(&clock).history(history.clone()).start();
        import(&clock, 1, false, progress).await.unwrap();
        assert_eq!((run.status(), run.percent()), (RunStatus::Completed, 100.0));
    }
}
