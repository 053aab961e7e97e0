//! Reporters and streams: none loses the end, none holds back another, and none gets a number that goes back.

use std::future::ready;
use std::io::{self, Write};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Barrier, Mutex};
use std::time::Duration;

use crate::support::{Recording, TICK, fail_at, hang_at, observed};
use anyhow::{Result, anyhow};
use futures::executor::block_on;
use futures::{FutureExt, StreamExt};
use progress_runtime::{
    Interrupted, JsonLines, Lines, ManualClock, Progress, ReportError, Reporter, Run, RunStatus,
    Snapshot, StepStatus, Update, UpdateKind, threaded, workflow,
};

/// A reporter that is a closure.
struct By<F>(F);

impl<F> Reporter for By<F>
where
    F: FnMut(&Update<'_>) -> Result<(), ReportError> + Send + 'static,
{
    fn report(&mut self, update: &Update<'_>) -> Result<(), ReportError> {
        (self.0)(update)
    }
}

/// A closure as a reporter; its calls are checked by the test's own recording.
fn by(report: impl FnMut(&Update<'_>) + Send + 'static) -> impl Reporter {
    let mut report = report;
    By(move |update: &Update<'_>| {
        report(update);
        Ok(())
    })
}

/// Tells of each call by a channel.
fn telling(calls: Sender<(UpdateKind, u16)>) -> impl Reporter {
    By(move |update: &Update<'_>| Ok(calls.send((update.kind(), update.snapshot().progress))?))
}

// ---- when a reporter is called

#[test]
fn a_late_reporter_gets_the_whole_state_at_once() {
    let (run, mut progress, ..) = observed("R");
    progress.set_length(10);
    progress.inc(3);
    let late = Recording::default();
    run.report_to(late.clone());
    assert_eq!(late.kinds(), [UpdateKind::Attached]);
    assert_eq!((late.last().progress, late.last().status), (3_000, RunStatus::Running));
    progress.finish();
    assert_eq!(late.kinds(), [UpdateKind::Attached, UpdateKind::Ended]);
}

#[test]
fn a_reporter_that_comes_after_the_end_gets_just_the_end() {
    let (run, progress, ..) = observed("R");
    progress.finish();
    let late = Recording::default();
    run.report_to(late.clone());
    assert_eq!(late.kinds(), [UpdateKind::Ended]);
    assert_eq!(late.last().status, RunStatus::Completed);
}

#[test]
fn numbers_are_delivered_at_most_once_a_tick_and_states_at_once() {
    let (_, mut progress, clock, recording) = observed("R");
    progress.set_length(10);
    assert_eq!(recording.kinds(), [UpdateKind::Attached, UpdateKind::Transition]);
    clock.advance(TICK);
    let before = recording.kinds().len();
    progress.inc(1);
    progress.inc(1);
    progress.set_message("two");
    assert_eq!(recording.kinds().len(), before, "a number waits for the tick");
    clock.advance(TICK);
    assert_eq!(recording.kinds()[before..], [UpdateKind::Progress]);
    assert_eq!((recording.last().progress, &*recording.last().message), (2_000, "two"));
    clock.advance(TICK);
    clock.advance(TICK);
    assert_eq!(recording.kinds().len(), before + 1, "nothing has moved");
    progress.record_error("survived");
    assert_eq!(recording.kinds()[before + 1..], [UpdateKind::Transition]);
}

#[test]
fn a_change_that_counts_nothing_is_delivered_too() {
    /// Delivered at the next tick: what the change does to what was shown.
    fn ticked(change: impl FnOnce(&mut Progress)) -> Vec<u16> {
        let (_, mut progress, clock, recording) = observed("R");
        progress.set_length(10);
        progress.inc(5);
        clock.advance(TICK);
        change(&mut progress);
        clock.advance(TICK);
        drop(progress);
        recording.shown()
    }
    assert_eq!(ticked(|progress| progress.set_length(8)), [0, 5_000, 6_250]);
    assert_eq!(ticked(|progress| progress.set_length(5)), [0, 5_000, 9_999]);
    // The units of a share that has ended are as many as its own code had counted.
    let (_, mut progress, clock, recording) = observed("R");
    progress.set_length(10);
    let mut share = progress.split(5);
    share.set_length(10);
    share.inc(5);
    clock.advance(TICK);
    share.finish();
    clock.advance(TICK);
    assert_eq!(recording.shown(), [0, 2_500, 5_000]);
    // One goes back by as much as the other goes on.
    let (_, mut progress, clock, recording) = observed("R");
    progress.set_length(2);
    let mut shares = [progress.split(1), progress.split(1)];
    for share in &mut shares {
        share.set_length(10);
        share.inc(5);
    }
    clock.advance(TICK);
    shares[0].set_position(3);
    shares[1].inc(2);
    clock.advance(TICK);
    assert_eq!(recording.shown(), [0, 5_000, 6_000]);
}

async fn finish_early(clock: &ManualClock, progress: Progress) {
    progress.finish();
    clock.advance(TICK);
}

workflow!(
    async fn early(clock: &ManualClock, recording: &Recording, progress: Progress) -> Result<()> {
        #[step(1, "First")]
        {
            #[step(1, "Inner")]
            finish_early(clock, progress).await;

            assert_eq!(recording.last().progress, 5_000);
        }

        #[step(1, "Second")]
        #[untracked]
        ready(()).await;

        Ok(())
    }
);

#[test]
fn a_share_that_is_finished_before_its_step_ends_is_shown_full() {
    let (_, progress, clock, recording) = observed("R");
    block_on(early(&clock, &recording, progress)).unwrap();
    assert_eq!(recording.shown(), [0, 5_000, 9_999, 10_000]);
}

#[test]
fn the_background_thread_delivers_numbers_while_the_job_holds_its_own_thread() {
    let (run, mut progress) = Run::start("R");
    let (sender, calls) = channel();
    run.report_to(telling(sender));
    progress.set_length(10);
    progress.inc(5);
    let number = calls.iter().find(|(_, shown)| *shown == 5_000).unwrap();
    assert_eq!(number.0, UpdateKind::Progress);
    progress.inc(2);
    assert_eq!(calls.iter().find(|(_, shown)| *shown > 5_000).unwrap().1, 7_000);
    progress.finish();
    assert_eq!(calls.iter().last(), Some((UpdateKind::Ended, 10_000)));
}

// ---- slow

/// A reporter on a thread that tells of each call when it begins, and ends it when it is let.
fn slow(began: Sender<(UpdateKind, u16)>, go: Receiver<()>) -> impl Reporter {
    threaded(by(move |update| {
        began.send((update.kind(), update.snapshot().progress)).unwrap();
        let _ = go.recv(); // once the test has let go for good, every call passes
    }))
}

#[test]
fn a_slow_reporter_holds_nobody_back_and_gets_the_end() {
    let (run, mut progress, clock, recording) = observed("R");
    let (began, calls) = channel();
    let (let_go, go) = channel();
    run.report_to(slow(began, go));
    assert_eq!(calls.recv().unwrap(), (UpdateKind::Attached, 0));
    progress.set_length(100);
    for _ in 0..50 {
        progress.inc(1);
        clock.advance(TICK);
    }
    assert_eq!(recording.last().progress, 5_000, "the other reporter is not held back");
    let_go.send(()).unwrap();
    assert_eq!(calls.recv().unwrap(), (UpdateKind::Transition, 5_000), "one call for all of it");
    drop(let_go);
    progress.finish();
    assert_eq!(calls.try_iter().last(), Some((UpdateKind::Ended, 10_000)), "it is there already");
}

#[test]
fn a_reporter_on_a_thread_of_its_own_may_cancel_the_run() {
    let (run, progress, ..) = observed("R");
    let mut work = pin!(hangs(progress));
    assert!(work.as_mut().now_or_never().is_none());
    let (cancelled, was_cancelled) = channel();
    let handle = run.clone();
    run.report_to(threaded(by(move |update| {
        if update.kind() == UpdateKind::Attached {
            cancelled.send(handle.cancel()).unwrap();
        }
    })));
    assert_eq!(was_cancelled.recv(), Ok(true));
    assert_eq!(block_on(work), Err(Interrupted::Cancelled));
    assert_eq!(run.status(), RunStatus::Cancelled);
}

workflow!(
    async fn hangs(progress: Progress) -> Result<(), Interrupted> {
        #[step(1, "Hanging")]
        hang_at(0.5, progress).await;

        Ok(())
    }
);

// ---- broken

struct PanicsInDrop;

impl Drop for PanicsInDrop {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            panic!("as the test wants it");
        }
    }
}

