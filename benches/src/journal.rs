//! The journal of a durable workflow: a record, its size, and going on with many records.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use progress_runtime::{Journal, Progress, Run, workflow};
use tempfile::TempDir;
use tokio::runtime::Builder;

use crate::plan::{Role, Section, Target, Unit};

type Error = Box<dyn std::error::Error + Send + Sync>;

/// The items of the workflows.
const ITEMS: u64 = 10_000;
/// How much more than linear the time to go on may grow: the caches hold less of a large journal.
const SLACK: f64 = 1.6;

const BARE_SYNC: &str = "bare: a write and an `fdatasync`";
const BARE_WRITE: &str = "bare: a write";

workflow!(
    #[durable]
    pub async fn items(count: u64, fails: bool, progress: Progress) -> Result<(), Error> {
        #[step(100, "Items")]
        #[key(item)]
        for item in 0..count as usize {
            std::hint::black_box(item);
        }
        #[step(1, "Ending")]
        #[untracked]
        #[repeat]
        std::future::ready(if fails { Err("it fails") } else { Ok(()) }).await?;
        Ok(())
    }
);

pub fn sections() -> Vec<Section> {
    let sections = vec![
        a_record("a keyed item, recorded with a sync", ITEMS, true, BARE_SYNC),
        a_record("a keyed item, recorded without a sync", ITEMS, false, BARE_WRITE),
        size(),
        going_on(),
    ];
    #[cfg(feature = "jobs")]
    let sections = sections.into_iter().chain(crate::jobs::journals::sections()).collect();
    sections
}

/// The time of one item of a workflow, beside the same bytes written by hand.
fn a_record(name: &'static str, items: u64, sync: bool, bare: &'static str) -> Section {
    let per_item = move |time: Duration| time.as_nanos() as f64 / items as f64;
    let targets: &[Target] = if sync { &[Target::Times(1.3, bare)] } else { &[] };
    Section::new(format!("{name}, of {items}"), Unit::Nanoseconds)
        .exact(Role::Limit, bare, &[], move || per_item(shortest(|| written(items, sync))))
        .exact(Role::Own, "progress-runtime", targets, move || {
            per_item(shortest(|| {
                let folder = folder();
                recorded(&folder.path().join("journal"), items, sync).0
            }))
        })
}

fn shortest(work: impl Fn() -> Duration) -> Duration {
    (0..3).map(|_| work()).min().unwrap_or_default()
}

/// In the target directory, so that it is a disk and not memory.
pub fn folder() -> TempDir {
    tempfile::tempdir_in("target").expect("the benchmarks run in the workspace")
}

/// Writes as many lines as a workflow does, each as long as a record.
fn written(lines: u64, sync: bool) -> Duration {
    let folder = folder();
    let mut file = open(&folder.path().join("lines"));
    let line = "x".repeat(bytes_of_record() as usize);
    let started = Instant::now();
    for _ in 0..lines {
        file.write_all(line.as_bytes()).expect("the disk has room");
        if sync {
            file.sync_data().expect("the disk works");
        }
    }
    started.elapsed()
}

fn open(path: &Path) -> File {
    OpenOptions::new().append(true).create(true).open(path).expect("the folder is writable")
}

/// The time of a workflow that records its items and then fails, and the size of its journal.
fn recorded(path: &Path, count: u64, sync: bool) -> (Duration, u64) {
    let runtime = Builder::new_current_thread().build().expect("a runtime");
    let time = runtime.block_on(async {
        let journal = Journal::file(path).sync(sync);
        let (_run, progress) =
            Run::builder("Bench").journal(journal).start().await.expect("a new journal");
        let started = Instant::now();
        items(count, true, progress).await.expect_err("it is to fail");
        started.elapsed()
    });
    (time, std::fs::metadata(path).map_or(0, |metadata| metadata.len()))
}

pub fn bytes_of_record() -> u64 {
    let folder = folder();
    let size = |items| recorded(&folder.path().join(format!("{items}")), items, false).1;
    (size(2_000) - size(1_000)) / 1_000
}

fn size() -> Section {
    Section::new("the record of a keyed item", Unit::Bytes).exact(
        Role::Own,
        "progress-runtime",
        &[],
        || bytes_of_record() as f64,
    )
}

/// The time from the start of a process to the end of a workflow of which all items are done.
fn going_on() -> Section {
    let resumed = |records: u64| {
        shortest(|| {
            let folder = folder();
            let path = folder.path().join("journal");
            recorded(&path, records, false);
            without_its_loop(&path);
            let runtime = Builder::new_current_thread().build().expect("a runtime");
            runtime.block_on(async {
                let started = Instant::now();
                let (run, progress) =
                    Run::builder("Bench").journal(Journal::file(&path)).start().await.expect("it");
                items(records, false, progress).await.expect("it completes");
                let report = run.report().expect("it has ended");
                let resumed = report.resumed.as_ref().map_or(0, |it| it.not_repeated_count);
                assert_eq!(resumed, records);
                started.elapsed()
            })
        })
        .as_secs_f64()
    };
    Section::new("going on with so many records", Unit::Seconds)
        .exact(Role::Own, "10,000", &[], move || resumed(10_000))
        .exact(Role::Own, "100,000", &[Target::Times(10.0 * SLACK, "10,000")], move || {
            resumed(100_000)
        })
}

/// Removes the record of the loop as a whole, so that each item is looked up.
fn without_its_loop(path: &Path) {
    let text = std::fs::read_to_string(path).expect("it is there");
    let kept: String = text
        .lines()
        .filter(|line| !line.contains("\"step\":\"items\""))
        .flat_map(|line| [line, "\n"])
        .collect();
    std::fs::write(path, kept).expect("it can be written");
}
