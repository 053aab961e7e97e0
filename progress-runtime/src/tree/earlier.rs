//! Steps that have ended well, as a journal keeps them, and their return in a later process.

use std::sync::Arc;
use std::time::Duration;

use super::data::{Child, ChildKind, Children, Moment, Node};
use crate::StepStatus;
use crate::journal::JournalPlace;
use crate::scale::{FULL, Work};
use crate::snapshot::StepSnapshot;
use crate::sync::lock;
use crate::text::Text;

/// A step that has ended well, without its value. Times are in milliseconds since the epoch.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct EndedStep {
    pub(crate) status: StepStatus,
    pub(crate) title: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) started: Option<u64>,
    pub(crate) ended: Option<u64>,
    pub(crate) done: u64,
    pub(crate) total: Option<u64>,
    pub(crate) errors: u32,
    pub(crate) attempt: u32,
}

/// A step of a list that has ended in an earlier process, and its own inner steps.
#[derive(Debug)]
pub(crate) struct EarlierStep {
    /// The index in the list.
    pub(crate) index: usize,
    pub(crate) step: EndedStep,
    pub(crate) inner: Vec<EarlierStep>,
}

/// What is shown of a step that has ended in an earlier process, beside what any step shows.
#[derive(Debug)]
pub(super) struct Earlier {
    /// When it started and ended, in milliseconds since the epoch.
    pub(super) started: Option<u64>,
    pub(super) ended: Option<u64>,
    inner: Vec<EarlierStep>,
}

impl Earlier {
    /// The inner steps as a snapshot shows them, in place of the planned ones.
    pub(super) fn inner(&self, planned: Vec<StepSnapshot>) -> Vec<StepSnapshot> {
        shown(planned, &self.inner)
    }
}

/// Steps that have not ended, such as those of another arm, are left out.
fn shown(planned: Vec<StepSnapshot>, ended: &[EarlierStep]) -> Vec<StepSnapshot> {
    let steps = planned.into_iter().enumerate();
    steps
        .filter_map(|(index, child)| {
            let EarlierStep { step, inner, .. } = ended.iter().find(|step| step.index == index)?;
            let clean = |text: &Option<String>| text.as_deref().map(Text::clean);
            Some(StepSnapshot {
                title: clean(&step.title).unwrap_or(child.title),
                status: step.status,
                progress: 10_000,
                message: clean(&step.message),
                done: step.done,
                total: step.total,
                attempt: step.attempt,
                reason: clean(&step.reason),
                errors: step.errors,
                started: step.started,
                ended: step.ended,
                earlier: true,
                children: shown(child.children, inner),
                ..child
            })
        })
        .collect()
}

impl Node {
    /// Sets where the work of the share is kept.
    pub(crate) fn keep_at(&self, place: Option<JournalPlace>) {
        if place.is_some() || self.extras.get().is_some() {
            *lock(&self.extras().place) = place;
        }
    }

    /// Where the work of the share is kept.
    pub(crate) fn place(&self) -> Option<JournalPlace> {
        self.extras.get().and_then(|extras| lock(&extras.place).clone())
    }

    /// The step with this index, if it has ended well. `epoch` is that of the run's clock.
    pub(crate) fn ended_step(&self, index: usize, epoch: u64) -> Option<EndedStep> {
        let mut children = self.children()?;
        let Child { slot, details } = children.child_mut(index)?;
        let ended_well = matches!(
            slot.status,
            StepStatus::Completed | StepStatus::CompletedWithErrors | StepStatus::Skipped
        );
        let millis =
            |at: Moment| at.get().map(|at: Duration| epoch.saturating_add(at.as_millis() as u64));
        let rare = details.rare.as_deref();
        ended_well.then(|| EndedStep {
            status: slot.status,
            title: rare.and_then(|rare| rare.title.clone()),
            reason: rare.and_then(|rare| rare.reason.clone()),
            message: rare.and_then(|rare| rare.message.as_ref()).map(Text::to_string),
            started: millis(details.started),
            ended: millis(details.ended),
            done: rare.map_or(0, |rare| rare.done),
            total: slot.scale.own_length(),
            errors: slot.errors,
            attempt: details.attempt(),
        })
    }

    /// Enters a step that has ended in an earlier process, and closes it with what is known of it.
    pub(crate) fn restore_step(&self, earlier: EarlierStep) {
        self.with_children(|children| {
            children.enter(earlier.index);
            children.restore(earlier);
        });
    }

    /// Gives a step that has ended again the times and the mark of its end in an earlier process.
    pub(crate) fn restore_times(&self, index: usize, step: &EndedStep) {
        if let Some(mut children) = self.children()
            && let Some(Child { details, .. }) = children.child_mut(index)
        {
            let inner = Vec::new();
            details.rare().earlier =
                Some(Earlier { started: step.started, ended: step.ended, inner });
        }
    }

    /// An item of a loop that was done in an earlier process: it takes its part of the length.
    pub(crate) fn restore_item(self: &Arc<Self>) {
        self.with_first_children(Children::restore_item);
    }

    /// Holds at least this value from now on.
    pub(crate) fn hold(&self, value: u64) {
        self.with_scale(|mut own, children| {
            let (scale, _) = own.scale(children, self);
            scale.hold(value);
        });
    }
}

impl Children {
    fn restore(&mut self, earlier: EarlierStep) {
        let EarlierStep { index, step, inner } = earlier;
        let Some(Child { slot, details }) = self.child_mut(index) else { return };
        if slot.status != StepStatus::Pending {
            return;
        }
        slot.scale.set_length(0, step.total);
        slot.settle(FULL);
        (slot.status, slot.errors) = (step.status, step.errors);
        details.kind = ChildKind::Step { order: 0, attempt: step.attempt };
        let rare = details.rare();
        rare.earlier = Some(Earlier { started: step.started, ended: step.ended, inner });
        (rare.title, rare.reason) = (step.title, step.reason);
        rare.message = step.message.map(|message| Text::clean(&message));
        rare.done = step.done;
        let units = slot.units;
        self.folded += Work::done(units);
        self.errors = self.errors.saturating_add(step.errors);
    }

    fn restore_item(&mut self) {
        self.numbered += 1;
        self.done = self.done.saturating_add(1);
        self.folded += Work::done(1);
    }
}
