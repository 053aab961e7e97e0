//! Reading the tree from the top down: the number, its signature, and the whole state as a snapshot.

use std::time::Duration;

use super::shape::{Children, Details, Node, Slot};
use super::{MessageCell, Tree};
use crate::StepStatus;
use crate::plan::{PlanStep, Structure};
use crate::scale::basis_points;
use crate::snapshot::{JobSnapshot, MAX_CHILDREN, StepCount, StepSnapshot};
use crate::text::Text;

/// A reading of a run's tree.
pub(crate) struct Reader {
    /// The wall clock's milliseconds at the start of the run's clock.
    pub(crate) epoch: u64,
    /// Whether the run is being cancelled.
    pub(crate) cancelling: bool,
}

/// What is being said in the tree, the latest of all.
#[derive(Default)]
struct Heard {
    order: u64,
    text: String,
    /// Where that is the title of a step, which says nothing by itself: what the step is at.
    state: Option<&'static str>,
}

impl Heard {
    fn hear(&mut self, order: u64, text: &str, state: Option<&'static str>) {
        if order > self.order {
            (self.order, self.state) = (order, state);
            text.clone_into(&mut self.text);
        }
    }

    fn text(self) -> Option<Text> {
        let text = Text::clean(&self.text);
        match (self.order, self.state) {
            (0, _) => None,
            (_, Some(state)) => Some(format!("{text}: {state}").into()),
            (_, None) => Some(text),
        }
    }
}

impl Tree {
    /// What is shown of the root, in parts of [`FULL`](crate::scale::FULL).
    pub(crate) fn shown(&self) -> u64 {
        self.top.children().map_or(0, |top| top.value(&self.top))
    }

    /// A number that is another one whenever a count, a length or a message has changed.
    pub(crate) fn signature(&self) -> u64 {
        self.top.signature()
    }
}

impl Node {
    /// What the owner says now, or said last.
    pub(super) fn message_text(&self) -> Option<Text> {
        self.message()?.read(0, |_, text| Text::clean(text))
    }

    fn signature(&self) -> u64 {
        let Some(branch) = self.children() else { return mix(0, self.position()) };
        let said = self.message().map_or(0, MessageCell::version);
        let own = [self.counted(Some(&branch)), said, branch.done, branch.numbered];
        branch.live().fold(own.into_iter().fold(0, mix), |sum, (slot, details)| {
            let node = slot.node.as_ref().map_or(0, |node| node.signature());
            let total = details.total.map_or(0, |total| !total);
            [total, slot.scale.held(), node].into_iter().fold(sum, mix)
        })
    }
}

/// A step of FNV-1a, on whole numbers: what is mixed in its order does not cancel out.
fn mix(sum: u64, part: u64) -> u64 {
    (sum ^ part).wrapping_mul(0x0100_0000_01b3).rotate_left(29)
}

impl Reader {
    /// The steps of the root, how far they have come, and what is being said.
    pub(crate) fn run(&self, tree: &Tree) -> (Vec<StepSnapshot>, StepCount, Option<Text>) {
        let read = || {
            let tree = tree.top.children()?;
            let (slot, details) = (tree.slots.first()?, tree.details.first()?);
            let mut heard = Heard::default();
            listen(&mut heard, slot, details, None);
            let (mut steps, mut count) = (Vec::new(), StepCount::default());
            if let Some(branch) = slot.node.as_ref()?.children() {
                (steps, _) = self.children(&branch, details.total);
                let total = branch.planned().len() as u32;
                count = StepCount { current: branch.entered, total };
            }
            Some((steps, count, heard.text()))
        };
        read().unwrap_or_default()
    }

    fn millis(&self, at: Option<Duration>) -> Option<u64> {
        at.map(|at| self.epoch.saturating_add(at.as_millis() as u64))
    }

    fn children(&self, branch: &Children, total: Option<u64>) -> (Vec<StepSnapshot>, u32) {
        let steps = branch.planned();
        let live = branch.live_items() as usize;
        let mut children =
            Vec::with_capacity(steps.len().max(MAX_CHILDREN).min(steps.len() + live));
        let mut more = 0;
        for (index, (slot, details)) in branch.slots.iter().zip(&branch.details).enumerate() {
            let step = steps.get(index);
            if step.is_some() || slot.status.is_active() && children.len() < MAX_CHILDREN {
                children.push(self.child(slot, details, step, total));
            } else if slot.status.is_active() {
                more += 1;
            }
        }
        (children, more)
    }

