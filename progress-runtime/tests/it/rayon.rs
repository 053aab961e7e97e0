//! Parallel iterators count their items, however rayon drives them.

use ::rayon::prelude::*;
use progress_runtime::adapters::ParallelProgress;
use progress_runtime::{Run, RunStatus};

use crate::support::half;

#[test]
fn an_indexed_iterator_knows_its_length_and_completes_the_run() {
    let (run, progress) = Run::start("R");
    let squares: Vec<u64> =
        (0..1_000_u32).into_par_iter().progress_with(progress).map(|n| u64::from(n * n)).collect();
    assert_eq!(squares[999], 998_001);
    assert_eq!((run.percent(), run.status()), (100.0, RunStatus::Completed));
}

#[test]
fn one_that_is_driven_by_a_producer_counts_as_well() {
    let (run, progress) = Run::start("R");
    let pairs = (0..100_u32).into_par_iter().progress_with(progress).zip(0..100_u32).rev();
    assert_eq!(pairs.map(|(left, right)| left * right).sum::<u32>(), 328_350);
    assert_eq!((run.percent(), run.status()), (100.0, RunStatus::Completed));
}

#[test]
fn one_without_a_length_counts_and_leaves_the_end_to_its_caller() {
    let (run, _root, mut share) = half();
    share.set_length(100);
    let even = (0..100_u32).into_par_iter().filter(|number| number % 2 == 0);
    assert_eq!(even.progress_with(share).count(), 50);
    assert_eq!(run.percent(), 25.0);
}

#[test]
fn one_that_is_left_early_does_not_complete_the_run() {
    let (run, progress) = Run::start("R");
    let found = (0..1_000_000_u32).into_par_iter().progress_with(progress).find_any(|n| *n == 0);
    assert_eq!(found, Some(0));
    assert_eq!(run.status(), RunStatus::Cancelled);
}
