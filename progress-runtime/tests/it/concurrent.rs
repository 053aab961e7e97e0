//! The items of a `#[concurrent]` loop run side by side up to its limit, and the first error stops
//! them.

use std::future::pending;
use std::pin::pin;
use std::sync::{Arc, Mutex};

use anyhow::Result;
use futures::poll;
use progress_runtime::{Lines, Progress, Run, RunStatus, StepSnapshot, StepStatus, workflow};
use tokio::sync::{Notify, Semaphore};
use tokio::task::yield_now;

use crate::support::page::Page;
use crate::support::{Dropped, Drops, fail_at, hang_at, observed, step};

/// Items that wait for permits of the test, and a log of their starts and ends.
struct Items {
    release: Semaphore,
    log: Mutex<Vec<String>>,
}

impl Items {
    fn new() -> Self {
        Self { release: Semaphore::new(0), log: Mutex::default() }
    }

    async fn work(&self, item: u32, mut progress: Progress) -> Result<()> {
        self.log.lock().unwrap().push(format!("{item} began"));
        progress.set_length(2);
        progress.inc(1);
        self.release.acquire().await?.forget();
        self.log.lock().unwrap().push(format!("{item} ended"));
        Ok(())
    }

    fn log(&self) -> Vec<String> {
        std::mem::take(&mut *self.log.lock().unwrap())
    }
}

workflow!(
    async fn two_at_a_time(items: &Items, limit: usize, progress: Progress) -> Result<()> {
        #[step(1, "Uploading")]
        #[concurrent(limit)]
        for item in 1..6_u32 {
            if item == 2 {
                continue;
            }
            items.work(item, progress).await?;
        }

        Ok(())
    }
);

#[tokio::test]
async fn no_more_items_than_the_limit_run_at_once_and_continue_works() {
    let (run, progress, ..) = observed("R");
    let items = Items::new();
    let mut work = pin!(two_at_a_time(&items, 2, progress));
    assert!(poll!(work.as_mut()).is_pending());
    assert_eq!(items.log(), ["1 began", "3 began"]);
    // The second item has ended at its `continue`.
    assert_eq!(run.percent(), 20.0 + 10.0 + 10.0);
    let uploading = step(&run, "uploading");
    assert_eq!((uploading.done, uploading.total), (1, Some(5)));
    let children: Vec<_> = uploading.children.iter().map(|item| item.title.as_str()).collect();
    assert_eq!(children, ["item 1 of 5", "item 3 of 5"]);

    items.release.add_permits(1);
    assert!(poll!(work.as_mut()).is_pending());
    assert_eq!(items.log(), ["1 ended", "4 began"]);
    assert_eq!(run.percent(), 60.0);
    items.release.add_permits(2);
    assert!(poll!(work.as_mut()).is_pending());
    assert_eq!(items.log(), ["3 ended", "4 ended", "5 began"]);
    assert_eq!(run.percent(), 90.0);
    items.release.add_permits(1);
    work.await.unwrap();
    assert_eq!(items.log(), ["5 ended"]);
    assert_eq!((step(&run, "uploading").done, run.percent()), (5, 100.0));
}

#[tokio::test]
async fn a_limit_of_0_lets_one_item_run_at_a_time() {
    let (_, progress, ..) = observed("R");
    let items = Items::new();
    let mut work = pin!(two_at_a_time(&items, 0, progress));
    assert!(poll!(work.as_mut()).is_pending());
    assert_eq!(items.log(), ["1 began"]);
    items.release.add_permits(5);
    work.await.unwrap();
}

#[tokio::test]
async fn a_cancel_drops_the_items_and_starts_no_more() {
    let (run, progress, ..) = observed("R");
    let items = Items::new();
    let mut work = pin!(two_at_a_time(&items, 2, progress));
    assert!(poll!(work.as_mut()).is_pending());
    run.cancel();
    items.release.add_permits(5);
    work.await.unwrap_err();
    assert_eq!(items.log(), ["1 began", "3 began"]);
    assert_eq!((run.status(), run.percent()), (RunStatus::Cancelled, 40.0));
}

async fn spawning_item(
    item: u32,
    gate: &Notify,
    dropped: &Drops,
    progress: Progress,
) -> Result<()> {
    if item == 2 {
        gate.notified().await;
        return fail_at(0.5, "no space", progress).await;
    }
    let _dropped = Dropped(Arc::clone(dropped), "an item");
    let job = Dropped(Arc::clone(dropped), "its job");
    let _job = progress.spawn(move |progress| async move {
        let _job = job;
        hang_at(0.5, progress).await
    });
    pending().await
}

workflow!(
    async fn one_item_fails(gate: &Notify, dropped: &Drops, progress: Progress) -> Result<()> {
        #[step(1, "Uploading")]
        #[concurrent(4)]
        for item in 1..5_u32 {
            spawning_item(item, gate, dropped, progress).await?;
        }

        Ok(())
    }
);

