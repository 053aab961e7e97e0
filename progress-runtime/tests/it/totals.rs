//! Totals, counts and fractions of any size keep the number within its range and never lower it.

use std::future::ready;
use std::time::Duration;

use anyhow::Result;
use futures::executor::block_on;
use progress_runtime::{ManualClock, Progress, Run, RunStatus, workflow};

use crate::support::log::logged_by;
use crate::support::{Recording, TICK, observed, step};

#[test]
fn a_total_that_grows_keeps_the_number_until_the_truth_has_caught_up() {
    let (run, mut progress, ..) = observed("R");
    progress.set_length(10);
    progress.inc(5);
    assert_eq!(run.percent(), 50.0);
    progress.set_length(20);
    assert_eq!(run.percent(), 50.0);
    progress.inc(1);
    assert_eq!(run.percent(), 50.0, "6 of 20 are 30 %");
    progress.inc(5);
    assert_eq!(run.percent(), 55.0, "11 of 20");
    progress.inc(9);
    assert_eq!(run.percent(), 99.99);
}

async fn overdo(run: &Run, mut progress: Progress) {
    progress.set_length(10);
    progress.inc(25);
    assert_eq!(run.percent(), 50.0);
    progress.inc(25);
    assert_eq!(run.percent(), 50.0);
    assert_eq!(step(run, "first").done, 50);
}

workflow!(
    async fn overdone(run: &Run, progress: Progress) -> Result<()> {
        #[step(1, "First")]
        overdo(run, progress).await;

        #[step(1, "Second")]
        #[untracked]
        ready(()).await;

        Ok(())
    }
);

#[test]
fn counting_past_the_total_stops_at_the_end_of_the_range_with_one_debug_event() {
    let (run, progress, ..) = observed("R");
    let events = logged_by(|| block_on(overdone(&run, progress)).unwrap());
    assert_eq!(
        events,
        [(
            log::Level::Debug,
            "a share counted 50 units of 10: held at the end of its range".to_owned()
        )]
    );
    assert_eq!(run.status(), RunStatus::Completed);
}

#[test]
fn a_total_of_zero_is_complete() {
    let (run, mut progress, ..) = observed("R");
    progress.set_length(4);
    let mut share = progress.split(1);
    share.set_length(0);
    assert_eq!(run.percent(), 25.0);
}

#[test]
fn a_share_without_a_total_is_indeterminate() {
    let (run, mut progress, ..) = observed("R");
    progress.set_length(4);
    let mut share = progress.split(1);
    share.inc(1_000);
    let child = &run.snapshot().steps[0];
    assert!(child.is_indeterminate());
    assert_eq!((child.done, child.total, child.progress), (1_000, None, 0));
    assert_eq!(run.percent(), 0.0);

    share.set_length(2_000);
    assert!(!run.snapshot().steps[0].is_indeterminate());
    assert_eq!(run.percent(), 12.5);
}

#[test]
fn a_fraction_that_is_not_a_number_is_ignored_with_one_debug_event() {
    let (run, mut progress, ..) = observed("R");
    progress.set_fraction(0.25);
    let events = logged_by(|| progress.set_fraction(f64::NAN));
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].0, log::Level::Debug);
    assert_eq!(run.percent(), 25.0);
}

#[test]
fn a_fraction_out_of_range_is_clamped_with_one_debug_event() {
    for (fraction, shown) in [
        (f64::INFINITY, 9_999),
        (1.000_001, 9_999),
        (f64::MAX, 9_999),
        (f64::NEG_INFINITY, 2_500),
        (-0.5, 2_500),
    ] {
        let (run, mut progress, ..) = observed("R");
        progress.set_fraction(0.25);
        let events = logged_by(|| progress.set_fraction(fraction));
        assert_eq!(events.len(), 1, "{fraction}");
        assert_eq!(run.snapshot().progress, shown, "{fraction}");
    }
}

#[test]
fn huge_counts_are_clamped() {
    let (run, mut progress, clock, _) = observed("R");
    progress.set_length(u64::MAX);
    progress.inc(u64::MAX / 5 * 2);
    assert_eq!(run.percent(), 40.0);
    progress.inc(u64::MAX);
    progress.inc(u64::MAX);
    assert_eq!(run.percent(), 99.99);
    progress.split(u64::MAX).inc(u64::MAX);
    progress.split(u64::MAX).finish();
    progress.set_position(0);
    progress.set_fraction(1.0);
    clock.advance(Duration::MAX);
    assert_eq!(run.percent(), 99.99);
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
fn what_a_failed_share_has_left_is_no_part_of_what_remains() {
    let (run, mut progress, ..) = observed("R");
    progress.set_length(2);
    progress.split(1).fail("no such file");
    progress.set_remaining(10);
    let next = progress.split(5);
    assert_eq!(run.percent(), 0.0);
    next.finish();
    assert_eq!(run.percent(), 50.0);
    progress.inc(4);
    assert_eq!(run.percent(), 90.0);
}
