//! Eclipse's `SubMonitor`.

use futures::executor::block_on;
use progress_runtime::{Interrupted, Progress, Run, RunStatus, workflow};

/// `SubMonitor` rounds to whole ticks, and makes up for it later. Exact sums need no correction.
#[test]
fn many_small_children_of_one_parent_lose_nothing() {
    let (run, mut progress) = Run::start("R");
    progress.set_length(10_000);
    for done in 0..10_000 {
        assert_eq!(run.percent(), f64::from(done) / 100.0);
        let mut child = progress.split(1);
        child.set_length(3);
        child.inc(3);
        child.finish();
    }
    progress.finish();
    assert_eq!(run.percent(), 100.0);
}

/// `setWorkRemaining` is Eclipse's way to show work without an end: each part takes as much of what
/// is left.
#[test]
fn work_without_an_end_comes_ever_closer_to_it() {
    let (run, mut progress) = Run::start("R");
    let mut expected = 0.0_f64;
    for _ in 0..500 {
        progress.set_remaining(100);
        let mut child = progress.split(1);
        child.set_fraction(0.5);
        let half = expected + (100.0 - expected) / 200.0;
        assert!((run.percent() - half).abs() < 0.011, "{} for {half}", run.percent());
        child.finish();
        expected += (100.0 - expected) / 100.0;
        assert!((run.percent() - expected).abs() < 0.011, "{} for {expected}", run.percent());
    }
    assert!(run.percent() > 99.3);
    progress.finish();
    assert_eq!(run.percent(), 100.0);
}

/// `setWorkRemaining` forgets what was reported before, and divides the rest anew.
#[test]
fn what_remains_is_divided_anew_whatever_was_done_before() {
    let (run, mut progress) = Run::start("R");
    progress.set_length(100);
    progress.inc(60);
    progress.set_remaining(1_000);
    assert_eq!((run.percent(), progress.length()), (60.0, Some(1_060)));
    progress.inc(500);
    assert_eq!(run.percent(), 80.0);
    progress.set_remaining(1);
    progress.split(1).finish();
    assert_eq!(run.percent(), 99.99);
    progress.finish();
}

/// `SubMonitor` consumes a live child there. Ours goes on, and its work counts among what remains.
#[test]
fn a_live_child_goes_on_after_what_remains_is_set() {
    let (run, mut progress) = Run::start("R");
    progress.set_length(2);
    let mut child = progress.split(1);
    child.set_fraction(0.5);
    assert_eq!(run.percent(), 25.0);
    progress.set_remaining(3);
    assert_eq!(run.percent(), 25.0);
    child.finish();
    assert_eq!(run.percent(), 37.5, "half a unit of three, of the rest of 75 %");
    progress.inc(1);
    assert_eq!(run.percent(), 62.5);
    progress.finish();
}

#[test]
fn a_fraction_below_a_chain_of_parents_arrives_whole() {
    let (run, progress) = Run::start("R");
    let mut chain = vec![progress];
    for _ in 1..59 {
        let parent = chain.last_mut().unwrap();
        parent.set_length(1);
        let child = parent.split(1);
        chain.push(child);
    }
    chain.last_mut().unwrap().set_fraction(0.25);
    assert_eq!(run.percent(), 25.0);
    while let Some(share) = chain.pop() {
        share.finish();
    }
    assert_eq!((run.percent(), run.status()), (100.0, RunStatus::Completed));
}

/// Readers take one walk of the tree, so its depth has a bound. Below it nothing is lost but
/// detail.
#[test]
fn a_chain_of_100_counts_as_a_whole_below_the_deepest_level() {
    let (run, progress) = Run::start("R");
    let mut chain = vec![progress];
    for _ in 0..100 {
        let parent = chain.last_mut().unwrap();
        parent.set_length(2);
        let child = parent.split(2);
        chain.push(child);
    }
    chain.last_mut().unwrap().set_fraction(0.5);
    assert_eq!(run.percent(), 0.0);
    while chain.len() > 1 {
        chain.pop().unwrap().finish();
    }
    assert_eq!(run.percent(), 100.0 - 0.01, "all but the end of the run");
}

/// `SubMonitor` fills an unconsumed child when the next one is made. Ours holds it: the next child
/// may run beside it, and only the end of the parent tells whether the child had done its work.
#[test]
fn an_unconsumed_child_is_held_until_its_parent_ends() {
    let (run, mut progress) = Run::start("R");
    progress.set_length(2);
    let mut parent = progress.split(1);
    parent.set_length(4);
    let mut child = parent.split(2);
    child.set_fraction(0.5);
    drop(child);
    assert_eq!(run.percent(), 12.5);
    let other = parent.split(1);
    assert_eq!(run.percent(), 12.5);
    other.finish();
    assert_eq!(run.percent(), 25.0);
    parent.finish();
    assert_eq!(run.percent(), 50.0);
}

#[test]
fn more_ticks_than_there_are_stay_inside_of_the_child() {
    let (run, mut progress) = Run::start("R");
    progress.set_length(4);
    let mut child = progress.split(1);
    child.set_length(10);
    child.inc(1_000);
    assert_eq!(run.percent(), 25.0);
    child.inc(u64::MAX);
    assert_eq!(run.percent(), 25.0);
}

async fn save(run: &Run, seen: &mut Vec<bool>, progress: Progress) {
    run.cancel();
    seen.push(progress.is_cancelled());
}

async fn publish(seen: &mut Vec<bool>, progress: Progress) {
    seen.push(progress.is_cancelled());
}

workflow!(
    async fn saves(run: &Run, seen: &mut Vec<bool>, progress: Progress) -> Result<(), Interrupted> {
        #[step(1, "Saving")]
        #[uncancellable]
        save(run, seen, progress).await;

        #[step(1, "Publishing")]
        publish(seen, progress).await;

        Ok(())
    }
);

/// `SUPPRESS_ISCANCELED` hides a cancel from a child. `#[uncancellable]` does the same for a step,
/// and the cancel takes effect behind it.
#[test]
fn a_suppressed_cancel_is_not_seen_inside() {
    let (run, progress) = Run::start("R");
    let mut seen = Vec::new();
    let end = block_on(saves(&run, &mut seen, progress));
    assert!(end.is_err());
    assert_eq!((seen, run.status()), (vec![false], RunStatus::Cancelled));
}
