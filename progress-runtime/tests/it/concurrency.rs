//! Branches and items at once, attempts and their time, and the places at which a cancel is seen.

use std::future::{pending, ready};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::{Dropped, fail_at, hang_at, observed, step};
use anyhow::{Result, bail};
use backon::{ConstantBuilder, ExponentialBuilder};
use futures::executor::block_on;
use futures::{FutureExt, poll};
use progress_runtime::{Interrupted, Progress, Run, RunStatus, StepStatus, workflow};
use tokio::sync::{Notify, Semaphore};
use tokio::task::yield_now;
use tokio::time::{Instant, sleep};

const SECOND: Duration = Duration::from_secs(1);

fn interrupted(error: &anyhow::Error) -> Option<&Interrupted> {
    error.downcast_ref()
}

// ---- #[parallel]

async fn half_way(gate: &Notify, value: u32, mut progress: Progress) -> Result<u32> {
    progress.set_length(2);
    progress.inc(1);
    gate.notified().await;
    Ok(value)
}

workflow!(
    async fn both(gates: &[Notify; 2], progress: Progress) -> Result<u32> {
        #[step(1, "Both")]
        #[parallel]
        let (left, right) = (
            #[step(3, "Left")]
            half_way(&gates[0], 5, progress).await?,
            #[step(1, "Right")]
            half_way(&gates[1], 7, progress).await?,
        );

        #[step(1, "After")]
        #[untracked]
        gates[0].notified().await;

        Ok(left * right)
    }
);

#[tokio::test]
async fn branches_run_at_once_and_divide_their_step() {
    let (run, progress, ..) = observed("R");
    let gates: [Notify; 2] = Default::default();
    let mut work = pin!(both(&gates, progress));
    assert!(poll!(work.as_mut()).is_pending());
    for id in ["both/left", "both/right"] {
        assert_eq!(step(&run, id).status, StepStatus::Running, "{id}");
    }
    assert_eq!(run.shown(), 2_500);
    gates[1].notify_one();
    assert!(poll!(work.as_mut()).is_pending());
    assert_eq!(step(&run, "both/right").status, StepStatus::Completed);
    assert_eq!(run.shown(), 3_125);
    gates[0].notify_one();
    assert!(poll!(work.as_mut()).is_pending());
    assert_eq!((step(&run, "both").status, run.shown()), (StepStatus::Completed, 5_000));
    gates[0].notify_one();
    assert_eq!(work.await.unwrap(), 35);
}

async fn until_dropped(
    dropped: &Arc<Mutex<Vec<&'static str>>>,
    name: &'static str,
    progress: Progress,
) -> Result<()> {
    let _dropped = Dropped(Arc::clone(dropped), name);
    hang_at(0.5, progress).await;
    Ok(())
}

workflow!(
    async fn one_fails(
        gate: &Notify,
        dropped: &Arc<Mutex<Vec<&'static str>>>,
        progress: Progress,
    ) -> Result<()> {
        #[step(1, "All")]
        #[parallel]
        let _all = (
            #[step(1, "First")]
            until_dropped(dropped, "first", progress).await?,
            #[step(1, "Second")]
            fail_later(gate, progress).await?,
            #[step(1, "Third")]
            fail_at(0.5, "survived", progress).await,
            #[step(1, "Fourth")]
            until_dropped(dropped, "fourth", progress).await?,
        );

        Ok(())
    }
);

async fn fail_later(gate: &Notify, progress: Progress) -> Result<()> {
    gate.notified().await;
    fail_at(0.2, "no route", progress).await
}

#[tokio::test]
async fn the_first_error_drops_the_other_branches_and_one_without_a_question_mark_drops_none() {
    let (run, progress, _, recording) = observed("R");
    let (gate, dropped) = (Notify::new(), Arc::default());
    let mut work = pin!(one_fails(&gate, &dropped, progress));
    assert!(poll!(work.as_mut()).is_pending());
    assert_eq!(step(&run, "all/third").status, StepStatus::Failed);
    assert!(dropped.lock().unwrap().is_empty(), "the failure of the third cancels nobody");
    // The fourth has started since the third failed: what the third has left has moved on.
    assert_eq!(run.shown(), 2_500 + 2_500 / 2 + 2_500 / 2);

    gate.notify_one();
    assert_eq!(work.await.unwrap_err().to_string(), "no route");
    assert_eq!(*dropped.lock().unwrap(), ["first", "fourth"]);
    let states = ["first", "second", "third", "fourth"].map(|id| {
        let step = step(&run, &format!("all/{id}"));
        (step.status, step.error)
    });
    let text = |text: &str| Some(text.into());
    assert_eq!(
        states,
        [
            (StepStatus::Cancelled, None),
            (StepStatus::Failed, text("no route")),
            (StepStatus::Failed, text("survived")),
            (StepStatus::Cancelled, None),
        ]
    );
    assert_eq!(recording.last().progress, 5_000 + 500);
    assert_eq!(run.status(), RunStatus::Failed);
}

