//! Runs that are written down as JSON, and their replay.
//!
//! A plan is a list of `[id, weight, kind, parent]` in preorder; an event is `[t, verb, address,
//! n?]`, in milliseconds since the run began. An address is the number of a step (`7`), an item of
//! a loop (`7#3`) or a step in an item (`7#3/9`). The verbs: a step (s)tarts, (e)nds well, (f)ails
//! or is s(k)ipped, the next (a)ttempt at it begins, its (l)ength or its (p)osition is n; an (i)tem
//! starts or ends (j).

use std::collections::HashMap;
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::estimate::{Estimator, Halves, Look, NodeId, Record, StepRecord};
use crate::plan::{PlanStep, StepList, Structure};

/// A plan that is read from JSON.
pub(super) struct WrittenPlan {
    pub(super) list: &'static StepList,
    /// Of each step: the step that it lies in, and its place among the steps there.
    places: Vec<(Option<usize>, usize)>,
}

impl WrittenPlan {
    pub(super) fn read(plan: &Value) -> Self {
        let steps = plan.as_array().expect("a list of steps");
        let parents: Vec<_> = steps
            .iter()
            .map(|step| usize::try_from(step[3].as_i64().expect("a number")).ok())
            .collect();
        let places = parents
            .iter()
            .enumerate()
            .map(|(step, parent)| {
                (*parent, parents[..step].iter().filter(|other| *other == parent).count())
            })
            .collect();
        Self { list: Box::leak(Box::new(list(steps, &parents, None))), places }
    }
}

fn list(steps: &[Value], parents: &[Option<usize>], parent: Option<usize>) -> StepList {
    let inside =
        (0..steps.len()).filter(|&step| parents[step] == parent).map(|step| {
            let written = &steps[step];
            let id = written[0].as_str().expect("an id").to_owned().leak();
            let structure = match written[2].as_u64() {
                Some(0) => Structure::Sequence,
                Some(1) => Structure::Each,
                Some(2) => Structure::Concurrent,
                Some(3) => Structure::Parallel,
                _ => panic!("the kind of {id}"),
            };
            let weight = written[1].as_u64().and_then(|weight| u32::try_from(weight).ok());
            PlanStep::new(id, id, weight.expect("a weight"))
                .with_structure(structure)
                .with_steps(list(steps, parents, Some(step)))
        });
    StepList::new(0, Vec::leak(inside.collect()))
}

/// A live run that is fed with written events.
pub(super) struct Replay<'a> {
    pub(super) estimator: Estimator,
    plan: &'a WrittenPlan,
    events: std::iter::Peekable<std::slice::Iter<'a, Value>>,
    nodes: HashMap<String, NodeId>,
    /// The position and the length of live leaves and loops.
    counts: HashMap<String, (f64, f64)>,
}

impl<'a> Replay<'a> {
    pub(super) fn new(
        plan: &'a WrittenPlan,
        events: &'a [Value],
        records: Vec<Record>,
        host: Option<&str>,
    ) -> Self {
        Self {
            estimator: Estimator::new(plan.list, records, host),
            plan,
            events: events.iter().peekable(),
            nodes: HashMap::new(),
            counts: HashMap::new(),
        }
    }

    /// Looks after all events up to this moment, in milliseconds.
    pub(super) fn look(&mut self, at: f64) -> Look {
        while let Some(event) =
            self.events.next_if(|event| event[0].as_f64().expect("a time") <= at)
        {
            self.apply(event);
        }
        let own: Vec<_> = self
            .counts
            .iter()
            .filter_map(|(address, (position, length))| {
                Some((*self.nodes.get(address)?, position / length))
            })
            .collect();
        self.estimator.look(Duration::from_secs_f64(at / 1000.0), &own)
    }

    /// The record of the run, once all its events are over.
    pub(super) fn record(mut self, total: f64) -> Record {
        while let Some(event) = self.events.next() {
            self.apply(event);
        }
        self.estimator.record(Duration::from_secs_f64(total / 1000.0))
    }

