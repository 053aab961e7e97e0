//! Reading the tree from the top down, in one walk.
//!
//! [`Tree::pulse`] reads the number and allocates nothing: a sample finds out by it whether
//! anything has moved. [`TreeReader`] reads all that a snapshot shows.

use std::time::Duration;

use super::data::{Children, Details, Node, Slot};
use super::details::Times;
use super::graft::GraftRoom;
use super::inner::inner_steps;
use super::latest_message::{LatestMessage, MessageOf, title};
use super::message::MessageCell;
use super::root::Tree;
use crate::StepStatus;
use crate::plan::PlanStep;
use crate::scale::{Work, basis_points};
use crate::snapshot::{MAX_CHILDREN, Message, StepCount, StepSnapshot, UnitCount};
use crate::text::Text;

impl Tree {
    /// The value of the root, in parts of [`FULL`](crate::scale::FULL).
    pub(crate) fn value(&self) -> u64 {
        self.top.children().map_or(0, |top| top.value(&self.top))
    }

    /// The value of the root, and the signature of the tree.
    pub(crate) fn pulse(&self) -> Pulse {
        let children = self.top.children();
        let root = children.as_ref().and_then(|children| children.slots.first());
        let mut pulse = root.map_or(Pulse::default(), Slot::pulse);
        // Which message is the latest shows in the run's own message.
        pulse.signature = mix(pulse.signature, pulse.latest.1);
        pulse
    }
}

/// The value of a share, and a number that changes with each count, length and message in it. A
/// message that is set again with the same text changes nothing.
#[derive(Default)]
pub(crate) struct Pulse {
    pub(crate) value: u64,
    pub(crate) signature: u64,
    /// The number and the fingerprint of the latest message.
    latest: (u64, u64),
}

impl Slot {
    fn pulse(&self) -> Pulse {
        let Some(node) = &self.node else {
            return Pulse { value: self.scale.held(), ..Pulse::default() };
        };
        let Some(children) = node.children() else {
            let value = self.value_with(node, None);
            let signature = mix(self.length_part(None), node.position());
            return Pulse { value, signature, ..Pulse::default() };
        };
        let counted = node.counted(Some(&children));
        let mut latest = node.message().and_then(MessageCell::fingerprint).unwrap_or_default();
        let own = [counted, node.fraction(), latest.1, children.done, children.numbered];
        let mut signature = own.into_iter().fold(self.length_part(Some(&children)), mix);
        let mut live = Work::default();
        for (slot, _) in children.live() {
            let child = slot.pulse();
            live += Work::part(slot.units, child.value);
            latest = latest.max(child.latest);
            signature = [slot.scale.held(), child.signature].into_iter().fold(signature, mix);
        }
        Pulse { value: self.value_with(node, Some((&children, live))), signature, latest }
    }

    /// What the length adds to a signature: a length of 0 differs from none.
    fn length_part(&self, children: Option<&Children>) -> u64 {
        self.scale_with(children).own_length().map_or(0, |length| !length)
    }

    /// The whole units that the owner of a live child has done.
    fn units(&self, node: &Node, children: Option<&Children>) -> u64 {
        let scale = self.scale_with(children);
        scale.units_at(node.counted(children), || node.fraction())
    }

    /// The value of a live child, with its own children and what the live ones have reached.
    fn value_with(&self, node: &Node, children: Option<(&Children, Work)>) -> u64 {
        match children {
            _ if self.settled => self.scale.held(),
            Some((children, live)) if self.has_children => children.value_with(node, live),
            _ => self.own_value(node),
        }
    }
}

/// A step of FNV-1a on whole numbers. The rotation makes the order of the parts count.
fn mix(sum: u64, part: u64) -> u64 {
    (sum ^ part).wrapping_mul(0x0100_0000_01b3).rotate_left(29)
}

impl Node {
    /// The latest message of the owner.
    pub(super) fn message_text(&self) -> Option<Text> {
        self.message()?.read(0, |_, text| Text::clean(text))
    }
}

/// All that a snapshot shows of the tree.
#[derive(Default)]
pub(crate) struct Reading {
    /// The value of the root, in parts of [`FULL`](crate::scale::FULL).
    pub(crate) value: u64,
    /// The steps of the root's own list, or its items.
    pub(crate) steps: Vec<StepSnapshot>,
    pub(crate) count: StepCount,
    /// What the run's own code has counted, where it has no list of steps.
    pub(crate) own_count: Option<UnitCount>,
    /// What the run has come to, as its own code has put it.
    pub(crate) result: Option<Text>,
    /// The latest message of what is at work.
    pub(crate) message: Option<Message>,
}

/// Reads the tree of a run.
pub(crate) struct TreeReader {
    /// The wall clock's milliseconds at the start of the run's clock.
    epoch: u64,
    /// The time on the run's clock.
    now: Duration,
    /// Whether the run is being cancelled.
    cancelling: bool,
    latest: LatestMessage,
    room: GraftRoom,
}

