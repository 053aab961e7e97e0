//! Swift's `ProgressManager`.

use progress_runtime::Run;

#[test]
fn a_total_that_is_set_late_makes_what_was_done_count() {
    let (run, mut progress) = Run::start("R");
    progress.inc(3);
    assert_eq!((run.percent(), progress.position(), progress.length()), (0.0, 3, None));
    progress.set_length(4);
    assert_eq!((run.percent(), progress.length()), (75.0, Some(4)));
}

/// `ProgressManager` falls when its total grows. Ours stands until the truth has caught up.
#[test]
fn a_total_that_is_reset_never_lowers_the_number() {
    let (run, mut progress) = Run::start("R");
    progress.set_length(10);
    progress.inc(5);
    progress.set_length(20);
    assert_eq!(run.percent(), 50.0);
    progress.inc(5);
    assert_eq!(run.percent(), 50.0);
    progress.inc(5);
    assert_eq!(run.percent(), 75.0);
}

#[test]
fn a_total_that_is_unset_keeps_the_number_and_the_count() {
    let (run, mut progress) = Run::start("R");
    progress.set_length(4);
    progress.inc(2);
    progress.unset_length();
    assert_eq!((run.percent(), progress.position(), progress.length()), (50.0, 2, None));
    progress.inc(1);
    assert_eq!((run.percent(), progress.position()), (50.0, 3));
    progress.set_length(4);
    assert_eq!(run.percent(), 75.0);
}

#[test]
fn children_before_the_total_count_once_it_is_known() {
    let (run, mut progress) = Run::start("R");
    let mut open = progress.split(2);
    progress.split(1).finish();
    open.set_fraction(0.5);
    assert_eq!(run.percent(), 0.0);
    progress.set_length(4);
    assert_eq!(run.percent(), 50.0);
    open.finish();
    assert_eq!(run.percent(), 75.0);
}

#[test]
fn the_count_holds_own_units_and_those_of_finished_children() {
    let (run, mut progress) = Run::start("R");
    progress.set_length(10);
    progress.inc(2);
    let mut child = progress.split(3);
    child.set_fraction(0.9);
    assert_eq!(progress.position(), 2);
    child.finish();
    assert_eq!((progress.position(), run.percent()), (5, 50.0));
}

/// `ProgressManager` completes a child that is released. A dropped share of ours may have failed,
/// so it stays where it is, and does not count as done.
#[test]
fn a_child_that_is_dropped_unfinished_stays_where_it_is() {
    let (run, mut progress) = Run::start("R");
    progress.set_length(2);
    let mut child = progress.split(1);
    child.set_fraction(0.5);
    drop(child);
    assert_eq!((run.percent(), progress.position()), (25.0, 0));
    progress.finish();
    assert_eq!(run.percent(), 100.0);
}
