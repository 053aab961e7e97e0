//! Workflows that take over a share, and ends that end more than one node.

use std::time::Duration;

use crate::estimate::{Estimator, NodeId, Record, StepRecord};
use crate::plan::{PlanStep, StepList, Structure};

static INNER: StepList =
    StepList::new(0, &[PlanStep::new("read", "Read", 3), PlanStep::new("write", "Write", 1)]);
static OTHER: StepList = StepList::new(0, &[PlanStep::new("ask", "Ask", 1)]);
static OUTER: StepList = StepList::new(
    0,
    &[
        PlanStep::new("load", "Load", 1),
        PlanStep::new("files", "Files", 1).with_structure(Structure::Each),
    ],
);

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A record of steps by their paths: seconds, and a length.
fn record(steps: &[(&str, u64, u64)]) -> Record {
    let step = |&(path, seconds, length): &(&str, u64, u64)| {
        let duration = Some(seconds * 1000);
        (path.to_owned(), StepRecord { duration, length, ran: 1, ..StepRecord::default() })
    };
    Record { steps: steps.iter().map(step).collect(), ..Record::default() }
}

fn start(estimator: &mut Estimator, parent: NodeId, index: usize, seconds: u64) -> NodeId {
    estimator.start(parent, index, at(seconds)).expect("a pending step")
}

fn left(estimator: &mut Estimator, seconds: u64) -> f64 {
    estimator.look(at(seconds), &[]).left.as_secs_f64()
}

#[test]
fn an_unknown_workflow_divides_what_its_step_takes() {
    let earlier = record(&[("load", 40, 0), ("files", 20, 0)]);
    let mut estimator = Estimator::new(&OUTER, vec![earlier], None);
    let load = start(&mut estimator, NodeId::ROOT, 0, 0);
    estimator.expand(load, &INNER);
    assert_eq!(left(&mut estimator, 0), 60.0);

    let read = start(&mut estimator, load, 0, 0);
    estimator.end(read, true, at(30));
    assert_eq!(left(&mut estimator, 30), 30.0);
}

#[test]
fn a_known_workflow_takes_what_its_steps_took() {
    let earlier =
        record(&[("load", 40, 0), ("load/read", 10, 0), ("load/write", 30, 0), ("files", 20, 0)]);
    let mut estimator = Estimator::new(&OUTER, vec![earlier], None);
    let load = start(&mut estimator, NodeId::ROOT, 0, 0);
    estimator.expand(load, &INNER);
    let read = start(&mut estimator, load, 0, 0);
    estimator.end(read, true, at(10));
    start(&mut estimator, load, 1, 10);
    assert_eq!(left(&mut estimator, 10), 50.0);

    let record = estimator.record(at(10));
    assert_eq!(record.steps.keys().collect::<Vec<_>>(), ["load/read"]);
}

#[test]
fn the_work_of_a_run_stays_what_it_was() {
    for earlier in [vec![], vec![record(&[("load", 40, 0), ("files", 20, 0)])]] {
        let mut estimator = Estimator::new(&OUTER, earlier, None);
        let work = estimator.forecast.work;
        let load = start(&mut estimator, NodeId::ROOT, 0, 0);
        estimator.expand(load, &INNER);
        let read = start(&mut estimator, load, 0, 0);
        estimator.expand(read, &INNER);
        assert!((estimator.forecast.work - work).abs() < 1e-9);
    }
}

#[test]
fn another_attempt_begins_with_all_steps_pending() {
    let earlier = record(&[("load", 40, 0), ("files", 20, 0)]);
    let mut estimator = Estimator::new(&OUTER, vec![earlier], None);
    let load = start(&mut estimator, NodeId::ROOT, 0, 0);
    estimator.expand(load, &INNER);
    let read = start(&mut estimator, load, 0, 0);
    estimator.restart(load, at(30));
    estimator.expand(load, &INNER);
    assert_eq!(estimator.start(read, 0, at(30)), None);
    assert_eq!(left(&mut estimator, 30), 60.0);
    start(&mut estimator, load, 0, 30);
}

