//! Several processes use one history. They are this test's binary, called again.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::{env, fs};

use tempfile::tempdir;

use super::{History, numbers, record, warnings_of};

/// Tells a child its workflow and the file.
const WORKFLOW: &str = "PROGRESS_TEST_WORKFLOW";
const PATH: &str = "PROGRESS_TEST_PATH";

const RUNS: u64 = 400;

fn child(test: &str) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--ignored", "--exact", &format!("history::tests::processes::{test}")]);
    command
}

#[test]
#[ignore = "a process of the test below"]
fn appends() {
    let workflow = env::var(WORKFLOW).unwrap();
    let history = History::file(env::var_os(PATH).map(PathBuf::from).unwrap());
    for number in 0..RUNS {
        let ((), warnings) = warnings_of(|| history.append(&workflow, &record(number, 10)));
        assert_eq!(warnings, [""; 0]);
        if number % 5 == 0 {
            // The last ten are there at any time, whatever the others do.
            let (found, warnings) = warnings_of(|| numbers(&history, &workflow));
            assert_eq!(found, (number.saturating_sub(9)..=number).collect::<Vec<_>>());
            assert_eq!(warnings, [""; 0]);
        }
    }
}

fn spawn(path: &Path, workflow: &str) -> Child {
    let mut child = child("appends");
    child.env(WORKFLOW, workflow).env(PATH, path).stdout(Stdio::null());
    child.spawn().unwrap()
}

#[test]
fn processes_that_append_and_compact_at_once_lose_nothing() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("history.jsonl");
    let workflows = ["import", "export", "index", "publish"];
    let children = workflows.map(|workflow| spawn(&path, workflow));
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let history = History::file(&path);
    for workflow in workflows {
        assert_eq!(numbers(&history, workflow), (RUNS - 10..RUNS).collect::<Vec<_>>());
    }
    // All runs together have more than a megabyte.
    assert!(fs::metadata(&path).unwrap().len() < 300 * 1024);
}

#[test]
#[ignore = "a process of the test below"]
fn appends_for_the_user() {
    let history = History::user("my-app").unwrap();
    history.append("import", &record(1, 2));
    assert_eq!(numbers(&history, "import"), [1]);
}

#[cfg(all(unix, not(target_vendor = "apple")))]
#[test]
fn the_history_of_the_user_is_in_the_directory_for_state() {
    let folder = tempdir().unwrap();
    for (variable, directory) in [("XDG_STATE_HOME", ""), ("HOME", ".local/state")] {
        let home = folder.path().join(variable);
        let mut child = child("appends_for_the_user");
        child.env_remove("XDG_STATE_HOME").env(variable, &home).stdout(Stdio::null());
        assert!(child.status().unwrap().success());
        assert!(home.join(directory).join("my-app/progress-import.jsonl").is_file());
    }
}
