use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use super::JsonLines;
use crate::reporter::{Reporter, Update, UpdateKind};
use crate::snapshot::sample::{run, step};
use crate::snapshot::{JobSnapshot, Snapshot};
use crate::{RunStatus, StepStatus};

/// A snapshot in version 1 of the wire form.
const WIRE: &str = concat!(
    r#"{"v":1,"run":"r","seq":381,"now":1756500000000,"workflow":"process_new_scenes","#,
    r#""title":"Process new scenes","status":"running","progress":4817,"plan_done":4817,"#,
    r#""step":{"current":4,"total":6},"message":"batch 3 of 7","started":0,"ended":null,"#,
    r#""eta_ms":340000,"cancellable":true,"errors":1,"steps":[{"id":"analyze","#,
    r#""title":"Analyze scenes","weight":35,"status":"running","progress":3742,"#,
    r#""message":"batch 3 of 7","done":2,"total":7,"attempt":1,"error":null,"#,
    r#""started":0,"ended":null,"children":[]}]}"#,
);

#[test]
fn the_wire_form_is_that_of_version_1() {
    let snapshot: Snapshot = serde_json::from_str(WIRE).unwrap();
    assert_eq!(snapshot.steps[0].status, StepStatus::Running);
    assert_eq!(snapshot.to_json(), WIRE);
}

#[test]
fn optional_fields_are_sent_and_read_back() {
    let mut snapshot = run(5_000, RunStatus::Failed, 4_817);
    snapshot.error = Some("no route".into());
    let mut fetch = step("fetch", "Fetch", StepStatus::Failed, 1_000);
    fetch.attempts = Some(3);
    fetch.more = 7;
    fetch.reason = Some("why".into());
    fetch.job = Some(Box::new(JobSnapshot { id: "17".into(), kind: "scan".into(), attempt: None }));
    snapshot.steps = vec![fetch];

    let json = snapshot.to_json();
    for field in [
        r#""errors":0,"error":"no route","steps":["#,
        r#""attempt":1,"attempts":3,"error":null,"reason":"why","started":1000"#,
        r#""job":{"id":"17","kind":"scan"},"children":[],"more":7}"#,
    ] {
        assert!(json.contains(field), "{field} in {json}");
    }
    assert_eq!(serde_json::from_str::<Snapshot>(&json).unwrap(), snapshot);
}

#[test]
fn fields_of_a_later_version_are_ignored() {
    let later = WIRE
        .replace(r#""title":"#, r#""colour":{"of":["it",1]},"title":"#)
        .replace(r#""current":"#, r#""depth":2,"current":"#);
    assert_eq!(
        serde_json::from_str::<Snapshot>(&later).unwrap(),
        serde_json::from_str::<Snapshot>(WIRE).unwrap()
    );
}

#[derive(Clone, Default)]
struct Calls(Arc<Mutex<Vec<String>>>);

impl Write for Calls {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().push(String::from_utf8(bytes.to_vec()).unwrap());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.lock().unwrap().push("flush".to_owned());
        Ok(())
    }
}

#[test]
fn each_update_is_a_line_that_is_flushed() {
    let calls = Calls::default();
    let mut reporter = JsonLines::new(calls.clone());
    let snapshot = Arc::new(run(5_000, RunStatus::Running, 10));
    let source = || Arc::clone(&snapshot);
    reporter.report(&Update::new(UpdateKind::Attached, &source)).unwrap();
    reporter.report(&Update::new(UpdateKind::Progress, &source)).unwrap();

    let line = format!("{}\n", snapshot.to_json());
    assert_eq!(*calls.0.lock().unwrap(), [&line, "flush", &line, "flush"]);
}
