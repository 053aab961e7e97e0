//! What a history keeps, whatever happens to it.

mod damage;
mod files;
mod processes;

use std::cell::RefCell;
use std::path::Path;
use std::sync::Once;
use std::{fs, io};

use super::wire::Line;
use super::{History, HistoryError, HistoryStore};
use crate::estimate::{Halves, Record, StepRecord};

struct Logger;

thread_local!(static WARNINGS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) });

impl log::Log for Logger {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        metadata.level() == log::Level::Warn
    }

    fn log(&self, record: &log::Record<'_>) {
        if self.enabled(record.metadata()) {
            WARNINGS.with_borrow_mut(|warnings| warnings.push(record.args().to_string()));
        }
    }

    fn flush(&self) {}
}

/// The value of `work`, and the warnings that it logs on this thread.
fn warnings_of<R>(work: impl FnOnce() -> R) -> (R, Vec<String>) {
    static SET: Once = Once::new();
    SET.call_once(|| {
        log::set_logger(&Logger).unwrap();
        log::set_max_level(log::LevelFilter::Warn);
    });
    WARNINGS.take();
    (work(), WARNINGS.take())
}

/// A record that the number tells from others, with so many steps.
fn record(number: u64, steps: usize) -> Record {
    let step = StepRecord {
        duration: Some(20_000 + number),
        lag: 3,
        length: 40,
        ran: 1,
        skipped: 0,
        curve: Some([110, 220, 330, 440, 550, 660, 880, 900, 950, 1000]),
    };
    Record {
        shape: 0x5b24_df07_8ef2_9c52,
        host: Some("a3f0".to_owned()),
        ended_at: 1_756_500_000 + number,
        total: 95_000,
        tail: 12,
        halves: Some(Halves { first: 0.41, slowness_of_first: 0.08, slowness_of_second: -0.05 }),
        steps: (0..steps).map(|at| (format!("batches/*/step-{at}"), step.clone())).collect(),
    }
}

/// The numbers of the records of a workflow.
fn numbers(history: &History, workflow: &str) -> Vec<u64> {
    let records = history.records(workflow);
    records.iter().map(|record| record.ended_at - 1_756_500_000).collect()
}

/// The history of a file holds these records of `import`, and has nothing to warn of.
#[track_caller]
fn assert_holds(path: &Path, wanted: &[u64]) {
    let (found, warnings) = warnings_of(|| numbers(&History::file(path), "import"));
    assert_eq!(found, wanted);
    assert_eq!(warnings, [""; 0]);
}

#[test]
fn a_record_is_read_as_it_was_written() {
    let history = History::in_memory();
    let plain = Record { total: 3, steps: record(0, 2).steps, ..Record::default() };
    let mut skipped = record(1, 3);
    skipped.steps.insert("never".to_owned(), StepRecord { skipped: 4, ..StepRecord::default() });
    for record in [&plain, &skipped] {
        history.append("import", record);
    }
    assert_eq!(history.records("import"), [plain, skipped]);
}

#[test]
fn the_last_ten_of_each_workflow_are_read() {
    let history = History::in_memory();
    for number in 0..25 {
        history.append("import", &record(number, 1));
        history.append("export", &record(100 + number, 1));
    }
    assert_eq!(numbers(&history, "import"), (15..25).collect::<Vec<_>>());
    assert_eq!(numbers(&history, "export"), (115..125).collect::<Vec<_>>());
    assert_eq!(numbers(&history, "other"), [0; 0]);
}

#[test]
fn a_record_holds_hashes_times_and_counts_alone() {
    struct Shown;
    impl HistoryStore for Shown {
        fn read(&self, _: &str) -> io::Result<Vec<String>> {
            Ok(Vec::new())
        }

        fn append(&self, workflow: &str, line: &str) -> io::Result<()> {
            assert_eq!(workflow, "import");
            assert_eq!(
                line,
                "{\"v\":1,\"workflow\":\"import\",\"shape\":\"5b24df078ef29c52\",\"host\":\"a3f0\",\
                 \"at\":1756500000,\"end\":\"completed\",\"T\":95000,\"tail\":12,\
                 \"z\":[0.41,0.08,-0.05],\"steps\":{\"batches/*/step-0\":[20000,3,40,1,0,\
                 [110,220,330,440,550,660,880,900,950,1000]]}}"
            );
            Ok(())
        }
    }
    let history = History::with_store(Shown);
    let ((), warnings) = warnings_of(|| history.append("import", &record(0, 1)));
    assert_eq!(warnings, [""; 0]);
}

#[test]
fn the_documented_line_is_read() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/history.md");
    let page = fs::read_to_string(path).unwrap();
    let (_, rest) = page.split_once("```json\n").unwrap();
    let (example, _) = rest.split_once("```").unwrap();
    let record = Line::parse(example).and_then(|line| line.record()).unwrap();
    assert_eq!((record.host.as_deref(), record.total), (Some("a3f0"), 95_000));
    assert_eq!(record.halves.map(|halves| halves.first), Some(0.41));
    assert!(record.steps["fetch"].curve.is_some());
    let apply = StepRecord { duration: Some(3_000), ran: 5, skipped: 3, ..StepRecord::default() };
    assert_eq!(record.steps["batches/*/apply"], apply);
}

#[test]
fn a_store_that_fails_or_panics_is_logged_and_the_run_goes_on() {
    struct Broken;
    impl HistoryStore for Broken {
        fn read(&self, _: &str) -> io::Result<Vec<String>> {
            panic!("no table")
        }

        fn append(&self, workflow: &str, _: &str) -> io::Result<()> {
            if workflow == "panics" {
                panic!("no table");
            }
            Err(io::Error::other("the database is locked"))
        }
    }
    let history = History::with_store(Broken);
    let (records, warnings) = warnings_of(|| history.records("import"));
    assert_eq!(records, []);
    assert_eq!(warnings, ["the history of `import` cannot be read: panicked: no table"]);
    for (workflow, reason) in
        [("import", "the database is locked"), ("panics", "panicked: no table")]
    {
        let ((), warnings) = warnings_of(|| history.append(workflow, &record(0, 1)));
        let wanted = format!("a run of `{workflow}` cannot be added to its history: {reason}");
        assert_eq!(warnings, [wanted]);
    }
}

#[test]
fn a_record_that_no_reader_would_take_is_not_written() {
    let history = History::in_memory();
    let ((), warnings) = warnings_of(|| history.append("import", &record(0, 10_000)));
    assert!(warnings[0].contains("it has 10000 steps, which need"), "{warnings:?}");
    assert_eq!(numbers(&history, "import"), [0; 0]);
}

#[test]
fn an_app_has_the_name_of_a_folder() {
    for name in ["", ".", "..", "a/b", "/etc", "a\\b", "C:", "a\0", "a\n", "app.", "app "] {
        let error = History::user(name).unwrap_err();
        assert_eq!(error, HistoryError::AppName(name.to_owned()));
        assert!(error.to_string().ends_with("such as \"my-app\""), "{error}");
    }
    assert!(History::user("my-app").is_ok());
    assert!(History::user("Größe 2.0").is_ok());
}
