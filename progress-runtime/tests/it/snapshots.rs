//! A stream of snapshots gives the current state, then the latest one, and ends with the run.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::mpsc::channel;

use futures::executor::block_on;
use futures::{FutureExt, StreamExt};
use progress_runtime::{RunStatus, Snapshot, StepStatus};

use crate::support::batches::{Service, process};
use crate::support::{TICK, completes_then_fails, find, import, observed, reporter_fn};

#[test]
fn a_slow_subscriber_gets_the_latest_state_of_every_step_and_never_a_queue() {
    let (run, progress, _, recording) = observed("R");
    let mut snapshots = run.snapshots();
    assert_eq!(block_on(snapshots.next()).unwrap().status, RunStatus::Pending);
    block_on(completes_then_fails(progress)).unwrap();

    let seen: Vec<_> = block_on(snapshots.collect());
    assert_eq!(seen.len(), 1, "the states in between are merged");
    assert_eq!(seen[0].status, RunStatus::CompletedWithErrors);
    assert_eq!(find(&seen[0], "first").unwrap().status, StepStatus::Completed);
    assert_eq!(find(&seen[0], "second").unwrap().status, StepStatus::Failed);

    // An inline reporter has seen each state.
    for (id, end) in [("first", StepStatus::Completed), ("second", StepStatus::Failed)] {
        let states = [StepStatus::Pending, StepStatus::Running, end];
        assert_eq!(recording.states(id), states);
    }
}

#[test]
fn a_late_subscriber_gets_everything_and_a_slow_one_delays_nobody() {
    let (run, progress, clock, recording) = observed("R");
    let mut slow = run.snapshots();
    assert_eq!(block_on(slow.next()).unwrap().status, RunStatus::Pending);
    drop(run.snapshots());
    block_on(process(&Service::default(), 0, &clock, progress)).unwrap();

    let late = block_on(run.snapshots().next()).unwrap();
    assert_eq!(late.steps.len(), 3);
    assert_eq!(late, recording.last());
    let rest: Vec<_> = block_on(slow.collect());
    assert_eq!(rest, [recording.last()], "one snapshot, however many changes there were");
    assert!(recording.shown().len() > 20, "and the reporter has missed nothing");
}

#[test]
fn a_stream_gives_the_current_state_then_each_change_and_ends_with_the_run() {
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
    assert!(next().unwrap().is_none(), "and it stays ended");
}

fn progress_of(snapshots: &[Arc<Snapshot>]) -> Vec<u16> {
    snapshots.iter().map(|snapshot| snapshot.progress).collect()
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
fn a_dropped_stream_affects_no_later_one() {
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
fn a_stream_that_starts_during_a_delivery_does_not_go_back() {
    let (run, mut progress, clock, _) = observed("R");
    drop(run.snapshots());
    progress.set_length(10);
    let armed = Arc::new(AtomicBool::new(false));
    let (delivering, is_delivering) = channel();
    let (release, go) = channel::<()>();
    let arm = Arc::clone(&armed);
    run.report_to(reporter_fn(move |update| {
        if arm.swap(false, SeqCst) {
            delivering.send(update.snapshot().seq).unwrap();
            go.recv().unwrap();
        }
    }));
    progress.inc(1);
    armed.store(true, SeqCst);
    std::thread::scope(|scope| {
        let delivery = scope.spawn(|| clock.advance(TICK));
        let delivered = is_delivering.recv().unwrap();
        // The delivery holds its snapshot, and has not reached the streams.
        let mut snapshots = run.snapshots();
        progress.inc(4);
        let first = block_on(snapshots.next()).unwrap();
        assert!(first.seq > delivered);
        assert_eq!(first.progress, 5_000);
        release.send(()).unwrap();
        delivery.join().unwrap();
        assert_eq!(snapshots.next().now_or_never(), None, "the delivered snapshot is older");
        progress.finish();
        let rest: Vec<_> = block_on(snapshots.collect());
        assert_eq!(progress_of(&rest), [10_000]);
    });
}

#[test]
fn a_stream_shows_the_state_of_every_step() {
    let (run, progress, clock, _) = observed("R");
    let snapshots = run.snapshots();
    block_on(import(&clock, progress)).unwrap();
    let seen: Vec<_> = block_on(snapshots.collect());
    let states: Vec<_> = seen.last().unwrap().steps.iter().map(|step| step.status).collect();
    assert_eq!(states, [StepStatus::Completed, StepStatus::Failed]);
}
