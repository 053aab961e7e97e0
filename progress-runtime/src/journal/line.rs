//! The lines of a journal: JSON objects, as `docs/resume.md` describes them.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::JournalError;
use crate::plan::{Plan, StepList};
use crate::tree::EndedStep;

/// The version of the format.
const VERSION: u32 = 1;

/// The plan that wrote the lines behind it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(super) struct PlanLine {
    v: u32,
    pub(super) workflow: String,
    /// The path of the step that the workflow runs in; empty for the root.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) within: String,
    shape: String,
    /// The paths of all steps.
    plan: Vec<String>,
    /// A hash of the inputs, if the run said what they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    inputs: Option<String>,
}

/// A step, or an item of a loop, that has ended well.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct StepLine {
    step: String,
    /// `completed`, `completed_with_errors` or `skipped`.
    status: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    started: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ended: Option<u64>,
    #[serde(default, skip_serializing_if = "is_zero")]
    done: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    total: Option<u64>,
    #[serde(default, skip_serializing_if = "is_zero")]
    errors: u64,
    #[serde(default, skip_serializing_if = "is_zero")]
    attempt: u64,
    shown: u16,
    elapsed: u64,
    /// Left out where it is `null`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value: Option<Box<RawValue>>,
}

/// How far the run had come.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
pub(super) struct Place {
    /// The number that was shown last, in basis points.
    pub(super) shown: u16,
    /// How long the run had been at work, in milliseconds.
    pub(super) elapsed: u64,
}

/// A process that goes on with the run.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub(super) struct ResumedLine {
    /// How many times the run has been resumed.
    pub(super) resumed: u32,
    /// When, in milliseconds since the epoch.
    pub(super) at: u64,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// A step that has ended well, with its value.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) step: EndedStep,
    value: Option<Box<RawValue>>,
}

impl Record {
    pub(super) fn new(step: EndedStep, value: Option<Box<RawValue>>) -> Self {
        Self { step, value: value.filter(|value| value.get() != "null") }
    }

    /// The value, as JSON.
    pub(super) fn value(&self) -> &str {
        self.value.as_ref().map_or("null", |value| value.get())
    }

    pub(super) fn into_line(self, path: &str, place: Place) -> StepLine {
        let step = self.step;
        StepLine {
            step: path.to_owned(),
            status: step.status.as_str().to_owned(),
            title: step.title,
            reason: step.reason,
            message: step.message,
            started: step.started,
            ended: step.ended,
            done: step.done,
            total: step.total,
            errors: step.errors.into(),
            attempt: step.attempt.into(),
            shown: place.shown,
            elapsed: place.elapsed,
            value: self.value,
        }
    }
}

impl StepLine {
    fn into_record(self) -> Result<(String, Record), String> {
        let status = self.status.parse().map_err(|error| format!("{error}"))?;
        let count = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        let step = EndedStep {
            status,
            title: self.title,
            reason: self.reason,
            message: self.message,
            started: self.started,
            ended: self.ended,
            done: self.done,
            total: self.total,
            errors: count(self.errors),
            attempt: count(self.attempt),
        };
        Ok((self.step, Record { step, value: self.value }))
    }
}

impl PlanLine {
    pub(super) fn new(plan: &Plan, within: &str, inputs: Option<&str>) -> Self {
        let mut steps = Vec::new();
        paths(plan.list(), "", &mut steps);
        Self {
            v: VERSION,
            workflow: plan.name().to_owned(),
            within: within.to_owned(),
            shape: format!("{:016x}", plan.shape_hash()),
            plan: steps,
            inputs: inputs.map(str::to_owned),
        }
    }

    /// Whether a workflow with this plan can go on with what the other one has recorded.
    ///
    /// # Errors
    ///
    /// Returns what has changed.
    pub(super) fn fits(&self, recorded: &Self) -> Result<(), JournalError> {
        if (&self.workflow, &self.shape) == (&recorded.workflow, &recorded.shape) {
            return Ok(());
        }
        let but_for = |steps: &[String], others: &[String]| {
            steps.iter().filter(|step| !others.contains(step)).cloned().collect()
        };
        Err(JournalError::ChangedPlan {
            workflow: self.workflow.clone(),
            recorded: recorded.workflow.clone(),
            new: but_for(&self.plan, &recorded.plan),
            gone: but_for(&recorded.plan, &self.plan),
        })
    }
}

fn paths(list: &StepList, above: &str, found: &mut Vec<String>) {
    for step in list.steps() {
        let path = match above {
            "" => step.id().to_owned(),
            above => format!("{above}/{}", step.id()),
        };
        paths(step.list(), &path, found);
        found.push(path);
    }
}

/// The text of a line. Writing fails only for values that are no JSON, and these are JSON already.
pub(super) fn text(line: &impl Serialize) -> String {
    serde_json::to_string(line).unwrap_or_default()
}

/// All that is known of an earlier process.
#[derive(Debug, Default)]
pub(super) struct Recalled {
    /// The latest plan of each workflow, by the path of the step that it ran in.
    pub(super) plans: HashMap<String, PlanLine>,
    pub(super) steps: HashMap<String, Record>,
    pub(super) place: Place,
    pub(super) resumed: u32,
}

impl Recalled {
    /// Reads lines.
    ///
    /// # Errors
    ///
    /// Returns the number of the first line that is not understood, from 1, and why.
    pub(super) fn parse(lines: &[String]) -> Result<Self, (usize, String)> {
        let mut recalled = Self::default();
        for (index, line) in lines.iter().enumerate() {
            recalled.add(line).map_err(|text| (index + 1, text))?;
        }
        Ok(recalled)
    }

    /// The hash of the inputs.
    pub(super) fn inputs(&self) -> Option<&String> {
        self.plans.get("")?.inputs.as_ref()
    }

    fn add(&mut self, line: &str) -> Result<(), String> {
        /// Which line it is shows in its first member.
        fn read<'a, T: Deserialize<'a>>(line: &'a str) -> Result<T, String> {
            serde_json::from_str(line).map_err(|error| error.to_string())
        }
        if line.starts_with("{\"step\"") {
            let line: StepLine = read(line)?;
            self.reach(Place { shown: line.shown, elapsed: line.elapsed });
            let (path, record) = line.into_record()?;
            self.steps.insert(path, record);
        } else if line.starts_with("{\"shown\"") {
            self.reach(read(line)?);
        } else if line.starts_with("{\"resumed\"") {
            self.resumed = read::<ResumedLine>(line)?.resumed;
        } else {
            let plan: PlanLine = read(line)?;
            if plan.v != VERSION {
                return Err(format!("it has the version {}, not {VERSION}", plan.v));
            }
            self.plans.insert(plan.within.clone(), plan);
        }
        Ok(())
    }

    fn reach(&mut self, place: Place) {
        self.place.shown = self.place.shown.max(place.shown);
        self.place.elapsed = self.place.elapsed.max(place.elapsed);
    }
}