#[test]
fn a_reporter_that_breaks_at_the_end_or_in_its_drop_keeps_the_end_from_nobody() {
    let (run, progress, _, before) = observed("R");
    let calls = Arc::new(AtomicUsize::new(0));
    for panics in [true, false] {
        let calls = Arc::clone(&calls);
        run.report_to(By(move |update: &Update<'_>| {
            calls.fetch_add(1, SeqCst);
            match update.kind() {
                UpdateKind::Ended if panics => panic!("as the test wants it"),
                UpdateKind::Ended => Err("as the test wants it".into()),
                _ => Ok(()),
            }
        }));
    }
    let broken = PanicsInDrop;
    run.report_to(by(move |_| {
        let _ = &broken;
    }));
    let after = Recording::default();
    run.report_to(after.clone());
    progress.finish();
    assert_eq!(calls.load(SeqCst), 4);
    assert_eq!(before.last().status, RunStatus::Completed);
    assert_eq!(after.kinds(), [UpdateKind::Attached, UpdateKind::Ended]);
}

#[test]
fn a_broken_reporter_on_a_thread_of_its_own_harms_nobody() {
    let (run, mut progress, clock, recording) = observed("R");
    let (dropped, was_dropped) = channel::<()>();
    run.report_to(threaded(by(move |_| {
        let _ = &dropped;
        panic!("as the test wants it");
    })));
    assert!(was_dropped.recv().is_err(), "the thread has ended");
    progress.set_fraction(0.5);
    clock.advance(TICK);
    progress.finish();
    assert_eq!(recording.last().status, RunStatus::Completed);
}