#[tokio::test]
async fn the_first_error_drops_the_other_items_and_waits_for_the_jobs_that_they_spawned() {
    let (run, progress, _, recording) = observed("R");
    let (gate, dropped) = (Notify::new(), Arc::default());
    let mut work = pin!(one_item_fails(&gate, &dropped, progress));
    assert!(poll!(work.as_mut()).is_pending());
    while run.percent() < 37.5 {
        yield_now().await;
    }
    gate.notify_one();
    assert!(poll!(work.as_mut()).is_pending(), "the jobs of the items are waited for");
    assert_eq!(*dropped.lock().unwrap(), ["an item", "an item", "an item"]);
    assert_eq!(work.await.unwrap_err().to_string(), "no space");
    let dropped = dropped.lock().unwrap().clone();
    assert_eq!(dropped[3..], ["its job", "its job", "its job"]);
    // The item that failed had reached its half too.
    assert_eq!(recording.last().progress, 5_000);
    let errors: Vec<_> = run.report().unwrap().errors.iter().map(|e| e.text.clone()).collect();
    assert_eq!(errors, ["no space"]);
    assert_eq!(step(&run, "uploading").error.as_deref(), Some("no space"));
    // The failed item stays in the list, and the items that are cancelled for it leave it.
    let counts = recording.each(|snapshot| {
        let uploading = snapshot.steps.first().filter(|step| step.status.is_active())?;
        Some((uploading.children.len(), uploading.errors))
    });
    assert_eq!(counts[counts.len() - 4..], [(4, 1), (3, 1), (2, 1), (1, 1)], "{counts:?}");
}

workflow!(
    async fn stops_at_the_third_file(progress: Progress) -> Result<()> {
        #[step(1, "Uploading")]
        #[concurrent(2)]
        for file in 1..6_u32 {
            #[step(1, "Packing")]
            #[untracked]
            yield_now().await;

            #[step(1, "Sending")]
            send(file, progress).await?;
        }

        Ok(())
    }
);

async fn send(file: u32, progress: Progress) -> Result<()> {
    if file == 3 { fail_at(0.5, "no route", progress).await } else { Ok(()) }
}

#[tokio::test]
async fn the_item_that_stops_the_loop_is_named_everywhere() {
    let (run, progress, ..) = observed("Deploy");
    let page = Page::default();
    run.report_to(Lines::new(page.clone()));
    stops_at_the_third_file(progress).await.unwrap_err();

    let report = run.report().unwrap();
    let [error] = &report.errors[..] else { panic!("{:?}", report.errors) };
    assert_eq!(error.step, "uploading/3/sending");
    assert_eq!(error.title, "Uploading › file 3 › Sending");
    assert_eq!(error.text, "no route");

    let uploading = step(&run, "uploading");
    assert_eq!(uploading.children.len(), 1, "the other items have left");
    let failed = ["uploading", "uploading/3", "uploading/3/sending"].map(|path| step(&run, path));
    let cause = |step: &StepSnapshot| (step.status, step.error.clone().unwrap().to_string());
    let expected = (StepStatus::Failed, "no route".to_owned());
    assert!(failed.iter().all(|step| cause(step) == expected), "{failed:#?}");
    assert_eq!((&*failed[1].title, failed[2].progress), ("file 3 of 5", 5_000));

    let lines = page.lines();
    let place = "Uploading › file 3 of 5 › Sending · failed after 0ms: no route";
    assert_eq!(lines.iter().filter(|line| line.contains(place)).count(), 1, "{lines:#?}");
}

workflow!(
    async fn tries_the_files_twice(progress: Progress) -> Result<()> {
        #[step(1, "First try")]
        let first = stops_at_the_third_file(progress).await;

        #[step(1, "Clearing up")]
        clear_up(first, progress).await;

        Ok(())
    }
);

/// Splits shares by hand, the first of which fails and is survived.
async fn clear_up(first: Result<()>, mut progress: Progress) {
    progress.set_length(2);
    let failing = progress.split(1);
    let _: Result<()> = failing.track(|_| async { first }).await;
    progress.split(1).finish();
}

#[tokio::test]
async fn a_failure_that_is_survived_is_shown_where_its_steps_are_shown() {
    let (run, progress, ..) = observed("Deploy");
    tries_the_files_twice(progress).await.unwrap();
    let failed = step(&run, "first/uploading/3/sending");
    assert_eq!(failed.error.as_deref(), Some("no route"));
    assert_eq!(step(&run, "clearing-up").children, []);
    assert_eq!(run.report().unwrap().errors.len(), 2);
}

workflow!(
    async fn items_with_steps(run: &Run, progress: Progress) -> Result<u16> {
        #[step(1, "Uploading")]
        #[concurrent(2)]
        for item in 1..3_u32 {
            #[step(3, "Send")]
            let sent = fail_or_not(item, progress).await;

            #[step(1, "Check")]
            #[untracked]
            yield_now().await;

            let _ = sent;
        }

        Ok(run.snapshot().progress)
    }
);

async fn fail_or_not(item: u32, progress: Progress) -> Result<()> {
    match item {
        1 => fail_at(0.5, "no route", progress).await,
        _ => Ok(()),
    }
}

#[tokio::test]
async fn an_item_that_survives_a_failure_cancels_no_other() {
    let (run, progress, ..) = observed("R");
    assert_eq!(items_with_steps(&run, progress).await.unwrap(), 9_999);
    let report = run.report().unwrap();
    assert_eq!(report.status(), RunStatus::CompletedWithErrors);
    assert_eq!(report.errors[0].step, "uploading/1/sent");
    assert_eq!(step(&run, "uploading").status, StepStatus::CompletedWithErrors);
}