#[test]
fn items_of_a_loop_take_what_an_item_took() {
    let earlier = record(&[("load", 10, 0), ("files", 80, 10)]);
    let mut estimator = Estimator::new(&OUTER, vec![earlier], None);
    estimator.skip(NodeId::ROOT, 0);
    let files = start(&mut estimator, NodeId::ROOT, 1, 0);
    estimator.set_length(files, Some(10));
    let item = estimator.start_item(files, at(0)).expect("a loop");
    estimator.expand(item, &INNER);
    let read = start(&mut estimator, item, 0, 0);

    // Of the 8 s of an item, the step takes 6 s.
    let step = estimator.outline.children(Some(1)).start;
    assert_eq!(estimator.forecast.of(step).expected, 6.0);
    assert!((left(&mut estimator, 3) - 77.0).abs() < 4.0);

    estimator.end(read, true, at(6));
    estimator.skip(item, 1);
    estimator.end(item, true, at(6));
    let steps = estimator.record(at(6)).steps;
    assert_eq!(steps["files/*/read"].ran, 1);
    assert_eq!(steps["files/*/write"].skipped, 1);
}

#[test]
fn an_item_with_another_workflow_stays_one_piece() {
    let mut estimator = Estimator::new(&OUTER, vec![], None);
    let files = start(&mut estimator, NodeId::ROOT, 1, 0);
    let first = estimator.start_item(files, at(0)).expect("a loop");
    estimator.expand(first, &INNER);
    let second = estimator.start_item(files, at(0)).expect("a loop");
    assert!(estimator.start(second, 0, at(0)).is_some(), "the steps of the loop are known now");
    let third = estimator.start_item(files, at(0)).expect("a loop");
    estimator.expand(third, &OTHER);
    assert_eq!(estimator.start(third, 0, at(0)), None);
    left(&mut estimator, 1);
}

#[test]
fn what_is_live_inside_ends_with_its_node() {
    let mut estimator = Estimator::new(&OUTER, vec![], None);
    let files = start(&mut estimator, NodeId::ROOT, 1, 0);
    for _ in 0..2 {
        let item = estimator.start_item(files, at(0)).expect("a loop");
        estimator.expand(item, &INNER);
        start(&mut estimator, item, 0, 0);
    }
    estimator.set_length(files, Some(2));
    estimator.end(files, true, at(8));
    let steps = estimator.record(at(8)).steps;
    assert_eq!(steps["files/*/read"].duration, Some(8000));
    assert_eq!((steps["files/*/read"].ran, steps["files"].length), (2, 2));

    let load = start(&mut estimator, NodeId::ROOT, 0, 8);
    estimator.expand(load, &INNER);
    start(&mut estimator, load, 0, 8);
    estimator.end(load, false, at(9));
    assert!(!estimator.record(at(9)).steps.contains_key("load/read"), "a failure says nothing");
}

#[test]
fn a_workflow_that_calls_itself_is_followed_to_some_depth() {
    static AGAIN: StepList = StepList::new(0, &[PlanStep::new("again", "Again", 1)]);
    let mut estimator = Estimator::new(&AGAIN, vec![], None);
    let mut node = NodeId::ROOT;
    let mut depth = 0;
    while let Some(inner) = estimator.start(node, 0, at(0)) {
        estimator.expand(inner, &AGAIN);
        node = inner;
        depth += 1;
    }
    assert!((20..200).contains(&depth));
    left(&mut estimator, 1);
}

#[test]
fn an_item_says_how_far_it_is() {
    let mut estimator = Estimator::new(&OUTER, vec![record(&[("files", 100, 2)])], None);
    estimator.skip(NodeId::ROOT, 0);
    let files = start(&mut estimator, NodeId::ROOT, 1, 0);
    estimator.set_length(files, Some(2));
    let item = estimator.start_item(files, at(0)).expect("a loop");
    let slow = estimator.look(at(10), &[(item, 0.02)]).left;
    let fast = estimator.look(at(10), &[(item, 0.9)]).left;
    assert!(fast < slow / 4);
}
