//! Reading the tree from the top down: the number, its signature, and the whole state as a snapshot.

use std::sync::Arc;
use std::time::Duration;

use super::{Branch, Node, Slot, lock};
use crate::StepStatus;
use crate::line::basis_points;
use crate::plan::{PlanStep, StepList, Structure};
use crate::snapshot::{JobSnapshot, MAX_CHILDREN, StepCount, StepSnapshot};
use crate::text::{self, MAX_MESSAGE};

/// A reading of a run's tree.
pub(crate) struct Reader {
    /// The wall clock's milliseconds at the start of the run's clock.
    pub(crate) epoch: u64,
    /// Whether the run is being cancelled.
    pub(crate) cancelling: bool,
}

/// What is being said in a part of the tree, the latest of all.
struct Voice {
    order: u64,
    text: String,
}

impl Node {
    /// What is shown of the root, in parts of [`FULL`](crate::line::FULL).
    pub(crate) fn shown(&self) -> u64 {
        lock(&self.branch)
            .as_ref()
            .and_then(|branch| branch.slots.first().map(Slot::value))
            .unwrap_or(0)
    }

    /// The root of a run, if this is a trunk.
    pub(crate) fn root(&self) -> Option<Arc<Self>> {
        lock(&self.branch).as_ref()?.slots.first()?.node.clone()
    }

    /// The ids from here down to the step that is open, or has just failed without a word.
    pub(crate) fn open_path(&self) -> Vec<String> {
        let branch = lock(&self.branch);
        let open = branch.as_deref().and_then(|branch| {
            let index = branch.slots.iter().rposition(Slot::is_open)?;
            let mut path = vec![branch.id(index)];
            if let Some(node) = &branch.slots[index].node {
                path.extend(node.open_path());
            }
            Some(path)
        });
        open.unwrap_or_default()
    }

    /// A number that is another one whenever a count, a length or a message below has changed.
    pub(crate) fn signature(&self) -> u64 {
        let order = lock(&self.said).order;
        let branch = lock(&self.branch);
        let own = [order, self.counted(branch.as_deref())].into_iter().fold(0, mix);
        branch.as_ref().map_or(own, |branch| {
            let own = [branch.done, branch.numbered].into_iter().fold(own, mix);
            branch.slots.iter().filter(|slot| slot.status.is_active()).fold(own, |sum, slot| {
                let node = slot.node.as_ref().map_or(0, |node| node.signature());
                [slot.total.map_or(0, |total| !total), slot.base, node].into_iter().fold(sum, mix)
            })
        })
    }
}

/// A step of FNV-1a, on whole numbers: what is mixed in its order does not cancel out.
fn mix(sum: u64, part: u64) -> u64 {
    (sum ^ part).wrapping_mul(0x0100_0000_01b3).rotate_left(29)
}

impl Reader {
    /// The steps of the root, how far they have come, and what is being said.
    pub(crate) fn run(&self, trunk: &Node) -> (Vec<StepSnapshot>, StepCount, Option<String>) {
        let none = (Vec::new(), StepCount::default(), None);
        let trunk = lock(&trunk.branch);
        let Some(slot) = trunk.as_ref().and_then(|branch| branch.slots.first()) else {
            return none;
        };
        let Some(root) = &slot.node else { return none };
        let voice = self.voice(slot, None).map(|voice| voice.text);
        let branch = lock(&root.branch);
        let Some(branch) = branch.as_deref() else {
            return (none.0, none.1, voice);
        };
        let (steps, _) = self.children(branch, slot.total);
        let total = branch.list.map_or(0, |list| list.steps().len()) as u32;
        (steps, StepCount { current: branch.entered, total }, voice)
    }

    fn millis(&self, at: Option<Duration>) -> Option<u64> {
        at.map(|at| self.epoch.saturating_add(at.as_millis() as u64))
    }

    fn children(&self, branch: &Branch, total: Option<u64>) -> (Vec<StepSnapshot>, u32) {
        let steps = branch.list.map_or(&[][..], StepList::steps);
        let live = branch.slots.iter().skip(steps.len()).filter(|slot| slot.status.is_active());
        let mut children = Vec::new();
        let mut more = 0;
        for (index, slot) in branch.slots.iter().take(steps.len()).enumerate() {
            children.push(self.child(slot, steps.get(index), total));
        }
        for slot in live {
            if children.len() < MAX_CHILDREN {
                children.push(self.child(slot, None, total));
            } else {
                more += 1;
            }
        }
        (children, more)
    }

