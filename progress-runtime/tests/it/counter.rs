//! A shared counter counts from any number of threads without losing an update.

use std::fmt;
use std::sync::Barrier;

use ::rayon::iter::{IntoParallelIterator, ParallelIterator};
use progress_runtime::{Counter, Interrupted, RunStatus};

use crate::support::{observed, reporter_fn};

#[test]
#[cfg_attr(
    miri,
    ignore = "crossbeam-epoch, which rayon stands on, breaks the rules of Stacked Borrows"
)]
fn rayon_counts_through_a_shared_counter() {
    let (run, mut progress, ..) = observed("R");
    progress.set_length(4);
    progress.inc(1);
    let counter = progress.split(2).counter();
    counter.set_length(1_000);
    let sum: u64 = (0..500_u64)
        .into_par_iter()
        .map_with(counter.clone(), |counter, number| {
            counter.inc(1);
            number
        })
        .sum();
    assert_eq!(sum, 124_750);
    assert_eq!(run.percent(), 50.0, "a quarter, and half of the half");
    let others = [counter.clone(), counter.clone()];
    others[0].inc(250);
    drop(others);
    assert_eq!(run.percent(), 62.5);
    counter.inc(250);
    drop(counter);
    assert_eq!(run.percent(), 75.0);
}

#[test]
fn threads_that_count_at_once_lose_nothing() {
    let (run, progress, ..) = observed("R");
    let counter = progress.counter();
    counter.set_length(40_001);
    let barrier = Barrier::new(4);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let (counter, barrier) = (counter.clone(), &barrier);
            scope.spawn(move || {
                barrier.wait();
                (0..10_000).for_each(|_| counter.inc(1));
            });
        }
    });
    // 40 000 of 40 001 are 99.9975 %.
    assert_eq!(run.percent(), 99.99);
    counter.set_length(80_000);
    counter.inc(0);
    let clone = counter.clone();
    drop(counter);
    assert_eq!(run.status(), RunStatus::Running, "a clone is left");
    drop(clone);
    assert_eq!(run.status(), RunStatus::Cancelled);
}

#[test]
fn a_clone_that_outlives_the_end_of_the_share_still_records_and_asks() {
    let (run, mut progress, ..) = observed("R");
    progress.set_length(2);
    let counter = progress.split(1).counter();
    let other = counter.clone();
    counter.finish();
    other.record_error("the disk is full");
    assert_eq!(run.snapshot().errors, 1);
    assert!(!other.is_cancelled());
    run.cancel();
    assert!(other.is_cancelled());
}

#[test]
fn a_counter_knows_its_position_and_grows_from_many_threads() {
    let (run, mut progress, ..) = observed("R");
    progress.inc(1);
    let counter = progress.counter();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let counter = counter.clone();
            scope.spawn(move || {
                for _ in 0..1_000 {
                    counter.inc_length(2);
                    counter.inc(1);
                }
            });
        }
    });
    assert_eq!((counter.position(), counter.length()), (4_001, Some(8_000)));
    counter.write_message(format_args!("{} links", 8_000));
    assert_eq!(run.snapshot().message, "8000 links");
    counter.set_remaining(1);
    counter.inc(1);
    assert_eq!(run.percent(), 99.99);
    counter.finish();
    assert_eq!(run.status(), RunStatus::Completed);
}

#[test]
fn a_counter_stops_its_loop_once_the_run_is_cancelled() {
    let (run, mut progress, ..) = observed("R");
    progress.set_length(1);
    let counter = progress.counter();
    assert_eq!(counter.checkpoint(), Ok(()));
    run.cancel();
    assert_eq!(counter.checkpoint(), Err(Interrupted::Cancelled));
}

#[test]
fn a_reporter_that_hears_of_the_start_may_use_the_counter() {
    let (run, progress, ..) = observed("R");
    let counter = progress.counter();
    let clone = counter.clone();
    run.report_to(reporter_fn(move |_| {
        clone.length();
        clone.set_message("seen");
    }));
    counter.set_length(3);
    assert_eq!(run.snapshot().message, "seen");
    counter.finish();
    assert_eq!(run.status(), RunStatus::Completed);
}

#[test]
fn a_message_that_is_formatted_may_use_the_counter() {
    struct Line(Counter);
    impl fmt::Display for Line {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.0.set_length(9);
            self.0.inc(1);
            write!(f, "line {} of {:?}", self.0.position(), self.0.length())
        }
    }
    let (run, progress, ..) = observed("R");
    let counter = progress.counter();
    counter.write_message(format_args!("{}", Line(counter.clone())));
    assert_eq!(run.snapshot().message, "line 1 of Some(9)");
}

#[test]
fn a_panic_in_a_thread_that_has_counted_all_does_not_complete_the_run() {
    let (run, mut progress, ..) = observed("R");
    progress.set_length(2);
    let counter = progress.counter();
    let thread = std::thread::spawn(move || {
        counter.inc(2);
        panic!("behind the last one");
    });
    assert!(thread.join().is_err());
    assert_eq!(run.status(), RunStatus::Cancelled);
}
