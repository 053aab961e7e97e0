//! The main program, killed with `kill -9` wherever it is, and resumed.
//!
//! Each test runs the program that Cargo has built beside it, on a folder of its own.

#![cfg(unix)]

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use serde_json::Value;
use tempfile::TempDir;

/// Enough for four batches.
const FILES: usize = 350;
/// How many random moments are tried in each run of the tests, and in the long form.
const SHORT: u32 = 20;
const LONG: u32 = 200;

/// A folder to catalogue.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for file in 0..FILES {
            // Some files are alike, some are long, and some are no text.
            let text = match file % 7 {
                0 => "the same in all of these\n".to_owned(),
                1 => format!("{file}\n").repeat(2_000),
                2 => format!("\0\u{1}\u{2}{file}"),
                _ => format!("file {file}\ntrailing space \n"),
            };
            let inner = folder.path().join(format!("part-{}", file % 5));
            fs::create_dir_all(&inner).unwrap();
            fs::write(inner.join(format!("{file}.txt")), text).unwrap();
        }
        Self(folder)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn journal(&self) -> PathBuf {
        self.path().join(".catalogue.sqlite.resume")
    }

    /// The catalogue, as rows that do not depend on the order in which files were found.
    fn catalogue(&self) -> Vec<String> {
        let database = Connection::open(self.path().join(".catalogue.sqlite")).unwrap();
        let mut rows = Vec::new();
        for query in [
            "SELECT 'file', path, size, hex(hash), mime, lines, analysed, previewed, indexed \
             FROM files ORDER BY path",
            "SELECT 'finding', path, kind, detail, found_by, 0, 0, 0, 0 FROM findings \
             JOIN files ON files.id = file ORDER BY path, kind",
            "SELECT 'searchable', path, text, 0, 0, 0, 0, 0, 0 FROM search ORDER BY path",
            "SELECT 'incoming', count(*), 0, 0, 0, 0, 0, 0, 0 FROM incoming",
        ] {
            let mut select = database.prepare(query).unwrap();
            let row = |row: &rusqlite::Row<'_>| {
                (0..9).map(|column| Ok(format!("{:?}", row.get_ref(column)?))).collect()
            };
            let found: Result<Vec<Vec<String>>, _> = select.query_map([], row).unwrap().collect();
            rows.extend(found.unwrap().iter().map(|row| row.join(" ")));
        }
        rows
    }
}

/// The program at work.
struct Program {
    child: Child,
    output: thread::JoinHandle<String>,
}

impl Program {
    fn start(folder: &Folder, resume: bool) -> Self {
        let tests = std::env::current_exe().unwrap();
        let program = tests.parent().unwrap().with_file_name("examples/process_new_scenes");
        let mut command = Command::new(program);
        command.args(["--progress", "json"]).arg(folder.path());
        command.args(resume.then_some("--resume"));
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("`cargo test` builds the examples");
        let mut stdout = child.stdout.take().unwrap();
        // The program must not wait for its reader.
        let output = thread::spawn(move || {
            let mut text = String::new();
            stdout.read_to_string(&mut text).unwrap();
            text
        });
        Self { child, output }
    }

    /// Kills the program with the signal 9, and returns what it has shown.
    fn kill(mut self) -> Vec<Value> {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        shown(&self.output.join().unwrap())
    }

    /// Waits for its end, and returns what it has shown.
    fn ended(mut self) -> Vec<Value> {
        assert!(self.child.wait().unwrap().success());
        shown(&self.output.join().unwrap())
    }
}

