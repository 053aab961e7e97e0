//! Recorded runs of real workflows, to be replayed.
//!
//! A trace is a file of JSON lines, which may be compressed. The first line is a head, each further
//! one a run, oldest first. `plan` lists the steps in preorder; `ev` lists the events as
//! `[milliseconds, verb, address, number?]`, where an address is the index of a step (`7`), an item
//! of a loop (`"7#3"`), or a step in an item (`"7#3/9"`).

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use progress_runtime::__private::{Plan, PlanStep, StepList, Structure};
use serde::Deserialize;

type Error = Box<dyn std::error::Error>;

/// The runs of one workflow.
pub struct Trace {
    pub name: String,
    pub runs: Vec<Run>,
}

/// One recorded run.
pub struct Run {
    pub plan: &'static Recorded,
    pub total_ms: u64,
    pub completed: bool,
    pub events: Vec<Event>,
}

/// The plan of a recorded run, with its steps in preorder.
pub struct Recorded {
    pub plan: Plan,
    pub steps: Vec<Step>,
}

/// One step of a recorded plan.
pub struct Step {
    pub id: String,
    pub weight: u32,
    pub structure: Structure,
    pub parent: Option<usize>,
    /// The place among its siblings.
    pub index: usize,
    pub has_steps: bool,
    /// The steps of each item, as a plan of their own.
    pub item: Option<Plan>,
}

#[derive(Clone, Debug)]
pub struct Event {
    pub at_ms: u64,
    pub verb: Verb,
    pub address: Address,
    pub number: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Verb {
    #[serde(rename = "s")]
    Start,
    #[serde(rename = "e")]
    End,
    #[serde(rename = "f")]
    Fail,
    #[serde(rename = "k")]
    Skip,
    #[serde(rename = "l")]
    Length,
    #[serde(rename = "p")]
    Position,
    #[serde(rename = "i")]
    ItemStart,
    #[serde(rename = "j")]
    ItemEnd,
    #[serde(rename = "a")]
    Attempt,
}

/// A step or an item: the items that it lies in, then the step.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Address {
    /// The loops around it, with the number of the item.
    pub items: Vec<(usize, u64)>,
    /// The step; `None` for an item itself.
    pub step: Option<usize>,
}

impl Address {
    fn parse(text: &str) -> Result<Self, Error> {
        let (mut items, mut step) = (Vec::new(), None);
        for part in text.split('/') {
            match part.split_once('#') {
                Some((of, number)) => items.push((of.parse()?, number.parse()?)),
                None => step = Some(part.parse()?),
            }
        }
        Ok(Self { items, step })
    }
}

#[derive(Deserialize)]
struct RunLine {
    #[serde(rename = "T")]
    total_ms: u64,
    end: Option<String>,
    plan: Option<Vec<(String, u32, u8, i64)>>,
    ev: Vec<serde_json::Value>,
}

/// Reads all traces of a folder, in the order of their names.
pub fn read_all(folder: &Path) -> Result<Vec<Trace>, Error> {
    let entries = std::fs::read_dir(folder)
        .map_err(|error| format!("cannot read {}: {error}", folder.display()))?;
    let mut files: Vec<PathBuf> =
        entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    files.sort();
    let named = files.iter().filter_map(|file| Some((file, name_of(file)?)));
    let traces: Vec<_> = named.map(|(file, name)| read(file, name)).collect::<Result<_, _>>()?;
    if traces.is_empty() {
        return Err(
            format!("there is no NAME.jsonl or NAME.jsonl.gz in {}", folder.display()).into()
        );
    }
    Ok(traces)
}

fn name_of(file: &Path) -> Option<String> {
    let name = file.file_name()?.to_str()?;
    let name = name.strip_suffix(".gz").unwrap_or(name);
    name.strip_suffix(".jsonl").map(str::to_owned)
}

fn read(file: &Path, name: String) -> Result<Trace, Error> {
    let in_file = |error: Error| format!("{}: {error}", file.display());
    read_lines(file, &name).map(|runs| Trace { name, runs }).map_err(|error| in_file(error).into())
}

fn read_lines(file: &Path, name: &str) -> Result<Vec<Run>, Error> {
    let opened = File::open(file)?;
    let bytes: Box<dyn Read> = match file.extension().is_some_and(|ending| ending == "gz") {
        true => Box::new(GzDecoder::new(opened)),
        false => Box::new(opened),
    };
    let name: &'static str = Box::leak(name.to_owned().into_boxed_str());
    let (mut runs, mut plan) = (Vec::new(), None);
    for line in BufReader::new(bytes).lines().skip(1) {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        let run: RunLine = serde_json::from_str(&line)?;
        if let Some(nodes) = run.plan {
            plan = Some(recorded(name, &nodes)?);
        }
        let events = run.ev.iter().map(event).collect::<Result<_, _>>()?;
        runs.push(Run {
            plan: plan.ok_or("the first run has no plan")?,
            total_ms: run.total_ms,
            completed: run.end.as_deref().unwrap_or("completed") == "completed",
            events,
        });
    }
    Ok(runs)
}

fn event(value: &serde_json::Value) -> Result<Event, Error> {
    let field = |index: usize| value.get(index).ok_or("an event has too few fields");
    let address = field(2)?;
    let address = address.as_str().map_or_else(|| address.to_string(), str::to_owned);
    Ok(Event {
        at_ms: field(0)?.as_u64().ok_or("the time of an event is not a whole number")?,
        verb: Verb::deserialize(field(1)?)?,
        address: Address::parse(&address)?,
        number: value.get(3).and_then(serde_json::Value::as_u64).unwrap_or(0),
    })
}

/// Plans live as long as the program, as those of the macro do.
fn recorded(
    name: &'static str,
    nodes: &[(String, u32, u8, i64)],
) -> Result<&'static Recorded, Error> {
    let mut steps: Vec<Step> = Vec::with_capacity(nodes.len());
    for (id, weight, kind, parent) in nodes {
        let parent = usize::try_from(*parent).ok();
        let structure = match kind {
            0 => Structure::Sequence,
            1 => Structure::Each,
            2 => Structure::Concurrent,
            3 => Structure::Parallel,
            _ => return Err(format!("there is no structure {kind}").into()),
        };
        let index = steps.iter().filter(|step| step.parent == parent).count();
        if let Some(parent) = parent {
            steps.get_mut(parent).ok_or("a step stands before its parent")?.has_steps = true;
        }
        let (id, weight) = (id.clone(), (*weight).max(1));
        steps.push(Step { id, weight, structure, parent, index, has_steps: false, item: None });
    }
    for at in 0..steps.len() {
        let is_loop = matches!(steps[at].structure, Structure::Each | Structure::Concurrent);
        if is_loop && steps[at].has_steps {
            steps[at].item = Some(Plan::new(name, name, list(&steps, Some(at))));
        }
    }
    let plan = Plan::new(name, name, list(&steps, None));
    Ok(Box::leak(Box::new(Recorded { plan, steps })))
}

fn list(steps: &[Step], parent: Option<usize>) -> StepList {
    let children = steps.iter().enumerate().filter(|(_, step)| step.parent == parent);
    let children: Vec<PlanStep> = children
        .map(|(at, step)| {
            let id: &'static str = Box::leak(step.id.clone().into_boxed_str());
            PlanStep::new(id, id, step.weight)
                .with_structure(step.structure)
                .with_steps(list(steps, Some(at)))
        })
        .collect();
    StepList::new(0, Box::leak(children.into_boxed_slice()))
}
