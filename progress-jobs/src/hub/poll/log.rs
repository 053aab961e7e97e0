//! What the file of the write-ahead log says of commits, for the price of a `stat`.
//!
//! It may be wrong: somebody replaces the file, or a writer is stopped between the log and the index
//! that shows it to others. So the database is asked now and then, whatever it says.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

/// How often the database is asked where its log says that nothing has changed.
const ASK_ANYHOW: Duration = Duration::from_secs(1);
/// A second commit within one tick of the file system leaves the time as it is, so a log that was
/// written just now does not say enough.
const TICK: Duration = Duration::from_millis(50);
/// The tick of file systems that keep whole seconds, as FAT does.
const COARSE_TICK: Duration = Duration::from_secs(2);

/// The file of the write-ahead log, as it was last seen.
pub(super) struct Log {
    path: PathBuf,
    known: Option<Seen>,
}

/// What a commit changes of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Seen {
    written: SystemTime,
    size: u64,
}

impl Seen {
    /// For how long a commit may leave the time as it is.
    fn tick(&self) -> Duration {
        let since = self.written.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        if since.subsec_nanos() == 0 { COARSE_TICK } else { TICK }
    }
}

/// What the log says since the last look.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// There was a commit.
    New,
    /// There was none.
    Same,
    /// There may have been one.
    Unsure,
}

impl Look {
    /// Whether to ask a database that was asked so long ago.
    pub(super) fn makes_due(&self, asked: Duration) -> bool {
        match self {
            Self::New | Self::Unsure => true,
            Self::Same => asked >= ASK_ANYHOW,
        }
    }
}

impl Log {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, known: None }
    }

    pub(super) fn look(&mut self) -> Look {
        let Some(seen) = self.stat() else { return Look::Unsure };
        if self.known.replace(seen) != Some(seen) {
            return Look::New;
        }
        // A time in the future is that of a clock which was set back.
        match SystemTime::now().duration_since(seen.written) {
            Ok(age) if age >= seen.tick() => Look::Same,
            _ => Look::Unsure,
        }
    }

    /// Does not wait for a disk: the database holds the file open, so what is asked for is in
    /// memory. A task for blocking code would wait for a thread, and jobs may use all of them.
    ///
    /// Windows writes the time of an open file when it likes.
    fn stat(&self) -> Option<Seen> {
        if !cfg!(unix) {
            return None;
        }
        let file = std::fs::metadata(&self.path).ok()?;
        Some(Seen { written: file.modified().ok()?, size: file.len() })
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{File, write};
    use std::time::{Duration, SystemTime};

    use super::{ASK_ANYHOW, Log, Look};

    #[test]
    fn the_database_is_asked_now_and_then_whatever_its_log_says() {
        assert!(Look::New.makes_due(Duration::ZERO) && Look::Unsure.makes_due(Duration::ZERO));
        assert!(!Look::Same.makes_due(Duration::ZERO) && Look::Same.makes_due(ASK_ANYHOW));
    }

    #[test]
    fn a_log_says_that_there_was_a_commit_or_that_there_may_have_been_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jobs.db-wal");
        let mut log = Log::new(path.clone());
        assert_eq!(log.look(), Look::Unsure, "there is no log");
        if !cfg!(unix) {
            return;
        }
        write(&path, "one").unwrap();
        assert_eq!([log.look(), log.look()], [Look::New, Look::Unsure]);
        write(&path, "longer").unwrap();
        assert_eq!(log.look(), Look::New);
        let set = |time| File::options().write(true).open(&path).unwrap().set_modified(time);
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        for (seconds, nanos, expected) in [
            (now - 1, 7, Look::Same),
            (now, 0, Look::Unsure), // it may keep whole seconds alone
            (now - 3, 0, Look::Same),
        ] {
            set(SystemTime::UNIX_EPOCH + Duration::new(seconds, nanos)).unwrap();
            assert_eq!([log.look(), log.look()], [Look::New, expected]);
        }
        set(SystemTime::now() + Duration::from_secs(3_600)).unwrap();
        assert_eq!([log.look(), log.look()], [Look::New, Look::Unsure]);
    }
}