/// The snapshots; the last line may be torn.
fn shown(output: &str) -> Vec<Value> {
    output.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// The steps that a journal has recorded, by their paths, with the times of their ends.
fn recorded(journal: &Path) -> BTreeMap<String, Value> {
    let text = fs::read_to_string(journal).unwrap_or_default();
    let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let steps = lines.filter_map(|line| {
        let step = line["step"].as_str()?.to_owned();
        Some((step, line["ended"].clone()))
    });
    let mut known = BTreeMap::new();
    for (step, ended) in steps {
        assert!(known.insert(step.clone(), ended).is_none(), "{step} was done twice");
    }
    known
}

/// Resumes after a kill, and checks all that is promised.
fn resume(folder: &Folder, before: &[Value], expected: &[String], moment: &str) {
    // Behind its close, a journal is empty, and the next run begins anew.
    let is_closed = fs::metadata(folder.journal()).is_ok_and(|journal| journal.len() == 0);
    let last = before.last().and_then(|shown| shown["steps"].as_array()?.last());
    let has_ended = last.is_some_and(|step| step["status"] == "completed");
    assert!(has_ended || !is_closed || before.iter().all(|shown| shown["progress"] == 0));
    let before = if is_closed { &[] } else { before };
    let done = recorded(&folder.journal());
    let after = Program::start(folder, true).ended();
    assert_eq!(folder.catalogue(), expected, "killed {moment}");

    let numbers = before.iter().chain(&after).map(|shown| shown["progress"].as_u64().unwrap());
    let numbers: Vec<_> = numbers.collect();
    assert!(numbers.is_sorted(), "the number fell: {numbers:?}, killed {moment}");

    for shown in &after {
        nothing_runs_again(&shown["steps"], "", &done, moment);
    }
    let last = after.last().unwrap();
    assert_eq!((&last["status"], &last["progress"]), (&"completed".into(), &10_000.into()));
}

/// No step is at work that was recorded; those that are shown as done have their own times.
fn nothing_runs_again(steps: &Value, above: &str, done: &BTreeMap<String, Value>, moment: &str) {
    for step in steps.as_array().into_iter().flatten() {
        let path = format!("{above}{}", step["id"].as_str().unwrap());
        let inner = format!("{path}/");
        nothing_runs_again(&step["children"], &inner, done, moment);
        // A parallel step is entered again, to give the values of its branches back.
        let has_branches = done.keys().any(|path| path.starts_with(&inner));
        let Some(ended) = done.get(&path).filter(|_| !has_branches) else { continue };
        assert_ne!(step["status"], "running", "{path} was done again, killed {moment}");
        if step["status"] == "completed" {
            assert_eq!(step["earlier"], true, "{path}, killed {moment}");
            assert_eq!(step["ended"], *ended, "{path}, killed {moment}");
        }
    }
}

/// The catalogue of a run that nobody kills, and how long it takes.
fn uninterrupted() -> (Vec<String>, Duration) {
    let folder = Folder::new();
    let started = Instant::now();
    Program::start(&folder, false).ended();
    let took = started.elapsed();
    assert_eq!(fs::read_to_string(folder.journal()).unwrap(), "", "the journal is closed");
    (folder.catalogue(), took)
}

/// Kills the program when its journal has so many records. `false` if it has ended before.
fn kill_at_record(records: usize, expected: &[String]) -> bool {
    let folder = Folder::new();
    let mut program = Program::start(&folder, false);
    let mut reached = 0;
    loop {
        let journal = fs::read_to_string(folder.journal()).unwrap_or_default();
        let now = journal.lines().filter(|line| line.contains("\"step\":")).count();
        // The journal is emptied at the end.
        if now < reached || program.child.try_wait().unwrap().is_some() {
            program.ended();
            return false;
        }
        reached = now;
        if reached >= records {
            let before = program.kill();
            resume(&folder, &before, expected, &format!("at record {reached}"));
            return true;
        }
        thread::yield_now();
    }
}

fn kill_at_random_moments(moments: u32) {
    let (expected, took) = uninterrupted();
    for moment in 0..moments {
        let folder = Folder::new();
        let program = Program::start(&folder, false);
        // The golden ratio spreads them evenly, and no two runs are alike.
        let part = (f64::from(moment) * 0.618_033_988_749_895).fract();
        let pause = took.mul_f64(part);
        thread::sleep(pause);
        let before = program.kill();
        resume(&folder, &before, &expected, &format!("after {pause:?}"));
    }
}

#[test]
fn a_kill_at_any_record_is_made_good_by_one_resume() {
    let (expected, _) = uninterrupted();
    let killed = (0..100).take_while(|records| kill_at_record(*records, &expected)).count();
    assert!(killed >= 10, "the program was killed only {killed} times");
}

#[test]
fn a_kill_at_some_random_moment_is_made_good_by_one_resume() {
    kill_at_random_moments(SHORT);
}

#[test]
#[ignore = "takes minutes: the long form of the test above"]
fn a_kill_at_any_random_moment_is_made_good_by_one_resume() {
    kill_at_random_moments(LONG);
}