    fn apply(&mut self, event: &Value) {
        let at = Duration::from_secs_f64(event[0].as_f64().expect("a time") / 1000.0);
        let address = event[2].as_str().map_or_else(|| event[2].to_string(), str::to_owned);
        let (parent, index) = self.parent(&address);
        match event[1].as_str().expect("a verb") {
            "s" => {
                let node = self.estimator.start(parent, index, at).expect("a pending step");
                self.nodes.insert(address, node);
            }
            "k" => self.estimator.skip(parent, index),
            "i" => {
                let above = address.rsplit_once('#').expect("an item").0;
                let node = self.estimator.start_item(self.nodes[above], at).expect("a loop");
                self.nodes.insert(address, node);
            }
            verb @ ("e" | "f" | "j") => {
                let node = self.nodes.remove(&address).expect("a live node");
                self.counts.remove(&address);
                self.estimator.end(node, verb != "f", at);
            }
            "a" => {
                self.counts.remove(&address);
                self.estimator.restart(self.nodes[&address], at);
            }
            "l" => {
                let length = event[3].as_u64().expect("a length");
                self.estimator.set_length(self.nodes[&address], Some(length));
                self.counts.entry(address).or_default().1 = length as f64;
            }
            "p" => {
                let position = event[3].as_f64().expect("a position");
                self.counts.entry(address).or_default().0 = position;
            }
            verb => panic!("the verb {verb}"),
        }
    }

    fn parent(&self, address: &str) -> (NodeId, usize) {
        let (items, step) = match address.rsplit_once('/') {
            Some((item, step)) => (Some(item), step),
            None => (None, address),
        };
        let Ok(step) = step.parse::<usize>() else { return (NodeId::ROOT, 0) };
        let (parent, index) = self.plan.places[step];
        let Some(parent) = parent else { return (NodeId::ROOT, index) };
        let plain = parent.to_string();
        let in_item = items.map(|item| format!("{item}/{plain}"));
        let parent = in_item
            .and_then(|address| self.nodes.get(&address))
            .or_else(|| self.nodes.get(items.unwrap_or(&plain)))
            .copied();
        (parent.expect("the parent is live"), index)
    }
}

/// Reads a record as it is written in a history file.
pub(super) fn read_record(written: &Value) -> Record {
    let steps = written["steps"].as_object().expect("steps");
    let number = |value: &Value| value.as_u64().expect("a number");
    Record {
        host: written["host"].as_str().map(str::to_owned),
        total: number(&written["T"]),
        tail: written["tail"].as_u64().unwrap_or(0),
        halves: written["z"].as_array().map(|halves| Halves {
            first: halves[0].as_f64().expect("a number"),
            slowness_of_first: halves[1].as_f64().expect("a number"),
            slowness_of_second: halves[2].as_f64().expect("a number"),
        }),
        steps: steps
            .iter()
            .map(|(path, step)| {
                let step = StepRecord {
                    duration: step[0].as_u64(),
                    lag: number(&step[1]),
                    length: number(&step[2]),
                    ran: number(&step[3]),
                    skipped: number(&step[4]),
                    curve: step.get(5).map(|curve| {
                        std::array::from_fn(|mark| {
                            u16::try_from(number(&curve[mark])).expect("thousandths")
                        })
                    }),
                };
                (path.clone(), step)
            })
            .collect(),
        ..Record::default()
    }
}

/// Writes a record as a history file has it.
pub(super) fn write_record(record: &Record) -> Value {
    let steps: Map<String, Value> = record
        .steps
        .iter()
        .map(|(path, step)| {
            let mut written =
                vec![json!(step.duration), json!(step.lag), json!(step.length), json!(step.ran)];
            written.push(json!(step.skipped));
            written.extend(step.curve.map(|curve| json!(curve)));
            (path.clone(), Value::Array(written))
        })
        .collect();
    let mut written = json!({ "T": record.total, "tail": record.tail, "steps": steps });
    if let Some(halves) = record.halves {
        written["z"] = json!([halves.first, halves.slowness_of_first, halves.slowness_of_second]);
    }
    written
}
