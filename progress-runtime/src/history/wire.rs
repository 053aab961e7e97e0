//! The line of a run: one JSON object, as `docs/history.md` describes it.
//!
//! A line may come from another program, another version or a broken disk. So each number is
//! brought into a range that the estimator can work with, and a step that makes no sense is left
//! out alone.

use std::collections::BTreeMap;
use std::io;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use crate::estimate::{Halves, MARKS, Record, StepRecord};

/// The version of the format.
const VERSION: u64 = 1;

/// The longest line, in bytes. It is half of what is read of a file, so the last line is always
/// read whole.
pub(super) const MAX_LINE: usize = 512 * 1024;

/// Ten years, in milliseconds.
const MAX_TIME: u64 = 10 * 365 * 24 * 60 * 60 * 1000;
/// The last second of the year 9999.
const MAX_DATE: u64 = 253_402_300_799;
/// The largest count: a float holds it exactly.
const MAX_COUNT: u64 = 1 << 53;
/// The logarithm of a speed, in either direction.
const MAX_SLOWNESS: f64 = 2.0;

/// A line that is a JSON object and names its version and its workflow.
pub(super) struct Line {
    key: Key,
    object: Value,
}

#[derive(Deserialize)]
struct Key {
    v: u64,
    workflow: String,
}

impl Line {
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_LINE {
            return None;
        }
        let object: Value = serde_json::from_str(text).ok()?;
        // A struct can be read from an array too.
        let key = Key::deserialize(object.as_object()?).ok()?;
        Some(Self { key, object })
    }

    /// Returns the line of a record.
    ///
    /// # Errors
    ///
    /// Returns an error if the line would be longer than [`MAX_LINE`].
    pub(super) fn write(workflow: &str, record: &Record) -> io::Result<String> {
        let line = serde_json::to_string(&Wire::new(workflow, record))?;
        if line.len() > MAX_LINE {
            let kilobytes = line.len() / 1024;
            let text = format!("it has {} steps, which need {kilobytes} kB", record.steps.len());
            return Err(io::Error::new(io::ErrorKind::InvalidData, text));
        }
        Ok(line)
    }

    pub(super) fn workflow(&self) -> &str {
        &self.key.workflow
    }

    /// What the lines of one workflow, and of one version of the format, have in common.
    pub(super) fn kind(&self) -> (u64, &str) {
        (self.key.v, &self.key.workflow)
    }

    /// Whether a later version of this crate wrote the line.
    pub(super) fn is_newer(&self) -> bool {
        self.key.v > VERSION
    }

    /// The record, if the line is of this version and not damaged.
    pub(super) fn record(&self) -> Option<Record> {
        let body = (self.key.v == VERSION).then(|| Body::deserialize(&self.object));
        let body = body?.ok().filter(|body| body.end == COMPLETED)?;
        let steps = body.steps.into_iter();
        Some(Record {
            shape: u64::from_str_radix(&body.shape, 16).ok()?,
            host: body.host,
            ended_at: whole(body.at, MAX_DATE),
            total: whole(body.total, MAX_TIME),
            tail: whole(body.tail, MAX_TIME),
            halves: body.z.as_ref().and_then(halves),
            steps: steps.filter_map(|(path, value)| Some((path, step(&value)?))).collect(),
        })
    }
}

/// The only end that is kept.
const COMPLETED: &str = "completed";

/// What is read of a line.
#[derive(Deserialize)]
struct Body {
    shape: String,
    #[serde(default)]
    host: Option<String>,
    at: f64,
    end: String,
    #[serde(rename = "T")]
    total: f64,
    #[serde(default)]
    tail: f64,
    #[serde(default)]
    z: Option<Value>,
    steps: BTreeMap<String, Value>,
}

/// A number that is at least 0 and at most `most`.
fn whole(number: f64, most: u64) -> u64 {
    number.clamp(0.0, most as f64) as u64
}

fn halves(value: &Value) -> Option<Halves> {
    let [first, one, two] = <[f64; 3]>::deserialize(value).ok()?;
    let slowness = |logarithm: f64| logarithm.clamp(-MAX_SLOWNESS, MAX_SLOWNESS);
    Some(Halves {
        first: first.clamp(0.0, 1.0),
        slowness_of_first: slowness(one),
        slowness_of_second: slowness(two),
    })
}

fn step(value: &Value) -> Option<StepRecord> {
    let [duration, lag, length, ran, skipped, rest @ ..] = value.as_array()?.as_slice() else {
        return None;
    };
    let number = |value: &Value, most| Some(whole(value.as_f64()?, most));
    Some(StepRecord {
        duration: match duration {
            Value::Null => None,
            duration => Some(number(duration, MAX_TIME)?),
        },
        lag: number(lag, MAX_TIME)?,
        length: number(length, MAX_COUNT)?,
        ran: number(ran, MAX_COUNT)?,
        skipped: number(skipped, MAX_COUNT)?,
        curve: rest.first().and_then(curve),
    })
}

/// A curve never falls and ends at 1000 at the latest.
fn curve(value: &Value) -> Option<[u16; MARKS.len()]> {
    let marks = <[f64; MARKS.len()]>::deserialize(value).ok()?;
    let mut reached = 0;
    Some(marks.map(|mark| {
        reached = reached.max(mark.clamp(0.0, 1000.0) as u16);
        reached
    }))
}

/// What is written.
#[derive(Serialize)]
struct Wire<'a> {
    v: u64,
    workflow: &'a str,
    shape: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<&'a str>,
    at: u64,
    end: &'static str,
    #[serde(rename = "T")]
    total: u64,
    tail: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    z: Option<[f64; 3]>,
    #[serde(serialize_with = "steps")]
    steps: &'a BTreeMap<String, StepRecord>,
}

#[derive(Serialize)]
struct StepWire<'a>(
    Option<u64>,
    u64,
    u64,
    u64,
    u64,
    #[serde(skip_serializing_if = "Option::is_none")] Option<&'a [u16]>,
);

impl<'a> Wire<'a> {
    fn new(workflow: &'a str, record: &'a Record) -> Self {
        let short = |number: f64| (number * 10_000.0).round() / 10_000.0;
        let halves = record.halves.map(|halves| {
            [halves.first, halves.slowness_of_first, halves.slowness_of_second].map(short)
        });
        Self {
            v: VERSION,
            workflow,
            shape: format!("{:016x}", record.shape),
            host: record.host.as_deref(),
            at: record.ended_at,
            end: COMPLETED,
            total: record.total,
            tail: record.tail,
            z: halves,
            steps: &record.steps,
        }
    }
}

fn steps<S: Serializer>(
    steps: &BTreeMap<String, StepRecord>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(steps.iter().map(|(path, step)| {
        let StepRecord { duration, lag, length, ran, skipped, curve } = step;
        let curve = curve.as_ref().map(<[u16; MARKS.len()]>::as_slice);
        (path, StepWire(*duration, *lag, *length, *ran, *skipped, curve))
    }))
}