#[tokio::test]
async fn a_cancel_drops_all_branches() {
    let (run, progress, ..) = observed("R");
    let (gate, dropped) = (Notify::new(), Arc::default());
    let mut work = pin!(one_fails(&gate, &dropped, progress));
    assert!(poll!(work.as_mut()).is_pending());
    run.cancel();
    assert_eq!(interrupted(&work.await.unwrap_err()), Some(&Interrupted::Cancelled));
    assert_eq!(dropped.lock().unwrap().len(), 2);
    assert_eq!(step(&run, "all/second").status, StepStatus::Cancelled);
    assert_eq!(step(&run, "all/third").status, StepStatus::Failed);
    assert_eq!(run.shown(), 5_000);
}

// ---- #[concurrent(n)]

/// Items that go on when they are let, and what was seen of them.
struct Items {
    let_go: Semaphore,
    log: Mutex<Vec<String>>,
}

impl Items {
    fn new() -> Self {
        Self { let_go: Semaphore::new(0), log: Mutex::default() }
    }

    async fn work(&self, item: u32, mut progress: Progress) -> Result<()> {
        self.log.lock().unwrap().push(format!("{item} began"));
        progress.set_length(2);
        progress.inc(1);
        self.let_go.acquire().await?.forget();
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
    // The second has done what it was there for.
    assert_eq!(run.shown(), 2_000 + 1_000 + 1_000);
    let uploading = step(&run, "uploading");
    assert_eq!((uploading.done, uploading.total), (1, Some(5)));
    let children: Vec<_> = uploading.children.iter().map(|item| item.title.as_str()).collect();
    assert_eq!(children, ["item 1 of 5", "item 3 of 5"]);

    items.let_go.add_permits(1);
    assert!(poll!(work.as_mut()).is_pending());
    assert_eq!(items.log(), ["1 ended", "4 began"]);
    assert_eq!(run.shown(), 6_000);
    items.let_go.add_permits(2);
    assert!(poll!(work.as_mut()).is_pending());
    assert_eq!(items.log(), ["3 ended", "4 ended", "5 began"]);
    assert_eq!(run.shown(), 9_000);
    items.let_go.add_permits(1);
    work.await.unwrap();
    assert_eq!(items.log(), ["5 ended"]);
    assert_eq!((step(&run, "uploading").done, run.shown()), (5, 10_000));
}

#[tokio::test]
async fn a_limit_of_0_lets_one_item_run_at_a_time() {
    let (_, progress, ..) = observed("R");
    let items = Items::new();
    let mut work = pin!(two_at_a_time(&items, 0, progress));
    assert!(poll!(work.as_mut()).is_pending());
    assert_eq!(items.log(), ["1 began"]);
    items.let_go.add_permits(5);
    work.await.unwrap();
}

#[tokio::test]
async fn a_cancel_drops_the_items_and_starts_no_more() {
    let (run, progress, ..) = observed("R");
    let items = Items::new();
    let mut work = pin!(two_at_a_time(&items, 2, progress));
    assert!(poll!(work.as_mut()).is_pending());
    run.cancel();
    items.let_go.add_permits(5);
    work.await.unwrap_err();
    assert_eq!(items.log(), ["1 began", "3 began"]);
    assert_eq!((run.status(), run.shown()), (RunStatus::Cancelled, 4_000));
}

async fn spawning_item(
    item: u32,
    gate: &Notify,
    dropped: &Arc<Mutex<Vec<&'static str>>>,
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
    async fn one_item_fails(
        gate: &Notify,
        dropped: &Arc<Mutex<Vec<&'static str>>>,
        progress: Progress,
    ) -> Result<()> {
        #[step(1, "Uploading")]
        #[concurrent(4)]
        for item in 1..5_u32 {
            spawning_item(item, gate, dropped, progress).await?;
        }

        Ok(())
    }
);

#[tokio::test]
async fn the_first_error_drops_the_other_items_and_waits_for_what_they_spawned() {
    let (run, progress, _, recording) = observed("R");
    let (gate, dropped) = (Notify::new(), Arc::default());
    let mut work = pin!(one_item_fails(&gate, &dropped, progress));
    assert!(poll!(work.as_mut()).is_pending());
    while run.shown() < 3_750 {
        yield_now().await;
    }
    gate.notify_one();
    assert!(poll!(work.as_mut()).is_pending(), "the jobs of the items are waited for");
    assert_eq!(*dropped.lock().unwrap(), ["an item", "an item", "an item"]);
    assert_eq!(work.await.unwrap_err().to_string(), "no space");
    let dropped = dropped.lock().unwrap().clone();
    assert_eq!(dropped[3..], ["its job", "its job", "its job"]);
    // The fourth part that failed had got half way too.
    assert_eq!(recording.last().progress, 5_000);
    let errors: Vec<_> = run.report().unwrap().errors.iter().map(|e| e.text.clone()).collect();
    assert_eq!(errors, ["no space"]);
    assert_eq!(step(&run, "uploading").error.as_deref(), Some("no space"));
    // An item goes together with its error, before those that are stopped for it.
    let counts = recording.each(|snapshot| {
        let uploading = snapshot.steps.first().filter(|step| step.status.is_active())?;
        Some((uploading.children.len(), uploading.errors))
    });
    assert_eq!(counts[counts.len() - 4..], [(3, 1), (2, 1), (1, 1), (0, 1)], "{counts:?}");
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

        Ok(run.shown())
    }
);