// ---- from inside

#[test]
fn a_reporter_may_cancel_the_run_it_is_told_of() {
    for looks in [true, false] {
        let (run, progress, _, before) = observed("R");
        let mut work = pin!(hangs(progress));
        let handle = run.clone();
        run.report_to(by(move |update| {
            if update.kind() == UpdateKind::Transition {
                handle.cancel();
                if looks {
                    handle.snapshot();
                    handle.shown();
                }
            }
        }));
        let after = Recording::default();
        run.report_to(after.clone());
        assert_eq!(work.as_mut().now_or_never(), Some(Err(Interrupted::Cancelled)));
        assert_eq!(run.status(), RunStatus::Cancelled);
        for recording in [before, after] {
            assert_eq!(recording.last().status, RunStatus::Cancelled);
            let ends = recording.kinds().iter().filter(|kind| **kind == UpdateKind::Ended).count();
            assert_eq!(ends, 1);
        }
    }
}

#[test]
fn a_reporter_may_cancel_a_run_that_is_pending() {
    let (run, progress, _, before) = observed("R");
    let handle = run.clone();
    let kinds: Arc<Mutex<Vec<UpdateKind>>> = Arc::default();
    let told = Arc::clone(&kinds);
    run.report_to(by(move |update| {
        told.lock().unwrap().push(update.kind());
        handle.cancel();
    }));
    assert_eq!(run.status(), RunStatus::Cancelled);
    assert_eq!(*kinds.lock().unwrap(), [UpdateKind::Attached, UpdateKind::Ended]);
    assert_eq!(before.statuses(), [RunStatus::Pending, RunStatus::Cancelled]);
    assert_eq!(block_on(hangs(progress)), Err(Interrupted::Cancelled));
}