/// The children of one node, as they were read.
struct ChildrenReading {
    listed: Vec<StepSnapshot>,
    more: u32,
    /// What the live children have reached together.
    live: Work,
}

impl TreeReader {
    pub(crate) fn new(epoch: u64, now: Duration, cancelling: bool) -> Self {
        let (latest, room) = (LatestMessage::default(), GraftRoom::default());
        Self { epoch, now, cancelling, latest, room }
    }

    /// Reads the whole tree.
    pub(crate) fn read(mut self, tree: &Tree) -> Reading {
        let Some(mut top) = tree.top.children() else { return Reading::default() };
        let Children { slots, details, .. } = &mut *top;
        let (Some(slot), Some(details)) = (slots.first(), details.first_mut()) else {
            return Reading::default();
        };
        let Some(node) = &slot.node else { return Reading::default() };
        self.latest.offer_owner(node);
        let mut reading = Reading::default();
        let children = node.children();
        let total = slot.scale_with(children.as_deref()).own_length();
        let done = match children {
            Some(children) => {
                let inner = self.children(&children, total, true);
                reading.value = slot.value_with(node, Some((&children, inner.live)));
                reading.steps = inner.listed;
                let total = children.planned().len() as u32;
                reading.count = StepCount { current: children.entered, total };
                // With a scale, a part of a live share counts too.
                match slot.has_children {
                    true => children.all_work(node, inner.live).units(),
                    false => slot.units(node, Some(&children)),
                }
            }
            None => {
                reading.value = slot.value_with(node, None);
                slot.units(node, None)
            }
        };
        if reading.count.total == 0 && (done > 0 || total.is_some()) {
            reading.own_count = Some(UnitCount {
                done,
                total,
                unit: details.unit().cloned(),
                // Of the whole run, also without a unit.
                rate: details.meter().sample(self.now, done),
            });
        }
        self.room.list(details, &mut reading.steps, &mut 0);
        reading.result = details.rare.as_ref().and_then(|rare| rare.result.clone());
        reading.message = self.latest.message();
        reading
    }

    /// Reads all children of a node of this length: lists the steps of its plan, the live items with
    /// the lowest numbers and an item that failed, and counts the other items.
    fn children(
        &mut self,
        children: &Children,
        total: Option<u64>,
        at_work: bool,
    ) -> ChildrenReading {
        let steps = children.planned();
        let items = ListedItems::of(children);
        let mut reading = ChildrenReading {
            listed: Vec::with_capacity(steps.len() + items.count),
            more: 0,
            live: Work::default(),
        };
        let mut has_active = false;
        for (index, (slot, details)) in children.slots.iter().zip(&children.details).enumerate() {
            let step = steps.get(index);
            let is_active = slot.status.is_active();
            let is_listed = is_active && details.number() <= items.last;
            let value = if is_listed || step.is_some() || children.is_failed_item(index) {
                // A snapshot of a step is large: it is filled in where it lies.
                reading.listed.push(self.record(slot, details, step, total));
                match reading.listed.last_mut() {
                    Some(child) => {
                        let value = self.fill(child, slot, details, step, at_work);
                        self.room.list(details, &mut child.children, &mut child.more);
                        value
                    }
                    None => 0,
                }
            } else if is_active {
                reading.more += 1;
                self.skim(slot, at_work)
            } else {
                continue;
            };
            if is_active {
                has_active = true;
                reading.live += Work::part(slot.units, value);
            }
        }
        if at_work && !has_active {
            self.latest.offer_ended(children);
        }
        // Slots are used again, so a later item may stand before an earlier one.
        let number = |item: &StepSnapshot| (item.id.len(), item.id.clone());
        let items = reading.listed.get_mut(steps.len()..).unwrap_or_default();
        if !items.is_sorted_by_key(number) {
            items.sort_by_cached_key(number);
        }
        reading
    }

    /// Fills in what lies below a child that is listed, and returns its value.
    fn fill(
        &mut self,
        child: &mut StepSnapshot,
        slot: &Slot,
        details: &Details,
        step: Option<&PlanStep>,
        at_work: bool,
    ) -> u64 {
        let is_live = slot.status.is_active();
        let is_at_work = at_work && is_live;
        if is_at_work && step.is_some() {
            self.latest.offer(details.order(), MessageOf::Active, || child.title.clone());
        }
        let Some(node) = &slot.node else {
            if let Some(step) = step {
                child.children = inner_steps(slot, details, step);
            }
            return finish(child, slot, step, slot.scale.held());
        };
        if is_live && let Some(cell) = node.message() {
            let message = cell.read(0, |order, text| (order, Text::clean(text)));
            if let Some((order, text)) = message {
                if is_at_work {
                    self.latest.offer(order, MessageOf::Owner, || text.clone());
                }
                child.message = Some(text);
            }
        }
        let children = if slot.has_children { node.children() } else { None };
        let value = match &children {
            Some(children) => {
                child.total = slot.scale_with(Some(children)).own_length();
                let inner = self.children(children, child.total, is_at_work);
                (child.children, child.more) = (inner.listed, inner.more);
                if is_live {
                    let counted = slot.units(node, Some(children));
                    child.done = counted.saturating_add(children.done);
                    child.rate = details.rate(self.now, child.done);
                    child.errors = child.errors.saturating_add(children.errors);
                }
                slot.value_with(node, Some((children, inner.live)))
            }
            None => {
                if is_live {
                    child.done = slot.units(node, None);
                    child.rate = details.rate(self.now, child.done);
                }
                slot.value_with(node, None)
            }
        };
        finish(child, slot, step, value)
    }

