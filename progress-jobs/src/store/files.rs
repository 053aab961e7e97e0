//! Whether the files of a SQLite database are still those that were opened.
//!
//! SQLite goes on with a file that somebody has removed, and opens another one at its path. Two
//! processes then do not see each other's jobs, and both may damage what they share of the rest.

use std::fs::Metadata;
use std::path::{Path, PathBuf};

/// The files of a database, as they were when it was opened.
#[derive(Clone, Debug)]
pub(super) struct Files {
    known: Vec<(PathBuf, Identity)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Identity {
    device: u64,
    inode: u64,
}

impl Identity {
    fn of(path: &Path) -> Option<Self> {
        std::fs::metadata(path).ok().and_then(|file| Self::read(&file))
    }

    #[cfg(unix)]
    fn read(file: &Metadata) -> Option<Self> {
        use std::os::unix::fs::MetadataExt;

        Some(Self { device: file.dev(), inode: file.ino() })
    }

    /// Windows removes no file that is open.
    #[cfg(not(unix))]
    fn read(_: &Metadata) -> Option<Self> {
        None
    }
}

impl Files {
    /// Those at present. A connection must be open for as long as they are asked for: the last one
    /// of all processes removes the log and its index.
    pub(super) fn of(paths: impl IntoIterator<Item = PathBuf>) -> Self {
        let known = paths.into_iter().filter_map(|path| {
            let identity = Identity::of(&path)?;
            Some((path, identity))
        });
        Self { known: known.collect() }
    }

    /// Returns what is wrong if one of them is not at its path any more.
    pub(super) fn check(&self) -> Result<(), String> {
        match self.known.iter().find(|(path, known)| Identity::of(path) != Some(*known)) {
            None => Ok(()),
            Some((path, _)) => Err(format!(
                "{} was removed or replaced while it was in use: put it back, or end all processes \
                 that use the database and start them again",
                path.display()
            )),
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs::{copy, remove_file, rename, write};

    use super::Files;

    #[test]
    fn a_file_that_is_removed_or_replaced_is_named_until_it_is_back() {
        let folder = tempfile::tempdir().unwrap();
        let [file, log, kept] =
            ["jobs.db", "jobs.db-wal", "kept"].map(|name| folder.path().join(name));
        write(&file, "a database").unwrap();
        write(&log, "").unwrap();
        let files = Files::of([file.clone(), log.clone()]);
        assert_eq!(files.check(), Ok(()));
        write(&file, "a longer database").unwrap();
        assert_eq!(files.check(), Ok(()), "it is the same file");

        rename(&file, &kept).unwrap();
        let text = files.check().unwrap_err();
        assert!(text.starts_with(&file.display().to_string()), "{text}");
        copy(&kept, &file).unwrap();
        assert!(files.check().is_err(), "a copy is another file");
        rename(&kept, &file).unwrap();
        assert_eq!(files.check(), Ok(()));

        remove_file(&log).unwrap();
        let text = files.check().unwrap_err();
        assert!(text.starts_with(&log.display().to_string()), "{text}");
    }
}
