//! Reporters get states at once, numbers at each tick and the end exactly once.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Barrier};

use anyhow::Result;
use futures::executor::block_on;
use progress_runtime::reporter::threaded;
use progress_runtime::{Progress, Reporter, Run, RunStatus, Update, UpdateKind};
use tokio::sync::oneshot;

use crate::support::{Recording, ReporterFn, TICK, observed, reporter_fn};

#[test]
fn a_blocked_threaded_reporter_does_not_stall_the_run() {
    struct Socket(Arc<Barrier>, Option<oneshot::Sender<()>>);
    impl progress_runtime::Reporter for Socket {
        fn report(
            &mut self,
            _: &progress_runtime::Update<'_>,
        ) -> Result<(), progress_runtime::ReportError> {
            if let Some(stuck) = self.1.take() {
                stuck.send(()).unwrap();
                self.0.wait();
            }
            Ok(())
        }
    }
    let (run, mut progress, clock, recording) = observed("R");
    let barrier = Arc::new(Barrier::new(2));
    let (stuck, is_stuck) = oneshot::channel();
    run.report_to(threaded(Socket(Arc::clone(&barrier), Some(stuck))));
    block_on(is_stuck).unwrap();
    progress.set_length(10);
    for _ in 0..9 {
        progress.inc(1);
        clock.advance(TICK);
    }
    assert_eq!(recording.last().progress, 9_000, "the run has continued");
    barrier.wait();
    progress.finish();
    assert_eq!(recording.last().progress, 10_000);
}

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
fn a_reporter_attached_after_the_end_gets_just_the_end() {
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
fn a_change_of_a_total_or_a_position_is_delivered_at_the_next_tick() {
    /// The numbers shown after a change and one tick.
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
    // A share that ends keeps the units that its own code has counted.
    let (_, mut progress, clock, recording) = observed("R");
    progress.set_length(10);
    let mut share = progress.split(5);
    share.set_length(10);
    share.inc(5);
    clock.advance(TICK);
    share.finish();
    clock.advance(TICK);
    assert_eq!(recording.shown(), [0, 2_500, 5_000]);
    // One share goes back by as much as the other one advances.
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

/// Sends each call to a channel.
fn to_channel(calls: Sender<(UpdateKind, u16)>) -> impl Reporter {
    ReporterFn(move |update: &Update<'_>| {
        Ok(calls.send((update.kind(), update.snapshot().progress))?)
    })
}

#[test]
fn the_background_thread_delivers_numbers_while_the_job_blocks_its_own_thread() {
    let (run, mut progress) = Run::start("R");
    let (sender, calls) = channel();
    run.report_to(to_channel(sender));
    progress.set_length(10);
    progress.inc(5);
    let number = calls.iter().find(|(_, shown)| *shown == 5_000).unwrap();
    assert_eq!(number.0, UpdateKind::Progress);
    progress.inc(2);
    assert_eq!(calls.iter().find(|(_, shown)| *shown > 5_000).unwrap().1, 7_000);
    progress.finish();
    assert_eq!(calls.iter().last(), Some((UpdateKind::Ended, 10_000)));
}

/// A threaded reporter that announces each call and then waits until it may go on.
fn slow(began: Sender<(UpdateKind, u16)>, go: Receiver<()>) -> impl Reporter {
    threaded(reporter_fn(move |update| {
        began.send((update.kind(), update.snapshot().progress)).unwrap();
        let _ = go.recv(); // every call passes once the test has dropped the sender
    }))
}

#[test]
fn a_slow_threaded_reporter_delays_no_other_and_gets_the_end() {
    let (run, mut progress, clock, recording) = observed("R");
    let (began, calls) = channel();
    let (release, go) = channel();
    run.report_to(slow(began, go));
    assert_eq!(calls.recv().unwrap(), (UpdateKind::Attached, 0));
    progress.set_length(100);
    for _ in 0..50 {
        progress.inc(1);
        clock.advance(TICK);
    }
    assert_eq!(recording.last().progress, 5_000, "the other reporter is not delayed");
    release.send(()).unwrap();
    assert_eq!(calls.recv().unwrap(), (UpdateKind::Transition, 5_000), "one call for all of it");
    drop(release);
    progress.finish();
    assert_eq!(
        calls.try_iter().last(),
        Some((UpdateKind::Ended, 10_000)),
        "the end was delivered before `finish` returned"
    );
}

#[test]
fn threads_that_end_a_run_at_once_cause_one_end() {
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

#[test]
fn a_message_that_is_set_again_is_no_update() {
    let (run, mut progress, clock, recording) = observed("Wait");
    progress.set_length(2);
    let (mut left, mut right) = (progress.split(1), progress.split(1));
    let set = |share: &mut Progress, text: &'static str| {
        let before = recording.kinds().len();
        share.set_message(text);
        clock.advance(TICK);
        let message = run.snapshot().message.clone();
        assert_eq!(message, text);
        recording.kinds().len() - before
    };
    clock.advance(TICK);
    let long = "a message that is too long to be kept in place: ".repeat(4);
    let long: &'static str = long.leak();
    for text in ["waiting", "still waiting", long] {
        assert_eq!(set(&mut left, text), 1);
        for _ in 0..50 {
            assert_eq!(set(&mut left, text), 0);
        }
    }
    // The message of another share is the latest, and then the first again.
    assert_eq!(set(&mut right, "waiting"), 1);
    assert_eq!(set(&mut left, long), 1);
    assert_eq!(set(&mut left, long), 0);
    drop((left, right));
    progress.finish();
}

#[test]
fn live_items_are_listed_by_their_numbers() {
    let (run, mut progress, ..) = observed("Downloads");
    progress.set_length(20);
    let mut items: Vec<_> = (0..10).map(|_| progress.split(1)).collect();
    let ids =
        || -> Vec<String> { run.snapshot().steps.iter().map(|step| step.id.to_string()).collect() };
    items.drain(..3).for_each(Progress::finish);
    items.extend((0..3).map(|_| progress.split(1)));
    assert_eq!(ids(), ["4", "5", "6", "7", "8", "9", "10", "11", "12", "13"]);
}

#[test]
fn of_many_live_items_those_with_the_lowest_numbers_are_listed_as_long_as_they_live() {
    let (run, mut progress, ..) = observed("R");
    progress.set_length(1_000);
    let mut live: Vec<_> = (0..60).map(|_| progress.split(1)).collect();
    let listed = || -> Vec<u64> {
        let snapshot = run.snapshot();
        assert_eq!(snapshot.steps.len(), 50);
        snapshot.steps.iter().map(|item| item.id.parse().unwrap()).collect()
    };
    assert_eq!(listed(), Vec::from_iter(1..=50));
    // A later item takes the place of an earlier one, and not its row.
    for ended in [3, 20, 40] {
        live.remove(ended).finish();
        live.push(progress.split(1));
    }
    let rows = listed();
    let expected = (1..=53).filter(|number| ![4, 22, 43].contains(number));
    assert_eq!(rows, Vec::from_iter(expected));
    // One that is not listed ends, and another one starts.
    live.remove(55).finish();
    live.push(progress.split(1));
    assert_eq!(listed(), rows);
}
