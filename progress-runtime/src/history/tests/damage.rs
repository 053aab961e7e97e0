//! Each kind of damage costs only the line, or the step, that it is in.

use std::fs;

use proptest::prelude::*;
use tempfile::tempdir;

use super::{History, HistoryStore, numbers, record, warnings_of};
use crate::estimate::{Halves, Record, StepRecord};
use crate::history::wire::Line;

fn line(number: u64) -> Vec<u8> {
    Line::write("import", &record(number, 2)).unwrap().into_bytes()
}

/// A valid line with one text replaced by another.
fn changed(from: &str, to: &str) -> Vec<u8> {
    let valid = String::from_utf8(line(9)).unwrap();
    assert!(valid.contains(from), "{valid}");
    valid.replace(from, to).into_bytes()
}

#[test]
fn a_damaged_line_is_skipped_with_one_warning() {
    let half = line(9)[..60].to_vec();
    let glued = [half.clone(), line(9)].concat();
    let deep = "[".repeat(100_000);
    for damaged in [
        b"2026-01-01 INFO another program".to_vec(),
        half,
        glued,
        b"{}".to_vec(),
        b"null".to_vec(),
        b"[1,\"import\"]".to_vec(),
        b"\"import\"".to_vec(),
        vec![0; 4096],
        [b"\0".to_vec(), line(9)].concat(),
        b"\xff\xfe{\0".to_vec(),
        changed("a3f0", "a\u{0}3"),
        [b"{\"v\":1,\"workflow\":\"import\xc3\"".to_vec(), line(9)[24..].to_vec()].concat(),
        vec![b'x'; 700_000],
        changed("import\",", &format!("import\",\"other\":\"{}\",", "x".repeat(600_000))),
        changed("import\",", &format!("import\",\"other\":{deep},")),
        changed("\"v\":1", "\"v\":0"),
        changed("\"v\":1", "\"v\":-1"),
        changed("\"v\":1,", ""),
        changed("\"workflow\":\"import\",", ""),
        changed("\"import\"", "7"),
        changed("completed", "failed"),
        changed("5b24df078ef29c52", "shape"),
        changed("95000", "1e999"),
        changed("95000", "\"long\""),
        changed("95000", "null"),
        changed("\"steps\":{", "\"steps\":1,\"s\":{"),
    ] {
        let folder = tempdir().unwrap();
        let path = folder.path().join("history.jsonl");
        let shown = String::from_utf8_lossy(&damaged[..damaged.len().min(80)]).into_owned();
        fs::write(&path, [line(1), damaged, line(2), Vec::new()].join(&b'\n')).unwrap();

        let history = History::file(&path);
        let (found, warnings) = warnings_of(|| numbers(&history, "import"));
        assert_eq!(found, [1, 2], "{shown}");
        assert_eq!(
            warnings,
            ["the history of `import` has 1 damaged line, which is skipped"],
            "{shown}"
        );

        let ((), warnings) = warnings_of(|| history.append("import", &record(3, 2)));
        assert_eq!(warnings, [""; 0], "{shown}");
        assert_eq!(warnings_of(|| numbers(&history, "import")).0, [1, 2, 3], "{shown}");
    }
}

#[test]
fn a_line_of_a_newer_version_is_no_damage() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("history.jsonl");
    let newer = changed("\"v\":1", "\"v\":2");
    fs::write(&path, [line(1), newer, line(2), Vec::new()].join(&b'\n')).unwrap();
    let (found, warnings) = warnings_of(|| numbers(&History::file(&path), "import"));
    assert_eq!((found, warnings), (vec![1, 2], Vec::new()));
}

#[test]
fn a_file_that_was_something_else_loses_nothing() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("notes");
    let notes = [vec![0xff; 200_000], vec![b'\n'], vec![b'n'; 200_000]].concat();
    fs::write(&path, &notes).unwrap();
    let history = History::file(&path);
    for number in 0..1_000 {
        history.append("import", &record(number, 10));
    }
    assert!(fs::read(&path).unwrap().starts_with(&notes));
    let (found, _) = warnings_of(|| numbers(&history, "import"));
    assert_eq!(found, (990..1_000).collect::<Vec<_>>());
}

#[test]
fn many_damaged_lines_are_one_warning() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("history.jsonl");
    fs::write(&path, "one\n\n\r\ntwo\nthree\n").unwrap();
    let (found, warnings) = warnings_of(|| numbers(&History::file(&path), "import"));
    assert_eq!(found, [0; 0]);
    assert_eq!(warnings, ["the history of `import` has 3 damaged lines, which are skipped"]);
}

#[test]
fn a_line_of_a_megabyte_hides_what_is_before_it_until_the_file_is_compacted() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("history.jsonl");
    let huge = vec![b'x'; 1 << 20];
    fs::write(&path, [line(1), huge, line(2), Vec::new()].join(&b'\n')).unwrap();
    let history = History::file(&path);
    assert_eq!(warnings_of(|| numbers(&history, "import")).0, [2]);
    history.append("import", &record(3, 2));
    assert_eq!(numbers(&history, "import"), [1, 2, 3]);
}

