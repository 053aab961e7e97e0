//! IntelliJ's progress steps.

use progress_runtime::Run;

#[test]
fn sequential_steps_follow_each_other() {
    let (run, mut progress) = Run::start("R");
    progress.set_length(4);
    for (units, before) in [(1, 0.0), (2, 25.0), (1, 75.0)] {
        assert_eq!(run.percent(), before);
        let mut step = progress.split(units);
        step.set_fraction(0.5);
        step.finish();
    }
    progress.finish();
    assert_eq!(run.percent(), 100.0);
}

#[test]
fn a_step_is_scaled_by_the_steps_around_it() {
    let (run, mut progress) = Run::start("R");
    progress.set_length(10);
    let mut outer = progress.split(5);
    outer.set_length(5);
    let mut inner = outer.split(2);
    inner.set_fraction(0.25);
    assert_eq!(run.percent(), 5.0);
    inner.set_fraction(0.75);
    assert_eq!(run.percent(), 15.0);
    inner.finish();
    assert_eq!(run.percent(), 20.0);
}

#[test]
fn concurrent_fractions_add_up() {
    let (run, mut progress) = Run::start("R");
    progress.set_length(2);
    let (mut left, mut right) = (progress.split(1), progress.split(1));
    left.set_fraction(0.5);
    right.set_fraction(0.25);
    assert_eq!(run.percent(), 37.5);
    right.set_fraction(0.75);
    left.finish();
    assert_eq!(run.percent(), 87.5);
    right.finish();
    assert_eq!(run.percent(), 99.99, "100 is the end of the run");
    progress.finish();
    assert_eq!(run.percent(), 100.0);
}

#[test]
fn the_text_of_an_inner_step_is_shown_while_it_is_at_work() {
    let (run, mut progress) = Run::start("R");
    progress.set_length(2);
    progress.set_message("outer");
    let mut inner = progress.split(1);
    assert_eq!(run.snapshot().message, "outer");
    inner.set_message("inner");
    assert_eq!(run.snapshot().message, "inner");
    inner.finish();
    assert_eq!(run.snapshot().message, "outer");
}

#[test]
fn parts_that_are_no_round_number_add_up_to_the_whole() {
    for parts in [3, 7, 11, 13] {
        let (run, mut progress) = Run::start("R");
        progress.set_length(2);
        let mut half = progress.split(1);
        half.set_length(parts);
        for done in 0..parts {
            let exact = 10_000 * done / (2 * parts);
            assert_eq!(run.snapshot().progress, u16::try_from(exact).unwrap());
            half.split(1).finish();
        }
        assert_eq!(run.percent(), 50.0);
    }
}

/// IntelliJ throws for a fraction outside of 0 to 1, and one that falls is an error. A number of
/// the user's is no reason to stop the work.
#[test]
fn a_fraction_that_is_none_does_no_harm() {
    let (run, mut progress) = Run::start("R");
    progress.set_length(2);
    let mut step = progress.split(1);
    step.set_fraction(0.5);
    for wrong in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, 0.25] {
        step.set_fraction(wrong);
        assert!(run.percent() >= 25.0, "{wrong}");
    }
    step.set_fraction(7.0);
    assert_eq!(run.percent(), 50.0);
}