#[test]
fn a_reporter_may_attach_another_one() {
    let (run, progress, ..) = observed("R");
    let inner = Recording::default();
    let at_end = Recording::default();
    let (handle, attached, ended) = (run.clone(), inner.clone(), at_end.clone());
    run.report_to(by(move |update| match update.kind() {
        UpdateKind::Attached => {
            handle.report_to(attached.clone());
        }
        UpdateKind::Ended => {
            handle.report_to(ended.clone());
        }
        _ => {}
    }));
    assert_eq!(inner.kinds(), [UpdateKind::Attached]);
    progress.finish();
    assert_eq!(inner.kinds(), [UpdateKind::Attached, UpdateKind::Ended]);
    assert_eq!(at_end.kinds(), [UpdateKind::Ended]);
}

#[test]
fn a_reporter_may_end_the_run_it_is_told_of() {
    let (run, mut progress) = Run::start("R");
    progress.set_length(2);
    let mut share = progress.split(1);
    let mut root = Some(progress);
    run.report_to(by(move |update| {
        if update.kind() == UpdateKind::Transition {
            drop(root.take());
        }
    }));
    let after = Recording::default();
    run.report_to(after.clone());
    share.record_error("survived");
    // Nobody sees the end before being told of it.
    assert_eq!(after.kinds().last(), Some(&UpdateKind::Ended));
    assert_eq!(after.statuses(), [RunStatus::Running, RunStatus::Cancelled]);
}

#[test]
fn of_many_that_end_a_run_at_once_one_is_told() {
    for _ in 0..50 {
        let (run, progress, _, recording) = observed("R");
        let barrier = Barrier::new(4);
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    barrier.wait();
                    run.cancel();
                });
            }
            scope.spawn(|| {
                barrier.wait();
                progress.finish();
            });
        });
        let ends: Vec<_> =
            recording.kinds().into_iter().filter(|kind| *kind == UpdateKind::Ended).collect();
        assert_eq!(ends.len(), 1);
        assert_eq!(recording.last().status, run.status());
    }
}

// ---- what is written

#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Page {
    fn lines(&self) -> Vec<String> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        assert!(text.ends_with('\n'));
        text.lines().map(str::to_owned).collect()
    }
}

async fn batch(clock: &ManualClock, batch: u32, mut progress: Progress) -> Result<()> {
    progress.set_length(4);
    progress.set_message(format!("batch {batch} of 2"));
    for _ in 0..4 {
        progress.inc(1);
        clock.advance(Duration::from_secs(2));
    }
    if batch == 2 { Err(anyhow!("batch 2 is broken")) } else { Ok(()) }
}

async fn download(clock: &ManualClock, mut progress: Progress) -> u32 {
    progress.set_length(10);
    progress.inc(5);
    clock.advance(Duration::from_millis(12_345));
    2
}

workflow!(
    async fn process(clock: &ManualClock, progress: Progress) -> Result<()> {
        #[step(15, "Processing downloads")]
        let items = download(clock, progress).await;

        #[step(15, "Scanning metadata")]
        #[skip("No new items, only {items}")]
        if items > 2 {
            fail_at(0.5, "scanned", progress).await?;
        }

        #[step(65, "Analyzing {items} batches", id = "analysis")]
        for number in 1..items + 1 {
            #[step(4, "Analysis")]
            let analysed = batch(clock, number, progress).await;

            #[step(1, "Applying")]
            #[skip("Nothing to apply")]
            if analysed.is_ok() {
                progress.finish();
            }
        }

        #[step(5, "Publishing")]
        #[untracked]
        ready(()).await;

        Ok(())
    }
);