#[test]
fn a_half_line_at_the_end_does_not_damage_the_next_one() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("history.jsonl");
    fs::write(&path, [line(1), line(2)[..50].to_vec()].join(&b'\n')).unwrap();
    let history = History::file(&path);
    history.append("import", &record(3, 2));
    assert_eq!(warnings_of(|| numbers(&history, "import")).0, [1, 3]);
}

#[test]
fn lines_of_other_workflows_are_no_damage() {
    let history = History::with_store(Lines(vec![
        "{\"v\":2,\"workflow\":\"export\",\"new\":true}".to_owned(),
        "{\"v\":1,\"workflow\":\"export\"}".to_owned(),
    ]));
    let (found, warnings) = warnings_of(|| numbers(&history, "import"));
    assert_eq!((found, warnings), (vec![], vec![]));
}

/// A store with these lines.
struct Lines(Vec<String>);

impl HistoryStore for Lines {
    fn read(&self, _: &str) -> std::io::Result<Vec<String>> {
        Ok(self.0.clone())
    }

    fn append(&self, _: &str, _: &str) -> std::io::Result<()> {
        Ok(())
    }
}

fn read(line: &str) -> Option<Record> {
    Line::parse(line).and_then(|line| line.record())
}

#[test]
fn numbers_are_brought_into_a_range_that_makes_sense() {
    let record = read(
        r#"{"v":1,"workflow":"import","unknown":[],"shape":"0","at":-5,"end":"completed",
        "T":1e300,"tail":-0.5,"z":[7,-1e9,3],"steps":{
        "a":[-1,1e30,-7,1e30,-0.5,[5,4,-3,2000,1e9,0,0,0,0,0]],
        "b":[null,1.9,2,3,4,[1,2,3]],
        "c":[5,0,0,1,0,"curve","more"]}}"#,
    )
    .unwrap();
    let ten_years = 315_360_000_000;
    assert_eq!((record.ended_at, record.total, record.tail), (0, ten_years, 0));
    assert_eq!(
        record.halves,
        Some(Halves { first: 1.0, slowness_of_first: -2.0, slowness_of_second: 2.0 })
    );
    assert_eq!(
        record.steps["a"],
        StepRecord {
            duration: Some(0),
            lag: ten_years,
            length: 0,
            ran: 1 << 53,
            skipped: 0,
            curve: Some([5, 5, 5, 1000, 1000, 1000, 1000, 1000, 1000, 1000]),
        }
    );
    let b = StepRecord { lag: 1, length: 2, ran: 3, skipped: 4, ..StepRecord::default() };
    assert_eq!(record.steps["b"], b);
    let c = StepRecord { duration: Some(5), ran: 1, ..StepRecord::default() };
    assert_eq!(record.steps["c"], c);
}

#[test]
fn a_step_that_makes_no_sense_costs_only_itself() {
    let record = read(
        r#"{"v":1,"workflow":"import","shape":"0","host":null,"at":0,"end":"completed","T":1,
        "z":"fast","steps":{"a":[1,0,0,1,0],"b":[1,0,0,1],"c":"x","d":[1,"0",0,1,0],"e":{},
        "f":[true,0,0,1,0]}}"#,
    )
    .unwrap();
    assert_eq!(record.steps.keys().collect::<Vec<_>>(), ["a"]);
    assert_eq!(record.halves, None);
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>, cut in 0..400_usize, at in 0..400_usize) {
        let mut damaged = line(1);
        damaged.truncate(damaged.len().saturating_sub(cut));
        let at = at.min(damaged.len());
        damaged.splice(at..at, bytes.iter().copied());
        let folder = tempdir().unwrap();
        let path = folder.path().join("history.jsonl");
        fs::write(&path, [damaged, line(2), Vec::new()].join(&b'\n')).unwrap();
        let (found, _) = warnings_of(|| numbers(&History::file(&path), "import"));
        prop_assert_eq!(found.last(), Some(&2));
    }

    #[test]
    fn any_record_is_read_as_it_was_written(
        shape: u64,
        times in proptest::array::uniform3(0..=253_402_300_799_u64),
        curve in proptest::array::uniform10(0..=1000_u16),
        duration: Option<u32>,
        counts in proptest::array::uniform3(0..1_u64 << 53),
        path: String,
    ) {
        let mut curve = curve;
        curve.sort_unstable();
        let [length, ran, skipped] = counts;
        let step = StepRecord {
            duration: duration.map(u64::from),
            lag: times[0],
            length,
            ran,
            skipped,
            curve: Some(curve),
        };
        let record = Record {
            shape,
            host: None,
            ended_at: times[1],
            total: times[2],
            tail: times[0],
            halves: None,
            steps: [(path, step)].into(),
        };
        let line = Line::write("import", &record).unwrap();
        prop_assert!(!line.contains('\n'));
        prop_assert_eq!(read(&line), Some(record));
    }
}
