//! Journals in files: torn and damaged ones, locks, and what is in them.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::PathBuf;

use progress_runtime::{Journal, JournalError, Progress, Run, workflow};
use tempfile::TempDir;

use super::{Error, Work, start};

workflow!(
    #[durable]
    async fn process(work: &Work, progress: Progress) -> Result<usize, Error> {
        #[step(1, "A")]
        let a = work.call("a", progress).await?;
        #[step(1, "B")]
        work.call("b", progress).await?;
        #[step(1, "C")]
        work.call("c", progress).await?;
        Ok(a)
    }
);

fn place() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state/process.journal");
    (folder, path)
}

/// Runs the workflow up to its last step, which fails, and returns the calls.
async fn fail(path: &PathBuf) -> Vec<String> {
    let work = Work::failing(&["c"]);
    let (_run, progress) = start(&Journal::file(path)).await;
    assert!(process(&work, progress).await.is_err());
    work.calls()
}

#[tokio::test]
async fn each_line_is_an_object_with_a_checksum() {
    let (_folder, path) = place();
    for sync in [true, false] {
        let work = Work::failing(&["c"]);
        let (_run, progress) = start(&Journal::file(&path).begin_anew().sync(sync)).await;
        assert!(process(&work, progress).await.is_err());
        let text = fs::read_to_string(&path).unwrap();
        let lines: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 4, "{text}");
        assert!(lines.iter().all(|line| line["crc"].as_str().unwrap().len() == 8));
        assert_eq!((&lines[0]["workflow"], &lines[0]["plan"][2]), (&"process".into(), &"c".into()));
        assert_eq!((&lines[1]["step"], &lines[1]["value"]), (&"a".into(), &1.into()));
        assert_eq!(lines[2]["step"], "b");
        // Where the run has ended.
        assert_eq!(lines[3]["shown"], 8_333);
    }
}

#[tokio::test]
async fn a_journal_that_was_closed_is_empty() {
    let (_folder, path) = place();
    assert_eq!(fail(&path).await, ["a", "b", "c"]);
    let work = Work::default();
    let (_run, progress) = start(&Journal::file(&path)).await;
    assert_eq!(process(&work, progress).await.unwrap(), 1);
    assert_eq!(work.calls(), ["c"]);
    assert_eq!(fs::read(&path).unwrap(), b"");
    assert_eq!(fail(&path).await, ["a", "b", "c"]);
}

#[tokio::test]
async fn wherever_the_last_line_is_torn_it_is_dropped() {
    let (_folder, path) = place();
    fail(&path).await;
    let mut whole = fs::read(&path).unwrap();
    // Without the mark of the end, the last line is the record of the second step.
    let ends = |bytes: &[u8]| bytes.iter().rposition(|byte| *byte == b'\n').unwrap();
    whole.truncate(ends(&whole[..whole.len() - 1]) + 1);
    let last = whole[..whole.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
    for length in last..=whole.len() {
        fs::write(&path, &whole[..length]).unwrap();
        // Only the line break is missing: the record is whole.
        let is_whole = length + 1 >= whole.len();
        let expected: &[&str] = if is_whole { &["c"] } else { &["b", "c"] };
        assert_eq!(fail(&path).await, expected, "{length}");
        assert_eq!(fail(&path).await, ["c"], "what follows is on a line of its own");
    }
    // What a file system leaves where a write did not arrive.
    fs::write(&path, [&whole[..last], &[0; 300]].concat()).unwrap();
    assert_eq!(fail(&path).await, ["b", "c"]);
}

#[tokio::test]
async fn a_line_that_is_damaged_in_the_middle_is_an_error() {
    let (_folder, path) = place();
    fail(&path).await;
    let whole = fs::read(&path).unwrap();
    let second = whole.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    for (at, line) in [(12, 1), (second - 2, 1), (second + 30, 2)] {
        let mut bytes = whole.clone();
        bytes[at] ^= 4;
        fs::write(&path, &bytes).unwrap();
        let error = Run::builder("r").journal(Journal::file(&path)).start().await.unwrap_err();
        assert!(
            matches!(&error, JournalError::Damaged { line: found, .. } if *found == line),
            "{at}: {error}"
        );
        assert_eq!(fs::read(&path).unwrap(), bytes, "it is as it was");
        let (_run, progress) = start(&Journal::file(&path).begin_anew()).await;
        let work = Work::default();
        assert_eq!(process(&work, progress).await.unwrap(), 1);
        assert_eq!(work.calls(), ["a", "b", "c"], "what is damaged can be forgotten");
    }
    fs::write(&path, &whole[..second]).unwrap();
    assert_eq!(fail(&path).await, ["a", "b", "c"], "a line can be removed by hand");
}

#[tokio::test]
async fn the_file_of_another_program_stays_as_it_is() {
    let (_folder, path) = place();
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    for text in ["a thesis on one line", "a list\n", "{\"name\":\"eyes\"}", "\n{\"crc\":\""] {
        fs::write(&path, text).unwrap();
        for journal in [Journal::file(&path), Journal::file(&path).begin_anew()] {
            let error = Run::builder("r").journal(journal).start().await.unwrap_err();
            assert!(matches!(error, JournalError::Unreadable { .. }), "{text}: {error}");
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
    }
}

#[tokio::test]
async fn a_line_of_another_version_is_an_error() {
    let (_folder, path) = place();
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    // Sealed by hand: the checksum is of what follows it.
    let rest = r#""v":2,"workflow":"process","shape":"0","plan":[]}"#;
    let sum = crc32fast::hash(rest.as_bytes());
    fs::write(&path, format!("{{\"crc\":\"{sum:08x}\",{rest}\n")).unwrap();
    let error = Run::builder("r").journal(Journal::file(&path)).start().await.unwrap_err();
    assert!(error.to_string().contains("in line 1: it has the version 2, not 1"), "{error}");
}

#[tokio::test]
async fn the_lock_names_its_holder_and_ends_with_the_run() {
    let (_folder, path) = place();
    let (_run, progress) = start(&Journal::file(&path)).await;
    let error = Run::builder("r").journal(Journal::file(&path)).start().await.unwrap_err();
    let holder = Some(std::process::id()).filter(|_| cfg!(unix));
    assert_eq!(error, JournalError::Locked { journal: path.display().to_string(), holder });
    // The run has ended, although its handle lives on.
    drop(progress);
    start(&Journal::file(&path)).await.1.finish();
}

#[tokio::test]
async fn a_folder_is_no_journal() {
    let folder = tempfile::tempdir().unwrap();
    let error = Run::builder("r").journal(Journal::file(folder.path())).start().await.unwrap_err();
    assert!(error.to_string().ends_with("cannot be read: not a file"), "{error}");
}

#[tokio::test]
async fn the_number_that_was_shown_inside_a_step_is_kept() {
    let (_folder, path) = place();
    let (run, mut progress) = start(&Journal::file(&path)).await;
    progress.set_length(1_000);
    progress.inc(377);
    assert_eq!(run.percent(), 37.7);
    drop(progress);
    let (run, progress) = start(&Journal::file(&path)).await;
    assert_eq!(run.percent(), 37.7);
    drop((run, progress));

    let mut file = OpenOptions::new().append(true).open(&path).unwrap();
    file.write_all(b"{\"crc\":").unwrap();
    let (run, _progress) = start(&Journal::file(&path)).await;
    assert_eq!(run.snapshot().percent(), 37.7);
}