#[test]
fn lines_tell_a_whole_run() {
    let (run, progress, clock, _) = observed("Process new scenes");
    let page = Page::default();
    run.report_to(Lines::new(page.clone()));
    block_on(process(&clock, progress)).unwrap();
    let expected = "\
[00:00]   0.00% 0/4 Process new scenes · started
[00:00]   0.00% 1/4 Processing downloads · started
[00:12]   7% 1/4 items 5/10
[00:12]  15.00% 1/4 Processing downloads · completed in 12.3s
[00:12]  30.00% 2/4 Scanning metadata · skipped: No new items, only 2
[00:12]  30.00% 3/4 Analyzing 2 batches · started
[00:22]  69% 3/4 analysis · number 2/2 · analysed 1/4 · batch 2 of 2
[00:28]  88.50% 3/4 Analyzing 2 batches › number 2 of 2 › Analysis · failed after 8.0s: batch 2 is broken
[00:28]  95.00% 3/4 Analyzing 2 batches · completed with errors in 16.0s
[00:28]  95.00% 4/4 Publishing · started
[00:28]  99.99% 4/4 Publishing · completed in 0ms
[00:28] 100.00% 3/4 Analyzing 2 batches › number 2 › Analysis · error: batch 2 is broken
[00:28] 100.00% 4/4 Process new scenes · completed with errors in 28.3s, 1 error";
    let lines = page.lines();
    assert_eq!(lines, expected.lines().collect::<Vec<_>>(), "{}", lines.join("\n"));
}

workflow!(
    async fn import(clock: &ManualClock, progress: Progress) -> Result<()> {
        #[step(3, "Fetching", id = "fetch")]
        count(clock, progress).await;

        #[step(1, "Loading", id = "load")]
        let loaded = fail_at(0.5, "no space", progress).await;

        let _ = loaded;
        Ok(())
    }
);

async fn count(clock: &ManualClock, mut progress: Progress) {
    progress.set_length(2);
    progress.set_message("page 1");
    progress.inc(1);
    clock.advance(Duration::from_secs(20));
}