async fn fail_or_not(item: u32, progress: Progress) -> Result<()> {
    match item {
        1 => fail_at(0.5, "no route", progress).await,
        _ => Ok(()),
    }
}

#[tokio::test]
async fn an_item_that_survives_a_failure_cancels_nobody() {
    let (run, progress, ..) = observed("R");
    assert_eq!(items_with_steps(&run, progress).await.unwrap(), 9_999);
    let report = run.report().unwrap();
    assert_eq!(report.status(), RunStatus::CompletedWithErrors);
    assert_eq!(report.errors[0].step, "uploading/1/sent");
    assert_eq!(step(&run, "uploading").status, StepStatus::CompletedWithErrors);
}

// ---- #[retry]

#[derive(Default)]
struct Server {
    calls: u32,
    jobs: Arc<Mutex<Vec<&'static str>>>,
}

impl Server {
    async fn refuse(&mut self, mut progress: Progress) -> Result<()> {
        self.calls += 1;
        progress.set_fraction(0.5);
        bail!("refusal {}", self.calls)
    }

    async fn refuse_twice(&mut self, progress: Progress) -> Result<u32> {
        match self.refuse(progress).await {
            Err(_) if self.calls == 3 => Ok(self.calls),
            refused => refused.map(|()| 0),
        }
    }

    async fn spawn_and_refuse(&mut self, mut progress: Progress) -> Result<()> {
        assert_eq!(self.jobs.lock().unwrap().len(), self.calls as usize);
        let job = Dropped(Arc::clone(&self.jobs), "the job of an attempt");
        progress.set_length(2);
        let _job = progress.split(1).spawn(|_| async move {
            let _job = job;
            pending::<()>().await
        });
        self.refuse(progress).await
    }
}

fn policy(retries: usize) -> ConstantBuilder {
    ConstantBuilder::new().with_delay(SECOND).with_max_times(retries)
}

workflow!(
    async fn refused(server: &mut Server, retries: usize, progress: Progress) -> Result<()> {
        #[step(1, "Fetching")]
        #[retry(policy(retries))]
        server.refuse(progress).await?;

        Ok(())
    }
);

#[tokio::test(start_paused = true)]
async fn a_step_whose_attempts_have_all_failed_fails_with_the_last_error() {
    let (run, progress, _, recording) = observed("R");
    let (mut server, began) = (Server::default(), Instant::now());
    let error = refused(&mut server, 2, progress).await.unwrap_err();
    assert_eq!(error.to_string(), "refusal 3");
    assert_eq!(began.elapsed(), 2 * SECOND);
    let fetching = step(&run, "fetching");
    assert_eq!(
        (fetching.status, fetching.attempt, fetching.attempts),
        (StepStatus::Failed, 3, Some(3))
    );
    assert_eq!(fetching.error.as_deref(), Some("refusal 3"));
    // Each attempt has half of what was left.
    assert_eq!(recording.shown(), [0, 5_000, 7_500, 8_750]);
    assert_eq!(run.report().unwrap().errors.len(), 1, "an attempt is no error of the run");
}

