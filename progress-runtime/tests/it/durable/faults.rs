//! Journals that cannot be kept.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, OnceLock};

use progress_runtime::journal::{JournalFuture, JournalStore};
use progress_runtime::{Journal, JournalError, Progress, Run, RunStatus, workflow};

use super::{Error, Work, journal_error, start};

/// A store that keeps so many lines.
#[derive(Clone)]
struct Full {
    left: Arc<AtomicUsize>,
    keeps_marks: bool,
}

fn no_space() -> JournalError {
    JournalError::Unwritable { journal: "full".to_owned(), text: "no space".to_owned() }
}

impl JournalStore for Full {
    fn name(&self) -> String {
        "full".to_owned()
    }

    fn recall(&self) -> JournalFuture<Vec<String>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn record(&self, _line: String, _sync: bool) -> JournalFuture<()> {
        let left = self.left.clone();
        Box::pin(async move {
            let take = |left: usize| left.checked_sub(1);
            left.fetch_update(SeqCst, SeqCst, take).map(drop).map_err(|_| no_space())
        })
    }

    fn mark(&self, _line: String) -> Result<(), JournalError> {
        if self.keeps_marks { Ok(()) } else { Err(no_space()) }
    }

    fn close(&self) -> JournalFuture<()> {
        self.record(String::new(), true)
    }

    fn release(&self) {}
}

workflow!(
    #[durable]
    async fn process(work: &Work, progress: Progress) -> Result<(), Error> {
        #[step(1, "A")]
        work.call("a", progress).await?;
        #[step(1, "B")]
        #[parallel]
        let (_, _) = (
            #[step(1, "B one")]
            work.call("b1", progress).await?,
            #[step(1, "B two")]
            work.call("b2", progress).await?,
        );
        #[step(1, "C")]
        #[concurrent(1)]
        #[key(item)]
        for item in 0..2 {
            work.call(&format!("c{item}"), progress).await?;
        }
        Ok(())
    }
);

#[tokio::test]
async fn nothing_goes_on_that_would_be_forgotten() {
    // The plan, a, b1, b2, b, c[0], c[1], c, the end.
    const LINES: usize = 9;
    for left in 0..=LINES {
        let store = Full { left: Arc::new(AtomicUsize::new(left)), keeps_marks: true };
        let (journal, work) = (Journal::with_store(store), Work::default());
        let (run, progress) = start(&journal).await;
        let result = process(&work, progress).await;
        if left == LINES {
            result.unwrap();
            continue;
        }
        assert_eq!(journal_error(result), no_space(), "{left}");
        assert_eq!(run.status(), RunStatus::Failed);
        // The call whose record is the first that fails was made, and with it those at work beside
        // it: of two branches, one more.
        let calls = work.calls();
        assert!(calls.len() <= if left == 0 { 0 } else { left + 1 }, "{left}: {calls:?}");
        let report = run.report().unwrap();
        assert_eq!(
            report.errors.last().unwrap().text,
            "the journal full cannot be written: no space"
        );
    }
}

#[tokio::test]
async fn a_mark_that_is_not_kept_stops_the_workflow_at_its_next_record() {
    let store = Full { left: Arc::new(AtomicUsize::new(100)), keeps_marks: false };
    let (journal, work) = (Journal::with_store(store), Work::default());
    let (run, progress) = start(&journal).await;
    run.report_to(progress_runtime::Lines::new(Vec::new()));
    assert_eq!(journal_error(process(&work, progress).await), no_space());
    assert_eq!(work.calls(), ["a"]);
}

#[tokio::test]
async fn one_run_at_a_time_has_the_journal() {
    let journal = Journal::in_memory();
    let (_run, progress) = start(&journal).await;
    let second = Run::builder("Second").journal(journal.clone()).start().await;
    let holder = Some(std::process::id());
    let expected = JournalError::Locked { journal: "in memory".to_owned(), holder };
    assert_eq!(second.unwrap_err(), expected);
    drop(progress);
    start(&journal).await.1.finish();
}

#[tokio::test]
async fn inputs_that_are_no_json_are_an_error_at_the_start() {
    let inputs = std::collections::BTreeMap::from([((1, 2), 3)]);
    let journal = Journal::in_memory().for_inputs(&inputs);
    let error = Run::builder("Process").journal(journal).start().await.unwrap_err();
    assert_eq!(error.to_string(), "the inputs cannot be compared: key must be a string");
}

/// A store that looks at the run, or panics, wherever it is called.
#[derive(Clone, Default)]
struct Nosy {
    run: Arc<OnceLock<Run>>,
    panics: bool,
}

impl Nosy {
    fn look(&self) {
        if let Some(run) = self.run.get() {
            run.snapshot();
            run.percent();
            assert!(!self.panics, "deliberate");
        }
    }
}

impl JournalStore for Nosy {
    fn name(&self) -> String {
        "nosy".to_owned()
    }

    fn recall(&self) -> JournalFuture<Vec<String>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn record(&self, _line: String, _sync: bool) -> JournalFuture<()> {
        Box::pin(async { Ok(()) })
    }

    fn mark(&self, _line: String) -> Result<(), JournalError> {
        self.look();
        Ok(())
    }

    fn close(&self) -> JournalFuture<()> {
        Box::pin(async { Ok(()) })
    }

    fn release(&self) {
        self.look();
    }
}

workflow!(
    #[durable]
    async fn looked_at(run: &Run, progress: Progress) -> Result<(), Error> {
        #[step(1, "A")]
        look_at(run, progress).await;
        #[step(1, "B")]
        look_at(run, progress).await;
        Ok(())
    }
);

async fn look_at(run: &Run, mut progress: Progress) {
    progress.set_fraction(0.5);
    run.snapshot();
}

#[tokio::test]
async fn a_store_may_look_at_the_run_and_its_panic_is_an_error_of_the_journal() {
    for panics in [false, true] {
        let store = Nosy { panics, ..Nosy::default() };
        let journal = Journal::with_store(store.clone());
        let (run, progress) = Run::builder("R").journal(journal).start().await.unwrap();
        store.run.get_or_init(|| run.clone());
        let worked = looked_at(&run, progress).await.map_err(|error| error.to_string());
        let text = "the journal nosy cannot be written: panicked: deliberate";
        assert_eq!(worked, if panics { Err(text.to_owned()) } else { Ok(()) });
        let status = if panics { RunStatus::Failed } else { RunStatus::Completed };
        assert_eq!(run.status(), status);
    }
}
