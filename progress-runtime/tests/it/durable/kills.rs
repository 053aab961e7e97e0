//! Processes that are killed with `kill -9`, and those that go on after them.
//!
//! A child is this test again, with a folder in its environment. It writes what it does into files
//! there, which this process reads after its death.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use progress_runtime::{
    Journal, Progress, ReportError, Reporter, Run, RunStatus, Update, workflow,
};

use super::Error;

const FOLDER: &str = "PROGRESS_TEST_FOLDER";
/// The number of the call that the process dies in.
const DIES_IN: &str = "PROGRESS_TEST_DIES_IN";
/// Whether it dies behind the side effect of that call.
const DIES_BEHIND: &str = "PROGRESS_TEST_DIES_BEHIND";
const ITEMS: usize = 6;

/// The work of the child: its side effects are lines in a file.
struct Effects {
    folder: PathBuf,
    calls: AtomicUsize,
    dies_in: Option<usize>,
    dies_behind: bool,
}

impl Effects {
    async fn have(&self, name: &str, mut progress: Progress) -> Result<String, Error> {
        let call = self.calls.fetch_add(1, SeqCst) + 1;
        let dies = self.dies_in == Some(call);
        progress.set_length(4);
        progress.inc(1);
        if dies && !self.dies_behind {
            die();
        }
        tokio::task::yield_now().await;
        progress.inc(1);
        append(&self.folder.join("effects"), name);
        if dies {
            die();
        }
        progress.inc(1);
        println!("{name}");
        Ok(name.to_owned())
    }
}

fn append(path: &Path, line: &str) {
    let mut file = OpenOptions::new().append(true).create(true).open(path).unwrap();
    file.write_all(format!("{line}\n").as_bytes()).unwrap();
}

fn die() -> ! {
    let pid = std::process::id().to_string();
    Command::new("kill").args(["-9", &pid]).status().unwrap();
    loop {
        std::thread::park();
    }
}

/// Each number, as it is shown.
struct Shown(PathBuf);

impl Reporter for Shown {
    fn report(&mut self, update: &Update<'_>) -> Result<(), ReportError> {
        append(&self.0, &update.snapshot().progress.to_string());
        Ok(())
    }
}

workflow!(
    #[durable]
    async fn item(effects: &Effects, path: String, progress: Progress) -> Result<String, Error> {
        #[step(2, "Left")]
        let left = effects.have(&format!("{path}/left"), progress).await?;
        #[step(1, "Right")]
        let right = effects.have(&format!("{path}/right"), progress).await?;
        Ok(format!("{left}{right}"))
    }
);

workflow!(
    #[durable]
    async fn process(effects: &Effects, progress: Progress) -> Result<String, Error> {
        #[step(2, "First")]
        let first = effects.have("first", progress).await?;

        #[step(6, "Items")]
        #[key(number)]
        for number in 0..ITEMS {
            #[step(1, "Nested")]
            let nested = item(effects, format!("items[{number}]/nested"), progress).await?;
            #[step(1, "After {}", nested.len())]
            effects.have(&format!("items[{number}]/after"), progress).await?;
        }

        #[step(4, "At once")]
        #[concurrent(3)]
        #[key(number)]
        for number in 0..ITEMS {
            effects.have(&format!("at-once[{number}]"), progress).await?;
        }

        #[step(2, "Branches")]
        #[parallel]
        let (left, right) = (
            #[step(1, "Left")]
            effects.have("branches/left", progress).await?,
            #[step(1, "Right")]
            effects.have("branches/right", progress).await?,
        );

        #[step(1, "Last")]
        let last = effects.have("last", progress).await?;
        Ok(format!("{first} {left} {right} {last}"))
    }
);

#[tokio::test]
#[ignore = "the tests below start it"]
async fn child() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else { return };
    let number = |name| std::env::var(name).ok().map(|number| number.parse().unwrap());
    let effects = Effects {
        folder: folder.clone(),
        calls: AtomicUsize::new(0),
        dies_in: number(DIES_IN),
        dies_behind: std::env::var_os(DIES_BEHIND).is_some(),
    };
    let journal = Journal::file(folder.join("journal")).sync(effects.dies_in.is_some());
    let (run, progress) = Run::builder("Process").journal(journal).start().await.unwrap();
    run.report_to(Shown(folder.join("shown")));
    println!("started");
    let value = process(&effects, progress).await.unwrap();
    assert_eq!(run.status(), RunStatus::Completed);
    append(&folder.join("values"), &value);
}