#[tokio::test]
async fn no_retries_are_one_attempt() {
    let (run, progress, ..) = observed("R");
    let mut server = Server::default();
    refused(&mut server, 0, progress).await.unwrap_err();
    assert_eq!((step(&run, "fetching").attempt, server.calls), (1, 1));
}

workflow!(
    async fn refused_twice(server: &mut Server, progress: Progress) -> Result<u32> {
        #[step(1, "Fetching")]
        #[retry(ExponentialBuilder::new().without_max_times())]
        let calls = server.refuse_twice(progress).await?;

        Ok(calls)
    }
);

#[tokio::test(start_paused = true)]
async fn a_policy_without_a_bound_has_no_number_of_attempts() {
    let (run, progress, _, recording) = observed("R");
    let (mut server, began) = (Server::default(), Instant::now());
    assert_eq!(refused_twice(&mut server, progress).await.unwrap(), 3);
    assert_eq!(began.elapsed(), 3 * SECOND, "a second, and then two");
    let calls = step(&run, "calls");
    assert_eq!((calls.status, calls.attempt, calls.attempts), (StepStatus::Completed, 3, None));
    assert_eq!(calls.error, None);
    let attempts = recording.each(|snapshot| Some(snapshot.steps.first()?.attempt));
    assert_eq!(attempts, [0, 1, 2, 3]);
    assert_eq!(run.status(), RunStatus::Completed);
}

workflow!(
    async fn refused_for_good(server: &mut Server, progress: Progress) -> Result<()> {
        #[step(1, "Fetching")]
        #[retry(policy(5), when = |error| error.to_string() == "refusal 1")]
        let fetched = server.refuse(progress).await;

        assert_eq!(fetched.unwrap_err().to_string(), "refusal 2");
        Ok(())
    }
);

#[tokio::test(start_paused = true)]
async fn only_what_the_condition_allows_is_tried_again_and_a_survived_failure_is_recorded() {
    let (run, progress, ..) = observed("R");
    let mut server = Server::default();
    refused_for_good(&mut server, progress).await.unwrap();
    assert_eq!(server.calls, 2);
    let report = run.report().unwrap();
    assert_eq!(report.status(), RunStatus::CompletedWithErrors);
    assert_eq!(report.errors[0].text, "refusal 2");
    assert_eq!(step(&run, "fetched").error.as_deref(), Some("refusal 2"));
}

workflow!(
    async fn spawning_attempts(server: &mut Server, progress: Progress) -> Result<()> {
        #[step(1, "Fetching")]
        #[retry(policy(1))]
        server.spawn_and_refuse(progress).await?;

        Ok(())
    }
);