    /// What the parent's children know of a child.
    fn record(
        &self,
        slot: &Slot,
        details: &Details,
        step: Option<&PlanStep>,
        siblings: Option<u64>,
    ) -> StepSnapshot {
        let rare = details.rare.as_deref();
        let number = |of| Text::number(details.number(), of);
        let name = details.name().map(Text::clean);
        let item = || name.clone().unwrap_or_else(|| number(siblings));
        let times = Times::of(details);
        StepSnapshot {
            id: step.map_or_else(|| number(None), |step| Text::from_static(step.id())),
            title: step.map_or_else(item, |step| title(details, step)),
            name: name.clone(),
            weight: slot.units,
            status: match slot.status {
                active if active.is_active() && self.cancelling => StepStatus::Cancelling,
                status => status,
            },
            progress: 0,
            message: rare.and_then(|rare| rare.message.clone()),
            done: rare.map_or(0, |rare| rare.done),
            total: slot.scale.own_length(),
            unit: details.unit().cloned(),
            rate: None,
            item: None,
            attempt: details.attempt(),
            attempts: rare.and_then(|rare| rare.attempts),
            error: rare.and_then(|rare| rare.error.as_deref()).map(Text::clean),
            reason: rare.and_then(|rare| rare.reason.as_deref()).map(Text::clean),
            result: rare.and_then(|rare| rare.result.clone()).filter(|_| {
                matches!(slot.status, StepStatus::Completed | StepStatus::CompletedWithErrors)
            }),
            errors: slot.errors,
            started: times.started.or_else(|| self.millis(details.started.get())),
            ended: times.ended.or_else(|| self.millis(details.ended.get())),
            earlier: times.earlier,
            job: rare.and_then(|rare| rare.job.as_ref()).map(|job| Box::new(job.snapshot())),
            children: Vec::new(),
            more: 0,
        }
    }

    /// Reads the value of a live item that is not listed, and the messages in it.
    fn skim(&mut self, slot: &Slot, at_work: bool) -> u64 {
        let Some(node) = &slot.node else { return slot.scale.held() };
        if at_work {
            self.latest.offer_owner(node);
        }
        let Some(children) = (if slot.has_children { node.children() } else { None }) else {
            return slot.value_with(node, None);
        };
        let (mut live, mut has_active) = (Work::default(), false);
        for (index, (slot, details)) in children.slots.iter().zip(&children.details).enumerate() {
            if slot.status.is_active() {
                has_active = true;
                if at_work && let Some(step) = children.planned().get(index) {
                    self.latest.offer(details.order(), MessageOf::Active, || title(details, step));
                }
                live += Work::part(slot.units, self.skim(slot, at_work));
            }
        }
        if at_work && !has_active {
            self.latest.offer_ended(&children);
        }
        slot.value_with(node, Some((&children, live)))
    }

    fn millis(&self, at: Option<Duration>) -> Option<u64> {
        at.map(|at| self.epoch.saturating_add(at.as_millis() as u64))
    }
}

/// Which items of a node are listed. Of many, those with the lowest numbers: an item that starts
/// never takes the place of another one.
struct ListedItems {
    count: usize,
    /// The highest number of a live item that is listed.
    last: u64,
}

impl ListedItems {
    fn of(children: &Children) -> Self {
        let failed = usize::from(children.has_failed_item());
        let room = MAX_CHILDREN.saturating_sub(children.planned().len() + failed);
        let live = children.live_items() as usize;
        if live <= room {
            return Self { count: live + failed, last: u64::MAX };
        }
        let items =
            children.live().map(|(_, details)| details.number()).filter(|number| *number > 0);
        let mut numbers: Vec<_> = items.collect();
        let last = match room.checked_sub(1) {
            Some(last) if last < numbers.len() => *numbers.select_nth_unstable(last).1,
            _ => 0,
        };
        Self { count: room + failed, last }
    }
}

/// Fills in what depends on the value of a child and on its children, and returns the value.
fn finish(child: &mut StepSnapshot, slot: &Slot, step: Option<&PlanStep>, value: u64) -> u64 {
    child.progress = match slot.status {
        StepStatus::Completed | StepStatus::CompletedWithErrors | StepStatus::Skipped => 10_000,
        // Only a good end shows 100 %, as for the run itself.
        _ => basis_points(value).min(9_999),
    };
    child.sum_up_children(step.and_then(PlanStep::item));
    value
}
