//! What can be wrong with a file, and what must stay right.

use std::fs::{self, File};
use std::path::Path;

use tempfile::tempdir;

use super::{History, assert_holds, numbers, record, warnings_of};
use crate::history::wire::Line;

fn lines(path: &Path) -> usize {
    fs::read_to_string(path).unwrap().lines().count()
}

#[test]
fn the_folder_is_created_with_the_first_run_and_not_before() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("a/b/history.jsonl");
    assert_holds(&path, &[]);
    assert!(!folder.path().join("a").exists());
    History::file(&path).append("import", &record(1, 2));
    assert_holds(&path, &[1]);
}

#[test]
fn a_directory_at_the_path_is_logged() {
    let folder = tempdir().unwrap();
    let history = History::file(folder.path());
    let (found, warnings) = warnings_of(|| numbers(&history, "import"));
    assert_eq!(found, [0; 0]);
    let path = folder.path().display();
    assert_eq!(warnings, [format!("the history of `import` cannot be read: {path}: not a file")]);
    let ((), warnings) = warnings_of(|| history.append("import", &record(1, 2)));
    assert_eq!(
        warnings,
        [format!("a run of `import` cannot be added to its history: {path}: not a file")]
    );
}

#[test]
fn a_file_in_place_of_the_folder_is_logged() {
    let folder = tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let history = History::file(file.join("history.jsonl"));
    let ((), warnings) = warnings_of(|| history.append("import", &record(1, 2)));
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("history.jsonl: "), "{warnings:?}");
}

/// Whether a file can be opened for writing, whatever its permissions. The administrator can.
fn can_write(path: &Path) -> bool {
    File::options().append(true).open(path).is_ok()
}

#[test]
fn a_read_only_file_is_read_and_its_failure_to_grow_is_logged() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("history.jsonl");
    let history = History::file(&path);
    history.append("import", &record(1, 2));
    let mut permissions = fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&path, permissions).unwrap();
    let ((), warnings) = warnings_of(|| history.append("import", &record(2, 2)));
    if can_write(&path) {
        assert_eq!(warnings, [""; 0]);
        assert_holds(&path, &[1, 2]);
    } else {
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert_holds(&path, &[1]);
    }
}

#[cfg(unix)]
mod unix {
    use std::fs::Permissions;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_read_only_folder_is_logged() {
        let folder = tempdir().unwrap();
        set_mode(folder.path(), 0o555);
        let path = folder.path().join("history.jsonl");
        let ((), warnings) = warnings_of(|| History::file(&path).append("import", &record(1, 2)));
        if File::create(folder.path().join("probe")).is_ok() {
            assert_eq!(warnings, [""; 0]);
            assert_holds(&path, &[1]);
        } else {
            assert_eq!(warnings.len(), 1, "{warnings:?}");
            assert!(warnings[0].contains("history.jsonl: Permission denied"), "{warnings:?}");
            assert_holds(&path, &[]);
        }
        set_mode(folder.path(), 0o755);
    }

    #[test]
    fn a_file_that_may_not_be_read_is_logged() {
        let folder = tempdir().unwrap();
        let path = folder.path().join("history.jsonl");
        let history = History::file(&path);
        history.append("import", &record(1, 2));
        set_mode(&path, 0o000);
        let (found, warnings) = warnings_of(|| numbers(&history, "import"));
        if can_write(&path) {
            assert_eq!((found, warnings), (vec![1], vec![]));
        } else {
            assert_eq!(found, [0; 0]);
            assert_eq!(warnings.len(), 1, "{warnings:?}");
            assert!(warnings[0].contains("cannot be read: "), "{warnings:?}");
        }
    }

    #[test]
    fn a_link_stays_a_link_and_a_file_keeps_its_permissions() {
        let folder = tempdir().unwrap();
        let path = folder.path().join("real/history.jsonl");
        let link = folder.path().join("link.jsonl");
        fs::create_dir(path.parent().unwrap()).unwrap();
        symlink(&path, &link).unwrap();
        let history = History::file(&link);
        history.append("import", &record(0, 10));
        set_mode(&path, 0o600);
        for number in 1..600 {
            history.append("import", &record(number, 10));
        }
        assert!(lines(&path) < 599, "the file was compacted");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_holds(&path, &(590..600).collect::<Vec<_>>());
        assert_holds(&link, &(590..600).collect::<Vec<_>>());
    }

    #[test]
    fn a_device_is_not_opened() {
        let (found, warnings) = warnings_of(|| numbers(&History::file("/dev/zero"), "import"));
        assert_eq!(found, [0; 0]);
        assert_eq!(warnings, ["the history of `import` cannot be read: /dev/zero: not a file"]);
    }
}

#[test]
fn a_large_file_keeps_the_last_ten_of_each_workflow_and_of_each_version() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("history.jsonl");
    let newer = "{\"v\":2,\"workflow\":\"import\",\"new\":[]}";
    fs::write(&path, format!("{newer}\n{}\ndamaged\n", "x".repeat(100_000))).unwrap();
    // What a crash has left is replaced.
    fs::write(folder.path().join("history.jsonl.tmp"), "half").unwrap();
    let history = History::file(&path);
    let mut number = 0;
    while fs::metadata(&path).unwrap().len() > 100_000 {
        number += 1;
        assert!(number < 1_000);
        history.append("export", &record(number, 10));
        history.append("import", &record(number, 10));
    }
    let names: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".tmp"))
        .collect();
    assert_eq!(names, [""; 0]);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.starts_with(newer), "{}", &text[..100]);
    assert!(text.ends_with('\n') && !text.contains("damaged"));
    let (found, warnings) = warnings_of(|| numbers(&history, "import"));
    assert_eq!(found, (number - 9..=number).collect::<Vec<_>>());
    assert_eq!(warnings, [""; 0]);
    assert_eq!(numbers(&history, "export"), (number - 9..=number).collect::<Vec<_>>());
}

#[test]
fn records_that_are_all_needed_are_not_written_again_each_time() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("history.jsonl");
    let history = History::file(&path);
    let large = Line::write("import", &record(1, 600)).unwrap().len() as u64 + 1;
    for number in 1..=12 {
        history.append("import", &record(number, 600));
        assert_eq!(fs::metadata(&path).unwrap().len(), number * large);
    }
    assert_holds(&path, &(3..=12).collect::<Vec<_>>());
}

#[test]
fn a_file_of_the_user_names_its_workflow_and_stays_in_its_folder() {
    let folder = tempdir().unwrap();
    let store = super::super::FileStore::Folder(folder.path().join("app"));
    let history = History::with_store(store);
    let long = "x".repeat(500);
    for workflow in ["import", "../../etc/passwd", "größe", "gr_äe", "con", long.as_str()] {
        history.append(workflow, &record(1, 2));
        assert_eq!(numbers(&history, workflow), [1], "{workflow}");
    }
    let entries = fs::read_dir(folder.path().join("app")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| name.ends_with(".jsonl")).collect();
    names.sort();
    assert_eq!(
        names[..4],
        [
            "progress-______etc_passwd.jsonl",
            "progress-con.jsonl",
            "progress-gr__e.jsonl",
            "progress-import.jsonl"
        ]
    );
    assert_eq!(names[4].len(), 100 + "progress-.jsonl".len());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}