#[tokio::test(start_paused = true)]
async fn what_an_attempt_has_spawned_ends_before_the_next_one() {
    let (_, progress, ..) = observed("R");
    let mut server = Server::default();
    spawning_attempts(&mut server, progress).await.unwrap_err();
    assert_eq!((server.calls, server.jobs.lock().unwrap().len()), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn a_cancel_is_seen_in_the_pause_between_two_attempts() {
    let (run, progress, ..) = observed("R");
    let mut server = Server::default();
    let began = Instant::now();
    {
        let mut work = pin!(refused(&mut server, 5, progress));
        assert!(poll!(work.as_mut()).is_pending());
        let fetching = step(&run, "fetching");
        assert_eq!((fetching.status, fetching.attempt), (StepStatus::Retrying, 1));
        assert_eq!(fetching.error.as_deref(), Some("refusal 1"));
        run.cancel();
        assert_eq!(interrupted(&work.await.unwrap_err()), Some(&Interrupted::Cancelled));
    }
    assert_eq!((server.calls, began.elapsed()), (1, Duration::ZERO));
    assert_eq!((run.status(), run.shown()), (RunStatus::Cancelled, 5_000));
}

// ---- #[timeout]

async fn takes(time: Duration, mut progress: Progress) -> Result<()> {
    progress.set_fraction(0.5);
    sleep(time).await;
    Ok(())
}

workflow!(
    async fn timed(time: Duration, progress: Progress) -> Result<()> {
        #[step(1, "Fetching")]
        #[timeout(5 * SECOND)]
        takes(time, progress).await?;

        Ok(())
    }
);

#[tokio::test(start_paused = true)]
async fn a_step_that_takes_too_long_fails() {
    let (run, progress, ..) = observed("R");
    let began = Instant::now();
    let error = timed(60 * SECOND, progress).await.unwrap_err();
    assert_eq!(interrupted(&error), Some(&Interrupted::TimedOut));
    assert_eq!(began.elapsed(), 5 * SECOND);
    assert_eq!((run.status(), run.shown()), (RunStatus::Failed, 5_000));
    assert_eq!(step(&run, "fetching").error.as_deref(), Some("the step timed out"));
}

#[tokio::test(start_paused = true)]
async fn a_step_that_ends_in_time_ends_well() {
    let (run, progress, ..) = observed("R");
    timed(4 * SECOND, progress).await.unwrap();
    assert_eq!(run.status(), RunStatus::Completed);
}

/// Hangs at first, keeps its share, and reports on it when it is too late.
#[derive(Default)]
struct Slow {
    kept: Arc<Mutex<Vec<Progress>>>,
    calls: u32,
}

impl Slow {
    async fn next(&mut self, run: &Run, mut progress: Progress) -> Result<()> {
        self.calls += 1;
        progress.set_fraction(0.5);
        if self.calls < 3 {
            self.kept.lock().unwrap().push(progress);
            return pending().await;
        }
        let shown = run.shown();
        assert_eq!(shown, 4_375);
        for late in self.kept.lock().unwrap().iter_mut() {
            late.set_fraction(1.0);
            late.set_message("late");
        }
        assert_eq!(run.shown(), shown);
        assert_ne!(run.snapshot().message, "late");
        Ok(())
    }
}

workflow!(
    async fn slow_at_first(slow: &mut Slow, run: &Run, progress: Progress) -> Result<()> {
        #[step(1, "Fetching")]
        #[retry(policy(2))]
        #[timeout(5 * SECOND)]
        slow.next(run, progress).await?;

        #[step(1, "After")]
        #[untracked]
        ready(()).await;

        Ok(())
    }
);

#[tokio::test(start_paused = true)]
async fn each_attempt_has_its_own_time() {
    let (run, progress, _, recording) = observed("R");
    let (mut slow, began) = (Slow::default(), Instant::now());
    slow_at_first(&mut slow, &run, progress).await.unwrap();
    assert_eq!(began.elapsed(), 12 * SECOND, "twice five, and two pauses of one");
    assert_eq!((slow.calls, run.status()), (3, RunStatus::Completed));
    let causes = recording.each(|snapshot| snapshot.steps.first()?.error.clone());
    assert_eq!(causes, ["the step timed out"]);
}

workflow!(
    async fn timed_and_survived(progress: Progress) -> Result<()> {
        #[step(1, "Fetching")]
        #[timeout(5 * SECOND)]
        let fetched: Result<()> = takes(60 * SECOND, progress).await;

        assert_eq!(interrupted(&fetched.unwrap_err()), Some(&Interrupted::TimedOut));
        Ok(())
    }
);

#[tokio::test(start_paused = true)]
async fn a_timeout_can_be_survived() {
    let (run, progress, ..) = observed("R");
    timed_and_survived(progress).await.unwrap();
    assert_eq!(run.status(), RunStatus::CompletedWithErrors);
    assert_eq!(run.report().unwrap().errors[0].text, "the step timed out");
}

// ---- #[uncancellable]

async fn pass(gate: &Notify, log: &Mutex<Vec<&'static str>>, name: &'static str) {
    gate.notified().await;
    log.lock().unwrap().push(name);
}

workflow!(
    async fn nested(
        gate: &Notify,
        log: &Mutex<Vec<&'static str>>,
        progress: Progress,
    ) -> Result<u32> {
        #[step(1, "One")]
        #[untracked]
        pass(gate, log, "one").await;

        #[step(1, "Two")]
        #[untracked]
        pass(gate, log, "two").await;

        Ok(2)
    }
);

workflow!(
    async fn protected(
        gate: &Notify,
        log: &Mutex<Vec<&'static str>>,
        progress: Progress,
    ) -> Result<()> {
        #[step(1, "Writing")]
        #[uncancellable]
        let written = nested(gate, log, progress).await?;

        assert_eq!(written, 2);
        log.lock().unwrap().push("never");

        #[step(1, "After")]
        #[untracked]
        pass(gate, log, "never").await;

        Ok(())
    }
);

#[tokio::test]
async fn a_workflow_inside_a_step_that_must_end_runs_to_its_end() {
    let (run, progress, ..) = observed("R");
    let (gate, log) = (Notify::new(), Mutex::default());
    let mut work = pin!(protected(&gate, &log, progress));
    assert!(poll!(work.as_mut()).is_pending());
    run.cancel();
    for end in ["one", "two"] {
        assert!(poll!(work.as_mut()).is_pending());
        assert_eq!(run.status(), RunStatus::Cancelling, "{end}");
        gate.notify_one();
    }
    assert_eq!(interrupted(&work.await.unwrap_err()), Some(&Interrupted::Cancelled));
    assert_eq!(*log.lock().unwrap(), ["one", "two"]);
    assert_eq!(step(&run, "written").status, StepStatus::Completed);
    assert_eq!(step(&run, "written/two").status, StepStatus::Completed);
}

// ---- the boundaries

workflow!(
    async fn boundaries(run: &Run, cancel_at: u32, progress: Progress) -> Result<()> {
        #[step(1, "First")]
        #[untracked]
        visit(run, 1, cancel_at);

        #[step(1, "Loop")]
        for item in 2..4 {
            #[step(1, "Inner")]
            #[untracked]
            visit(run, item, cancel_at);
        }

        #[step(1, "Plain loop")]
        for item in 4..6 {
            let _share = progress;
            visit(run, item, cancel_at);
        }

        #[step(1, "Group")]
        {
            #[step(1, "In the group")]
            #[untracked]
            visit(run, 6, cancel_at);

            #[step(1, "Last in the group")]
            #[untracked]
            visit(run, 7, cancel_at);
        }

        #[step(1, "Concurrent")]
        #[concurrent(1)]
        for item in 8..10 {
            let _share = progress;
            visit(run, item, cancel_at);
        }

        #[step(1, "Branches")]
        #[parallel]
        let ((), ()) = (
            #[step(1, "Left")]
            #[untracked]
            visit(run, 10, cancel_at),
            #[step(1, "Right")]
            #[untracked]
            visit(run, 11, cancel_at),
        );

        #[step(1, "Nested")]
        boundaries_inside(run, cancel_at, progress).await?;

        Ok(())
    }
);

workflow!(
    async fn boundaries_inside(run: &Run, cancel_at: u32, progress: Progress) -> Result<()> {
        #[step(1, "One")]
        #[untracked]
        visit(run, 12, cancel_at);

        #[step(1, "Two")]
        #[untracked]
        visit(run, 13, cancel_at);

        Ok(())
    }
);

/// The code at a place, which is not reached once the run is cancelled.
fn visit(run: &Run, place: u32, cancel_at: u32) {
    assert_eq!(run.status(), RunStatus::Running, "place {place} is reached after a cancel");
    if place == cancel_at {
        run.cancel();
    }
}

#[test]
fn a_cancel_is_seen_at_each_boundary() {
    for cancel_at in 1..=13 {
        let (run, progress, ..) = observed("R");
        let error = block_on(boundaries(&run, cancel_at, progress)).unwrap_err();
        assert_eq!(interrupted(&error), Some(&Interrupted::Cancelled), "{cancel_at}");
        assert_eq!(run.status(), RunStatus::Cancelled, "{cancel_at}");
        assert!(run.shown() < 10_000);
    }
    let (run, progress, ..) = observed("R");
    block_on(boundaries(&run, 0, progress)).unwrap();
    assert_eq!(run.status(), RunStatus::Completed);
}

workflow!(
    async fn cannot_say_so(gate: &Notify, progress: Progress) -> u32 {
        #[step(1, "Waiting")]
        #[untracked]
        gate.notified().await;

        7
    }
);

#[tokio::test]
async fn a_workflow_that_cannot_say_that_it_was_cancelled_ends_and_is_cancelled() {
    let (run, progress, ..) = observed("R");
    let gate = Notify::new();
    let mut work = pin!(cannot_say_so(&gate, progress));
    assert!(!run.snapshot().cancellable);
    assert!(poll!(work.as_mut()).is_pending());
    run.cancel();
    assert!(work.as_mut().now_or_never().is_none());
    assert_eq!(run.status(), RunStatus::Cancelling);
    gate.notify_one();
    assert_eq!(work.await, 7);
    assert_eq!(run.status(), RunStatus::Cancelled);
}