    fn child(&self, slot: &Slot, step: Option<&PlanStep>, siblings: Option<u64>) -> StepSnapshot {
        let record = slot.record.as_deref();
        let clean = |text: &str| String::from(text::clean(text, MAX_MESSAGE));
        let title = match (record.and_then(|record| record.title.as_deref()), step, siblings) {
            (Some(title), _, _) => clean(title),
            (None, Some(step), _) => clean(step.title()),
            (None, None, Some(total)) => format!("{} of {total}", slot.number),
            (None, None, None) => slot.number.to_string(),
        };
        let mut child = StepSnapshot {
            id: step.map_or_else(|| slot.number.to_string(), |step| step.id().to_owned()),
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
                _ => basis_points(slot.value(), slot.width).min(9_999),
            },
            message: record.and_then(|record| record.said.as_deref()).map(clean),
            done: record.map_or(0, |record| record.done),
            total: slot.total,
            item: None,
            attempt: slot.attempt,
            attempts: record.and_then(|record| record.attempts),
            error: record.and_then(|record| record.error.as_deref()).map(clean),
            reason: record.and_then(|record| record.reason.as_deref()).map(clean),
            errors: slot.errors,
            started: self.millis(slot.started),
            ended: self.millis(slot.ended),
            job: record
                .and_then(|record| record.job.as_ref())
                .map(|(id, kind)| JobSnapshot { id: clean(id), kind: clean(kind) }),
            children: Vec::new(),
            more: 0,
        };
        if let Some(node) = &slot.node {
            if slot.status.is_active()
                && let Some(text) = lock(&node.said).text.as_deref()
            {
                child.message = Some(clean(text));
            }
            let branch = lock(&node.branch);
            if slot.status.is_active() {
                child.done = node.counted(branch.as_deref());
            }
            if let Some(branch) = branch.as_deref() {
                if slot.status.is_active() {
                    child.done = child.done.saturating_add(branch.done);
                    child.errors = child.errors.saturating_add(branch.errors);
                }
                (child.children, child.more) = self.children(branch, slot.total);
            }
        } else if let Some(step) = step
            && slot.status == StepStatus::Pending
        {
            child.children = planned(step);
        }
        (child.done, child.total) = slot.count(child.done);
        child.tell_of_children(step.and_then(PlanStep::item));
        child
    }

    /// The latest of what a live child and all below it say. A step that starts says its title, and between two steps
    /// the one before has the word.
    fn voice(&self, slot: &Slot, step: Option<&PlanStep>) -> Option<Voice> {
        let own = step.filter(|_| slot.order > 0).map(|step| {
            let title = slot
                .record
                .as_ref()
                .and_then(|record| record.title.as_deref())
                .unwrap_or(step.title());
            Voice {
                order: slot.order,
                text: format!("{}: In progress…", text::clean(title, MAX_MESSAGE)),
            }
        });
        let Some(node) = &slot.node else { return own };
        let said = {
            let said = lock(&node.said);
            said.text.as_deref().map(|text| Voice {
                order: said.order,
                text: String::from(text::clean(text, MAX_MESSAGE)),
            })
        };
        let branch = lock(&node.branch);
        let below = branch.as_deref().and_then(|branch| {
            let live = branch.slots.iter().enumerate().filter(|(_, slot)| slot.status.is_active());
            live.filter_map(|(index, slot)| {
                self.voice(slot, branch.list.and_then(|list| list.steps().get(index)))
            })
            .max_by_key(|voice| voice.order)
            .or_else(|| ended_voice(branch))
        });
        [own, said, below].into_iter().flatten().max_by_key(|voice| voice.order)
    }
}

/// What the step that started last has said, or else what has become of it.
fn ended_voice(branch: &Branch) -> Option<Voice> {
    let steps = branch.slots.iter().zip(branch.list.map_or(&[][..], StepList::steps));
    let (slot, step) =
        steps.filter(|(slot, _)| slot.order > 0).max_by_key(|(slot, _)| slot.order)?;
    let record = slot.record.as_deref();
    let said = record.and_then(|record| record.said.as_deref());
    let title = record.and_then(|record| record.title.as_deref()).unwrap_or(step.title());
    let text = match said {
        Some(said) => String::from(text::clean(said, MAX_MESSAGE)),
        None => {
            let became = match slot.status {
                StepStatus::Failed => "Failed",
                StepStatus::Cancelled => "Cancelled",
                StepStatus::CompletedWithErrors => "Completed with errors",
                _ => "Completed",
            };
            format!("{}: {became}", text::clean(title, MAX_MESSAGE))
        }
    };
    Some(Voice { order: slot.order, text })
}

/// The inner steps of a step that has not started, as the plan has them.
fn planned(step: &PlanStep) -> Vec<StepSnapshot> {
    if !matches!(step.structure(), Structure::Sequence | Structure::Parallel) {
        return Vec::new();
    }
    let child = |step: &PlanStep| StepSnapshot {
        id: step.id().to_owned(),
        title: step.title().to_owned(),
        weight: u64::from(step.weight()),
        status: StepStatus::Pending,
        progress: 0,
        message: None,
        done: 0,
        total: None,
        item: step.item().map(str::to_owned),
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
