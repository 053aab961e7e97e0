use std::sync::Arc;

use super::{LoopMemory, Model};
use crate::path::StepPath;
use crate::snapshot::sample::{run, step};
use crate::{RunStatus, Snapshot, StepSnapshot, StepStatus};

fn at(now: u64, items: Vec<StepSnapshot>) -> Arc<Snapshot> {
    let mut snapshot = run(now, RunStatus::Running, 100);
    let mut analyze = step("analyze", "Analyze", StepStatus::Running, 1_000);
    analyze.children = items;
    snapshot.steps = vec![analyze];
    Arc::new(snapshot)
}

fn analyze(model: &Model) -> Option<&LoopMemory> {
    model.loop_memory(&StepPath::from("analyze"))
}

fn item(id: &str) -> StepSnapshot {
    step(id, id, StepStatus::Running, 1_000)
}

#[test]
fn the_last_items_that_ended_are_kept() {
    let mut model = Model::new(at(1_000, vec![item("1"), item("2")]));
    model.update(at(3_000, vec![item("2"), item("3")]));
    model.update(at(4_000, vec![item("4")]));
    let memory = analyze(&model).unwrap();
    let ids: Vec<_> = memory.recent.iter().map(|item| item.id.as_str()).collect();
    assert_eq!(ids, ["2", "3"]);
    assert_eq!(memory.recent[0].took.as_secs(), 3);
}

#[test]
fn the_failure_of_an_item_is_kept_when_the_item_is_gone() {
    let mut broken = item("1");
    let mut apply = step("apply", "Apply", StepStatus::Failed, 1_000);
    apply.error = Some("2 changes failed".into());
    broken.children = vec![apply];
    let mut rough = item("2");
    rough.errors = 3;
    let mut model = Model::new(at(1_000, vec![broken, rough]));
    model.update(at(2_000, vec![item("3")]));
    let memory = analyze(&model).unwrap();
    let failures: Vec<_> = memory.recent.iter().flat_map(|item| &item.failure).collect();
    assert_eq!(failures, ["Apply failed: 2 changes failed", "3 errors"]);
}

#[test]
fn items_that_leave_with_an_unexplained_error_have_not_ended_well() {
    let mut model = Model::new(at(1_000, vec![item("1"), item("2"), item("3")]));
    let with_error = |now, items| {
        let mut snapshot = Arc::unwrap_or_clone(at(now, items));
        snapshot.steps[0].errors = 1;
        Arc::new(snapshot)
    };
    model.update(with_error(2_000, vec![item("2"), item("3")]));
    model.update(with_error(2_001, vec![item("3")]));
    assert!(analyze(&model).unwrap().recent.is_empty());
    // The loop goes on: items that end from now on have ended well.
    model.update(with_error(3_000, vec![item("4")]));
    assert_eq!(analyze(&model).unwrap().recent[0].id, "3");
}

#[test]
fn items_of_an_earlier_attempt_are_dropped() {
    let mut model = Model::new(at(1_000, vec![item("1")]));
    model.update(at(2_000, vec![item("2")]));
    let mut again = Arc::unwrap_or_clone(at(3_000, vec![item("1")]));
    again.steps[0].attempt = 2;
    model.update(Arc::new(again));
    assert!(analyze(&model).is_none());
}

#[test]
fn an_item_that_was_stopped_has_not_ended_well() {
    let mut model = Model::new(at(1_000, vec![item("1")]));
    let mut stopped = Arc::unwrap_or_clone(at(3_000, vec![]));
    stopped.steps[0].status = StepStatus::Failed;
    model.update(Arc::new(stopped));
    assert!(analyze(&model).unwrap().recent.is_empty());
}

#[test]
fn an_earlier_snapshot_changes_nothing() {
    let mut model = Model::new(at(2_000, vec![]));
    model.update(at(1_000, vec![item("1")]));
    assert_eq!(model.snapshot.now, 2_000);
}

#[test]
fn a_loop_inside_an_item_is_dropped_with_the_item() {
    let with_files = |id: &str, file: &str| {
        let mut files = step("files", "Files", StepStatus::Running, 1_000);
        files.children = vec![item(file)];
        let mut item = item(id);
        item.children = vec![files];
        item
    };
    let mut model = Model::new(at(1_000, vec![with_files("1", "1")]));
    model.update(at(2_000, vec![with_files("1", "2")]));
    assert!(model.loop_memory(&StepPath::from("analyze/1/files")).is_some());
    model.update(at(3_000, vec![with_files("2", "1")]));
    assert!(model.loop_memory(&StepPath::from("analyze/1/files")).is_none());
}
