//! The inner steps of a step that has no live share: those of the plan, or those that have ended in
//! an earlier process.

use super::data::{Details, Slot};
use crate::StepStatus;
use crate::plan::{PlanStep, Structure};
use crate::snapshot::StepSnapshot;
use crate::text::Text;

/// The inner steps of a step that has no node.
pub(super) fn inner_steps(slot: &Slot, details: &Details, step: &PlanStep) -> Vec<StepSnapshot> {
    match slot.status {
        StepStatus::Pending => planned(step),
        _ => earlier(details, step),
    }
}

#[cfg(feature = "journal")]
fn earlier(details: &Details, step: &PlanStep) -> Vec<StepSnapshot> {
    let earlier = details.rare.as_deref().and_then(|rare| rare.earlier.as_ref());
    earlier.map_or_else(Vec::new, |earlier| earlier.inner(planned(step)))
}

#[cfg(not(feature = "journal"))]
fn earlier(_: &Details, _: &PlanStep) -> Vec<StepSnapshot> {
    Vec::new()
}

/// The inner steps of a step that has not started, from the plan.
fn planned(step: &PlanStep) -> Vec<StepSnapshot> {
    if !matches!(step.structure(), Structure::Sequence | Structure::Parallel) {
        return Vec::new();
    }
    let child = |step: &PlanStep| StepSnapshot {
        id: Text::from_static(step.id()),
        title: Text::clean_static(step.title()),
        name: None,
        weight: u64::from(step.weight()),
        status: StepStatus::Pending,
        progress: 0,
        message: None,
        done: 0,
        total: None,
        unit: None,
        rate: None,
        item: step.item().map(Text::from_static),
        attempt: 0,
        attempts: None,
        error: None,
        reason: None,
        result: None,
        errors: 0,
        started: None,
        ended: None,
        earlier: false,
        job: None,
        children: planned(step),
        more: 0,
    };
    step.steps().iter().map(child).collect()
}
