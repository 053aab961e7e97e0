//! Small scenarios, with what the estimator must say of each.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use super::replay::{Replay, WrittenPlan, read_record, write_record};

/// The scenarios of this folder.
#[test]
fn the_estimator_says_what_the_vectors_expect() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/estimate/vectors");
    assert_eq!(check(&folder), 21);
}

/// Scenarios elsewhere, such as cuts of real runs.
#[test]
fn the_estimator_says_what_other_vectors_expect() {
    if let Some(folder) = std::env::var_os("HONESTY_VECTORS") {
        assert!(check(Path::new(&folder)) > 0);
    }
}

fn check(folder: &Path) -> usize {
    let files = std::fs::read_dir(folder).expect("the folder can be read");
    let mut files: Vec<PathBuf> = files
        .map(|file| file.expect("the folder can be read").path())
        .filter(|file| file.extension().is_some_and(|extension| extension == "json"))
        .collect();
    files.sort();
    let mut wrong = Vec::new();
    for file in &files {
        let text = std::fs::read_to_string(file).expect("a file can be read");
        let vector: Value = serde_json::from_str(&text).expect("a file is JSON");
        wrong.extend(differences(&vector));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    files.len()
}

/// Where the estimator says something else than the vector.
fn differences(vector: &Value) -> Vec<String> {
    let plan = WrittenPlan::read(&vector["plan"]);
    let history =
        vector["history"].as_array().expect("earlier runs").iter().map(read_record).collect();
    let events = vector["events"].as_array().expect("events");
    let mut replay = Replay::new(&plan, events, history, vector["host"].as_str());
    let mut wrong = Wrong { name: vector["name"].as_str().expect("a name"), list: Vec::new() };

    wrong.model(&vector["model"], &replay);
    let total = vector["T"].as_f64().expect("a time");
    let step = vector["look_every_ms"].as_f64().expect("a time");
    let mut expected = vector["expect"].as_array().expect("looks").iter().peekable();
    let mut count = 1.0;
    while count * step < total {
        let at = count * step;
        let look = replay.look(at);
        if let Some(expected) = expected.next_if(|look| look["t"].as_f64() == Some(at)) {
            let within = |part: f64, least: f64, value: &Value| {
                value.as_f64().map(|value| (value, least.max(part * value.abs())))
            };
            wrong.number(
                &format!("left at {at}"),
                Some(millis(look.left)),
                within(0.005, 20.0, &expected["left_ms"]),
            );
            wrong.number(
                &format!("shown at {at}"),
                Some((look.shown * 1e4 + 1e-9).floor()),
                expected["shown_bp"].as_f64().map(|value| (value, 2.0)),
            );
            wrong.number(
                &format!("eta at {at}"),
                look.eta.map(|eta| millis(eta.likely)),
                within(0.01, 50.0, &expected["eta_ms"]),
            );
        }
        count += 1.0;
    }
    if let Some(missed) = expected.next() {
        wrong.list.push(format!("{}: no look at {}", wrong.name, missed["t"]));
    }
    if vector["record"].is_object() {
        wrong.record(&vector["record"], &write_record(&replay.record(total)));
    }
    wrong.list
}

struct Wrong<'a> {
    name: &'a str,
    list: Vec<String>,
}

impl Wrong<'_> {
    fn number(&mut self, what: &str, got: Option<f64>, expected: Option<(f64, f64)>) {
        let is_right = match (got, expected) {
            (None, None) => true,
            (Some(got), Some((value, tolerance))) => (got - value).abs() <= tolerance,
            _ => false,
        };
        if !is_right {
            self.list.push(format!("{}: {what} is {got:?}, not {expected:?}", self.name));
        }
    }

    fn model(&mut self, model: &Value, replay: &Replay<'_>) {
        let (outline, forecast) = (&replay.estimator.outline, &replay.estimator.forecast);
        if Some(forecast.is_first) != model["first"].as_bool() {
            self.list.push(format!("{}: first is {}", self.name, forecast.is_first));
        }
        let close = |value: &Value| value.as_f64().map(|value| (value, 1e-6));
        self.number("the inertia", Some(forecast.inertia), close(&model["kappa"]));
        self.number("unlike", Some(forecast.likeness.unlike), close(&model["unlike"]));
        let foreseen = model["foreseen_ms"].as_object().expect("times by path");
        for (path, value) in foreseen {
            let step = (0..outline.len()).find(|&step| outline[step].path == *path);
            let got = step.map(|step| forecast.of(step).expected * 1000.0);
            let expected = value.as_f64().map(|value| (value, 1e-3 + 1e-6 * value));
            self.number(&format!("the time of {path}"), got, expected);
        }
    }

    fn record(&mut self, expected: &Value, got: &Value) {
        for time in ["T", "tail"] {
            let expected = expected[time].as_f64().map(|value| (value, 1.0));
            self.number(time, got[time].as_f64(), expected);
        }
        for half in 0..3 {
            let expected = expected["z"][half].as_f64().map(|value| (value, 0.002));
            self.number("a half", got["z"][half].as_f64(), expected);
        }
        let keys = |record: &Value| -> Vec<String> {
            record["steps"].as_object().expect("steps").keys().cloned().collect()
        };
        let (mut paths, mut got_paths) = (keys(expected), keys(got));
        paths.sort();
        got_paths.sort();
        if paths != got_paths {
            self.list.push(format!("{}: kept are {got_paths:?}", self.name));
        }
        for path in paths {
            let (expected, got) = (&expected["steps"][&path], &got["steps"][&path]);
            for field in 0..5 {
                let tolerance = if field < 2 { 1.0 } else { 0.0 };
                let expected = expected[field].as_f64().map(|value| (value, tolerance));
                self.number(&format!("{path}[{field}]"), got[field].as_f64(), expected);
            }
            for mark in 0..crate::estimate::MARKS.len() {
                let expected = expected[5][mark].as_f64().map(|value| (value, 2.0));
                self.number(&format!("{path} at mark {mark}"), got[5][mark].as_f64(), expected);
            }
        }
    }
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
