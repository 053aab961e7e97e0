//! The steps that a run may have: those of its plan, and those of the workflows that have taken
//! over the share of one of its steps.

use std::ops::{Index, Range};

use crate::plan::{PlanStep, StepList, Structure};

/// Workflows that call themselves are followed this deep. Below that a step stays one piece.
const MAX_DEPTH: usize = 48;

/// An outline has at most this many steps. A plan of one workflow has some hundred at most; only
/// the calls of a workflow that calls itself could go beyond.
const MAX_STEPS: usize = 20_000;

/// The place of a step in an [`Outline`].
pub(super) type StepIndex = usize;

/// All steps, each after the one that it lies in. The steps of a list follow each other.
#[derive(Debug)]
pub(super) struct Outline {
    list: &'static StepList,
    top: Range<StepIndex>,
    steps: Vec<OutlineStep>,
    /// What is timed as one: leaves and loops that do not lie inside a loop.
    units: Vec<StepIndex>,
}

/// One step of an outline.
#[derive(Debug)]
pub(super) struct OutlineStep {
    /// The ids from the outermost step to this one, joined by `/`. `*` is an item of a loop.
    pub(super) path: String,
    pub(super) weight: f64,
    pub(super) structure: Structure,
    pub(super) parent: Option<StepIndex>,
    pub(super) children: Range<StepIndex>,
    pub(super) is_in_loop: bool,
    /// Whether the step belongs to a workflow that took over the share of another step.
    pub(super) is_added: bool,
    list: &'static StepList,
    depth: usize,
}

impl OutlineStep {
    pub(super) fn is_loop(&self) -> bool {
        matches!(self.structure, Structure::Each | Structure::Concurrent)
    }

    /// Whether the step's time is not that of its inner steps.
    pub(super) fn is_unit(&self) -> bool {
        self.children.is_empty() || self.is_loop()
    }
}

/// What comes of a workflow that takes over a share.
pub(super) enum TakenOver {
    /// Its steps are new.
    New(Range<StepIndex>),
    /// The steps of this place are these already.
    Known,
    /// The place has other steps, or the outline is full.
    Refused,
}

impl Outline {
    pub(super) fn new(list: &'static StepList) -> Self {
        let mut outline = Self { list, top: 0..0, steps: Vec::new(), units: Vec::new() };
        outline.top = outline.add(list, None, false);
        outline.units = (0..outline.len()).filter(|&step| outline.counts(step)).collect();
        outline
    }

    pub(super) fn len(&self) -> usize {
        self.steps.len()
    }

    pub(super) fn units(&self) -> &[StepIndex] {
        &self.units
    }

    /// The steps in `place`, or the outermost ones.
    pub(super) fn children(&self, place: Option<StepIndex>) -> Range<StepIndex> {
        place.map_or(&self.top, |step| &self.steps[step].children).clone()
    }

    /// Whether the steps in `place` run at the same time.
    pub(super) fn is_parallel(&self, place: Option<StepIndex>) -> bool {
        place.is_some_and(|step| self.steps[step].structure == Structure::Parallel)
    }

    /// Whether the step is timed as one, and is no part of what is.
    pub(super) fn counts(&self, step: StepIndex) -> bool {
        self.steps[step].is_unit() && !self.steps[step].is_in_loop
    }

    /// A workflow with the steps of `list` takes over the share of a step, or of an item of a loop.
    pub(super) fn take_over(
        &mut self,
        place: Option<StepIndex>,
        list: &'static StepList,
    ) -> TakenOver {
        if !self.children(place).is_empty() {
            let own = place.map_or(self.list, |step| self.steps[step].list);
            return if is_same(own, list) { TakenOver::Known } else { TakenOver::Refused };
        }
        let Some(step) = place.filter(|&step| self.has_room(step, list)) else {
            return TakenOver::Refused;
        };
        let counted = self.counts(step);
        let first = self.len();
        self.steps[step].children = self.add(list, place, true);
        self.steps[step].list = list;
        if counted && !self.counts(step) {
            self.units.retain(|&unit| unit != step);
        }
        let added = first..self.len();
        let counting: Vec<_> = added.clone().filter(|&step| self.counts(step)).collect();
        self.units.extend(counting);
        TakenOver::New(added)
    }

    fn has_room(&self, step: StepIndex, list: &StepList) -> bool {
        !list.steps().is_empty() && self.steps[step].depth < MAX_DEPTH && self.len() < MAX_STEPS
    }

    fn add(
        &mut self,
        list: &'static StepList,
        parent: Option<StepIndex>,
        is_added: bool,
    ) -> Range<StepIndex> {
        let (prefix, is_in_loop, depth) = match parent.map(|step| &self.steps[step]) {
            None => (String::new(), false, 0),
            Some(above) if above.is_loop() => (format!("{}/*/", above.path), true, above.depth + 1),
            Some(above) => (format!("{}/", above.path), above.is_in_loop, above.depth + 1),
        };
        let first = self.len();
        self.steps.extend(list.steps().iter().map(|step| OutlineStep {
            path: format!("{prefix}{}", step.id()),
            weight: f64::from(step.weight().max(1)),
            structure: step.structure(),
            parent,
            children: 0..0,
            is_in_loop,
            is_added,
            list: step.list(),
            depth,
        }));
        let added = first..self.len();
        for (step, planned) in added.clone().zip(list.steps()) {
            self.steps[step].children = self.add(planned.list(), Some(step), is_added);
        }
        added
    }
}

impl Index<StepIndex> for Outline {
    type Output = OutlineStep;

    fn index(&self, step: StepIndex) -> &OutlineStep {
        &self.steps[step]
    }
}

/// Whether two lists are those of one workflow: a generic one may have several lists.
fn is_same(one: &'static StepList, other: &'static StepList) -> bool {
    let is_same_step = |(one, other): (&'static PlanStep, &'static PlanStep)| {
        one.id() == other.id()
            && one.structure() == other.structure()
            && is_same(one.list(), other.list())
    };
    std::ptr::eq(one, other)
        || one.steps().len() == other.steps().len()
            && one.steps().iter().zip(other.steps()).all(is_same_step)
}