fn start(folder: &Path, dies: Option<(usize, bool)>) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "durable::kills::child", "--ignored", "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    if let Some((call, behind)) = dies {
        command.env(DIES_IN, call.to_string());
        if behind {
            command.env(DIES_BEHIND, "");
        }
    }
    command.spawn().unwrap()
}

fn lines(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// The paths that the journal has.
fn recorded(folder: &Path) -> BTreeSet<String> {
    let parsed = lines(&folder.join("journal")).into_iter();
    let parsed = parsed.filter_map(|line| serde_json::from_str::<serde_json::Value>(&line).ok());
    parsed.filter_map(|line| line["step"].as_str().map(str::to_owned)).collect()
}

/// What the processes of one run have done.
struct Witness {
    folder: tempfile::TempDir,
    effects: usize,
}

impl Witness {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), effects: 0 }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Whether the run has completed: its last step is done and its journal closed. The process may
    /// have died before it could tell.
    fn has_completed(&self) -> bool {
        let effects = lines(&self.path().join("effects"));
        effects.iter().any(|effect| effect == "last")
            && lines(&self.path().join("journal")).is_empty()
    }

    /// A process is over, before which the journal had these paths.
    fn check(&mut self, before: &BTreeSet<String>) {
        let effects = lines(&self.path().join("effects"));
        for effect in &effects[self.effects..] {
            let inside = |path: &String| effect == path || effect.starts_with(&format!("{path}/"));
            assert!(!before.iter().any(inside), "{effect} was done, and is done again");
        }
        self.effects = effects.len();
        let shown = lines(&self.path().join("shown"));
        let shown: Vec<u32> = shown.iter().map(|number| number.parse().unwrap()).collect();
        assert!(shown.is_sorted(), "what was shown falls: {shown:?}");
    }

    /// The last process: the run completes.
    fn complete(&mut self) {
        let before = recorded(self.path());
        assert!(start(self.path(), None).wait_with_output().unwrap().status.success());
        self.check(&before);
        let values = lines(&self.path().join("values"));
        assert_eq!(values, ["first branches/left branches/right last"]);
        let effects: BTreeSet<_> = lines(&self.path().join("effects")).into_iter().collect();
        assert_eq!(effects.len(), CALLS);
        assert_eq!(fs::read(self.path().join("journal")).unwrap(), b"");
        assert_eq!(lines(&self.path().join("shown")).last().unwrap(), "10000");
    }
}

/// The first step, three an item, one an item at once, two branches and the last step.
const CALLS: usize = 1 + 3 * ITEMS + ITEMS + 2 + 1;

#[test]
#[cfg(unix)]
fn killed_at_each_boundary_of_a_record_it_goes_on_there() {
    for call in 1..=CALLS {
        for behind in [false, true] {
            let mut witness = Witness::new();
            let status = start(witness.path(), Some((call, behind))).wait().unwrap();
            assert!(!status.success());
            witness.check(&BTreeSet::new());
            let done = witness.effects;
            witness.complete();
            // The step that was at work, and those at work beside it, are done again at most.
            let again = witness.effects - CALLS;
            assert!(again <= 3 && done <= call + 2, "{call}: {again} of {done}");
            if !behind && call <= 1 + 3 * ITEMS {
                assert_eq!(again, 0, "call {call} had not begun");
            }
        }
    }
}

/// The moment is when another process has read so many lines, and has got to kill it.
#[test]
#[cfg(unix)]
fn killed_at_any_moment_it_goes_on() {
    let (mut kills, mut seed) = (0, 0x9e37_79b9_u32);
    while kills < 200 {
        let mut witness = Witness::new();
        for _ in 0..8 {
            seed ^= seed << 13;
            seed ^= seed >> 17;
            seed ^= seed << 5;
            let before = recorded(witness.path());
            let mut child = start(witness.path(), None);
            let read = BufReader::new(child.stdout.take().unwrap()).lines();
            let _ = read.take(3 + seed as usize % 10).count();
            child.kill().unwrap();
            child.wait().unwrap();
            witness.check(&before);
            if witness.has_completed() {
                break;
            }
            kills += 1;
        }
        if !witness.has_completed() {
            witness.complete();
        }
    }
}