#[test]
fn json_lines_tell_a_whole_run() {
    let (run, progress, clock, recording) = observed("Import");
    let page = Page::default();
    run.report_to(JsonLines::new(page.clone()));
    block_on(import(&clock, progress)).unwrap();
    let lines = page.lines();
    let read: Vec<Snapshot> =
        lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: Vec<Snapshot> =
        recording.snapshots()[1..].iter().map(|snapshot| Snapshot::clone(snapshot)).collect();
    assert_eq!(read[1..], told, "the same as any other reporter gets");

    let first = r#"{"v":1,"run":"r","seq":2,"now":0,"workflow":"","title":"Import","status":"pending","progress":0,"step":{"current":0,"total":0},"message":"","started":null,"ended":null,"eta_ms":null,"cancellable":false,"errors":0,"steps":[]}"#;
    assert_eq!(lines[0], first);
    let half = r#""now":20000,"workflow":"import","title":"Import","status":"running","progress":3750,"step":{"current":1,"total":2},"message":"page 1","started":0,"ended":null,"eta_ms":33333,"cancellable":true,"errors":0,"steps":[{"id":"fetch","title":"Fetching","weight":3,"status":"running","progress":5000,"message":"page 1","done":1,"total":2,"attempt":1,"error":null,"started":0,"ended":null,"children":[]},{"id":"load","title":"Loading","weight":1,"status":"pending","progress":0,"message":null,"done":0,"total":null,"attempt":0,"error":null,"started":null,"ended":null,"children":[]}]}"#;
    assert_eq!(lines.iter().filter(|line| line.ends_with(half)).count(), 1, "{lines:#?}");
    let end = r#""now":20000,"workflow":"import","title":"Import","status":"completed_with_errors","progress":10000,"step":{"current":2,"total":2},"message":"Completed with 1 error","started":0,"ended":20000,"eta_ms":null,"cancellable":false,"errors":1,"steps":[{"id":"loaded","#;
    let end = end.replace(r#"{"id":"loaded","#, r#"{"id":"fetch","title":"Fetching","weight":3,"status":"completed","progress":10000,"message":"page 1","done":1,"total":2,"attempt":1,"error":null,"started":0,"ended":20000,"children":[]},{"id":"load","title":"Loading","weight":1,"status":"failed","progress":5000,"message":null,"done":50,"total":100,"attempt":1,"error":"no space","started":20000,"ended":20000,"children":[]}]}"#);
    assert!(lines.last().unwrap().ends_with(&end), "{}", lines.last().unwrap());
}

const STEERING: &str = "a\u{1b}[2Jb\r\n{\"v\":2}\u{202e}c\u{85}d\0";

async fn say(clock: &ManualClock, text: &str, mut progress: Progress) -> Result<()> {
    progress.set_message(text.to_owned());
    clock.advance(Duration::from_secs(30));
    Err(anyhow!(text.to_owned()))
}

workflow!(
    async fn steering(clock: &ManualClock, text: &str, progress: Progress) -> Result<()> {
        #[step(1, "Reading {text}")]
        let said = say(clock, text, progress).await;

        #[step(1, "Skipped")]
        #[skip("{text}")]
        if said.is_ok() {
            progress.finish();
        }

        Ok(())
    }
);

#[test]
fn control_characters_in_titles_messages_reasons_and_errors_steer_nothing() {
    let (run, progress, clock, recording) = observed(STEERING);
    let (lines, json) = (Page::default(), Page::default());
    run.report_to(Lines::new(lines.clone()));
    run.report_to(JsonLines::new(json.clone()));
    block_on(steering(&clock, STEERING, progress)).unwrap();

    let harmless = "a␛[2Jb  {\"v\":2}\u{fffd}c\u{fffd}d␀";
    let last = recording.last();
    assert_eq!(last.title, harmless);
    assert_eq!(last.steps[0].title, format!("Reading {harmless}"));
    assert_eq!(last.steps[0].message.as_deref(), Some(harmless));
    assert_eq!(last.steps[0].error.as_deref(), Some(harmless));
    assert_eq!(last.steps[1].reason.as_deref(), Some(harmless));
    assert_eq!(run.report().unwrap().errors[0].text, harmless);
    assert!(recording.messages().contains(&harmless.to_owned()));

    let steers = |char: char| char.is_control() || char == '\u{202e}';
    for line in lines.lines().iter().chain(&json.lines()) {
        assert!(!line.contains(steers), "{line:?}");
        assert!(line.starts_with('[') || line.starts_with("{\"v\":1,"), "{line:?}");
    }
    assert_eq!(json.lines().len(), recording.kinds().len());
}

#[test]
fn a_message_of_any_length_is_kept_short() {
    let (run, mut progress, ..) = observed("R");
    progress.set_message("ä".repeat(100_000));
    let message = run.snapshot().message.clone();
    assert_eq!(message.len(), 1_023, "510 of two bytes, and the three of the ellipsis");
    assert!(message.ends_with("ä…"));
}

// ---- streams

fn progress_of(snapshots: &[Arc<Snapshot>]) -> Vec<u16> {
    snapshots.iter().map(|snapshot| snapshot.progress).collect()
}

#[test]
fn a_stream_gives_the_state_now_then_each_change_and_ends_with_the_end() {
    let (run, mut progress, clock, _) = observed("R");
    let mut snapshots = run.snapshots();
    let mut next = || snapshots.next().now_or_never();
    assert_eq!(next().unwrap().unwrap().status, RunStatus::Pending);
    assert!(next().is_none(), "nothing has changed");
    progress.set_length(10);
    assert_eq!(next().unwrap().unwrap().status, RunStatus::Running);
    progress.inc(3);
    clock.advance(TICK);
    assert_eq!(next().unwrap().unwrap().progress, 3_000);
    progress.finish();
    assert_eq!(next().unwrap().unwrap().progress, 10_000);
    assert!(next().unwrap().is_none());
    assert!(next().unwrap().is_none(), "and stays ended");
}

#[test]
fn a_late_stream_gives_the_end_and_ends() {
    let (run, progress, ..) = observed("R");
    drop(progress);
    let seen: Vec<_> = block_on(run.snapshots().collect());
    assert_eq!(progress_of(&seen), [0]);
    assert_eq!(seen[0].status, RunStatus::Cancelled);
}

#[test]
fn a_slow_stream_gives_the_latest_and_the_end() {
    let (run, mut progress, clock, _) = observed("R");
    let mut snapshots = run.snapshots();
    progress.set_length(10);
    for _ in 0..4 {
        progress.inc(1);
        clock.advance(TICK);
    }
    assert_eq!(block_on(snapshots.next()).unwrap().progress, 4_000);
    for _ in 0..4 {
        progress.inc(1);
        clock.advance(TICK);
    }
    assert_eq!(block_on(snapshots.next()).unwrap().progress, 8_000);
    progress.inc(1);
    clock.advance(TICK);
    progress.finish();
    let rest: Vec<_> = block_on(snapshots.collect());
    assert_eq!(progress_of(&rest), [10_000]);
}

#[test]
fn a_stream_that_is_dropped_is_forgotten() {
    let (run, mut progress, clock, recording) = observed("R");
    let mut dropped = run.snapshots();
    assert!(block_on(dropped.next()).is_some());
    drop(dropped);
    drop(run.snapshots()); // never polled
    progress.set_fraction(0.5);
    clock.advance(TICK);
    let mut late = run.snapshots();
    assert_eq!(block_on(late.next()).unwrap().progress, 5_000);
    drop(run);
    progress.finish();
    assert_eq!(progress_of(&block_on(late.collect::<Vec<_>>())), [10_000]);
    assert_eq!(recording.last().status, RunStatus::Completed);
}

#[test]
fn a_stream_that_begins_during_a_delivery_does_not_go_back() {
    let (run, mut progress, clock, _) = observed("R");
    drop(run.snapshots());
    progress.set_length(10);
    let armed = Arc::new(AtomicBool::new(false));
    let (told, is_told) = channel();
    let (let_go, go) = channel::<()>();
    let arm = Arc::clone(&armed);
    run.report_to(by(move |update| {
        if arm.swap(false, SeqCst) {
            told.send(update.snapshot().seq).unwrap();
            go.recv().unwrap();
        }
    }));
    progress.inc(1);
    armed.store(true, SeqCst);
    std::thread::scope(|scope| {
        let delivery = scope.spawn(|| clock.advance(TICK));
        let delivered = is_told.recv().unwrap();
        // The delivery has its snapshot, and has not reached the streams.
        let mut snapshots = run.snapshots();
        progress.inc(4);
        let first = block_on(snapshots.next()).unwrap();
        assert!(first.seq > delivered);
        assert_eq!(first.progress, 5_000);
        let_go.send(()).unwrap();
        delivery.join().unwrap();
        assert_eq!(snapshots.next().now_or_never(), None, "what was on its way is older");
        progress.finish();
        let rest: Vec<_> = block_on(snapshots.collect());
        assert_eq!(progress_of(&rest), [10_000]);
    });
}

#[test]
fn a_stream_sees_the_state_of_every_step() {
    let (run, progress, clock, _) = observed("R");
    let snapshots = run.snapshots();
    block_on(import(&clock, progress)).unwrap();
    let seen: Vec<_> = block_on(snapshots.collect());
    let states: Vec<_> = seen.last().unwrap().steps.iter().map(|step| step.status).collect();
    assert_eq!(states, [StepStatus::Completed, StepStatus::Failed]);
}