    fn child(
        &self,
        slot: &Slot,
        details: &Details,
        step: Option<&PlanStep>,
        siblings: Option<u64>,
    ) -> StepSnapshot {
        let rare = details.rare.as_deref();
        let title = match (rare.and_then(|rare| rare.title.as_deref()), step) {
            (Some(title), _) => Text::clean(title),
            (None, Some(step)) => Text::clean_static(step.title()),
            (None, None) => Text::number(details.number, siblings),
        };
        let mut child = StepSnapshot {
            id: step.map_or_else(
                || Text::number(details.number, None),
                |step| Text::from_static(step.id()),
            ),
            title,
            weight: slot.units,
            status: match slot.status {
                active if active.is_active() && self.cancelling => StepStatus::Cancelling,
                status => status,
            },
            progress: match slot.status {
                StepStatus::Completed | StepStatus::CompletedWithErrors | StepStatus::Skipped => {
                    10_000
                }
                // As for the run itself: all of it is shown only once it has ended well.
                _ => basis_points(slot.value()).min(9_999),
            },
            message: rare.and_then(|rare| rare.message.clone()),
            done: rare.map_or(0, |rare| rare.done),
            total: details.total,
            item: None,
            attempt: details.attempt,
            attempts: rare.and_then(|rare| rare.attempts),
            error: rare.and_then(|rare| rare.error.as_deref()).map(Text::clean),
            reason: rare.and_then(|rare| rare.reason.as_deref()).map(Text::clean),
            errors: slot.errors,
            started: self.millis(details.started),
            ended: self.millis(details.ended),
            job: rare.and_then(|rare| rare.job.as_ref()).map(|(id, kind)| {
                Box::new(JobSnapshot { id: Text::clean(id), kind: Text::clean(kind) })
            }),
            children: Vec::new(),
            more: 0,
        };
        if let Some(node) = &slot.node {
            let is_live = slot.status.is_active();
            if is_live {
                child.message = node.message_text().or(child.message);
                child.done = details.units_done(node.position(), slot.parts);
            }
            if slot.has_children
                && let Some(branch) = node.children()
            {
                if is_live {
                    child.done = details
                        .units_done(node.counted(Some(&branch)), slot.parts)
                        .saturating_add(branch.done);
                    child.errors = child.errors.saturating_add(branch.errors);
                }
                (child.children, child.more) = self.children(&branch, details.total);
            }
        } else if let Some(step) = step
            && slot.status == StepStatus::Pending
        {
            child.children = planned(step);
        }
        child.tell_of_children(step.and_then(PlanStep::item));
        child
    }
}

/// Hears what a live child and all below it say. A step that starts says its title, and between two steps the one
/// before has the word.
fn listen(heard: &mut Heard, slot: &Slot, details: &Details, step: Option<&PlanStep>) {
    if let Some(step) = step {
        heard.hear(details.order, title(details, step), Some("In progress…"));
    }
    let Some(node) = &slot.node else { return };
    if let Some(voice) = node.message() {
        voice.read(heard.order, |order, text| heard.hear(order, text, None));
    }
    let branch = if slot.has_children { node.children() } else { None };
    let Some(branch) = branch else { return };
    let mut silent = true;
    for (index, (slot, details)) in branch.slots.iter().zip(&branch.details).enumerate() {
        if slot.status.is_active() {
            silent = false;
            listen(heard, slot, details, branch.planned().get(index));
        }
    }
    if silent {
        hear_ended(heard, &branch);
    }
}

/// Hears what the step that started last has said, or else what has become of it.
fn hear_ended(heard: &mut Heard, branch: &Children) {
    let children = branch.slots.iter().zip(&branch.details).zip(branch.planned());
    let Some(((slot, details), step)) = children.max_by_key(|((_, details), _)| details.order)
    else {
        return;
    };
    if let Some(said) = details.rare.as_ref().and_then(|rare| rare.message.as_ref()) {
        return heard.hear(details.order, said, None);
    }
    let became = match slot.status {
        StepStatus::Failed => "Failed",
        StepStatus::Cancelled => "Cancelled",
        StepStatus::CompletedWithErrors => "Completed with errors",
        _ => "Completed",
    };
    heard.hear(details.order, title(details, step), Some(became));
}

fn title<'a>(details: &'a Details, step: &'a PlanStep) -> &'a str {
    details.rare.as_ref().and_then(|rare| rare.title.as_deref()).unwrap_or(step.title())
}

/// The inner steps of a step that has not started, as the plan has them.
fn planned(step: &PlanStep) -> Vec<StepSnapshot> {
    if !matches!(step.structure(), Structure::Sequence | Structure::Parallel) {
        return Vec::new();
    }
    let child = |step: &PlanStep| StepSnapshot {
        id: Text::from_static(step.id()),
        title: Text::clean_static(step.title()),
        weight: u64::from(step.weight()),
        status: StepStatus::Pending,
        progress: 0,
        message: None,
        done: 0,
        total: None,
        item: step.item().map(Text::from_static),
        attempt: 0,
        attempts: None,
        error: None,
        reason: None,
        errors: 0,
        started: None,
        ended: None,
        job: None,
        children: planned(step),
        more: 0,
    };
    step.steps().iter().map(child).collect()
}
