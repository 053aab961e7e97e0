//! The database: one set of operations, in the dialects of SQLite and of Postgres.
//!
//! The row of `progress_jobs` is the truth. apalis' row only knocks: it brings the job's id to a
//! worker, perhaps late, twice, or after the end, and the row decides what that means.

mod address;
mod decision;
#[cfg(feature = "sqlite")]
mod files;
mod journal;
#[cfg(feature = "postgres")]
mod outbox;
#[cfg(feature = "postgres")]
mod postgres;
mod queries;
mod row;
mod schema;
#[cfg(feature = "sqlite")]
mod sqlite;

use std::sync::Arc;
use std::time::Duration;

use apalis_core::backend::TaskResult;
use apalis_core::task::status::Status;
use apalis_core::task::task_id::TaskId;
use apalis_core::worker::context::WorkerContext;
use serde_json::Value;
use sqlx::Error;
use ulid::Ulid;

pub(crate) use self::address::wrong;
pub(crate) use self::journal::{Dead, Hold, Holder, LineBatch, Lines};
#[cfg(feature = "postgres")]
pub(crate) use self::postgres::{CHANGED, PgStore};
#[cfg(feature = "sqlite")]
pub(crate) use self::sqlite::SqliteStore;
use crate::filter::JobFilter;
use crate::ids;
use crate::kind::Terms;
use crate::signal::Signal;
use crate::state::{Job, JobState};

pub(crate) type Result<T> = std::result::Result<T, Error>;

/// The type of this crate's workers in apalis' table of workers.
const WORKERS: &str = "progress-jobs";
/// The longest name of a state, message or error that is written, in bytes.
const MAX_TEXT: usize = 64 << 10;

/// A job that is to be created.
pub(crate) struct NewJob {
    pub(crate) id: String,
    pub(crate) terms: Terms,
    pub(crate) key: String,
    pub(crate) parent: String,
    pub(crate) step: String,
    pub(crate) owner: String,
    pub(crate) args: String,
}

impl NewJob {
    /// A job that belongs to no workflow.
    pub(crate) fn without_parent(terms: Terms, key: String, args: String) -> Self {
        let (parent, step, owner) = (String::new(), String::new(), String::new());
        Self { id: ids::id(), terms, key, parent, step, owner, args }
    }
}

/// A knock that waits, its queue, and how many of the same priority wait there, up to a limit.
pub(crate) struct Knock {
    pub(crate) id: String,
    pub(crate) queue: String,
    pub(crate) waiting: i64,
}

/// A knock that a worker has taken, and the id of its job.
pub(crate) struct Taken {
    pub(crate) knock: String,
    pub(crate) job: String,
}

/// What a worker is about to take: so many knocks of a queue.
pub(crate) struct Batch<'a> {
    pub(crate) queue: &'a str,
    pub(crate) count: usize,
    pub(crate) dead_after: Duration,
}

/// A job that a worker has begun.
#[derive(Debug)]
pub(crate) struct Begun {
    pub(crate) knock: String,
    /// The attempt, as the fence of all writes.
    pub(crate) attempt: i64,
    pub(crate) job: Job,
    pub(crate) args: String,
    /// Whether the job has a journal to go on with.
    pub(crate) is_kept: bool,
}

/// Which attempt of a worker's writes, and what its knock is.
#[derive(Clone, Debug)]
pub(crate) struct Fence {
    pub(crate) id: String,
    pub(crate) attempt: i64,
    pub(crate) knock: String,
}

/// How a job ended.
#[derive(Debug)]
pub(crate) struct Ending {
    pub(crate) state: JobState,
    pub(crate) shown: u16,
    pub(crate) snapshot: Option<String>,
    pub(crate) result: Option<String>,
    pub(crate) error: Option<String>,
    /// Whether the attempt has a journal.
    pub(crate) kept: bool,
}

/// The progress of a job at work.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) id: String,
    pub(crate) attempt: i64,
    pub(crate) shown: u16,
    pub(crate) message: String,
    pub(crate) snapshot: Option<String>,
}

/// A job's row has changed, or is gone.
pub(crate) struct Reread {
    pub(crate) id: String,
    pub(crate) job: Option<Job>,
}

/// Who has a job now, and whether it is to stop.
pub(crate) struct Standing {
    pub(crate) id: String,
    pub(crate) attempt: i64,
    pub(crate) state: JobState,
}

/// The error of a job that was given up.
fn lost(deaths: i64) -> String {
    format!("{deaths} of its workers died")
}

/// A text that both databases take: without NUL, which Postgres refuses, and not too long.
pub(crate) fn plain(text: &str) -> String {
    let mut end = text.len().min(MAX_TEXT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].replace('\0', "\u{fffd}")
}

/// The knocks as apalis acknowledges them. Those whose id is not one of apalis' are left out.
fn acknowledged(knocks: &[String]) -> Vec<TaskResult<Value>> {
    let ids = knocks.iter().filter_map(|knock| Ulid::from_string(knock).ok());
    let done = ids.map(|id| TaskResult {
        task_id: TaskId::from_ulid(id),
        attempt: 1,
        status: Status::Done,
        result: Ok(Value::Null),
    });
    done.collect()
}

/// An error of apalis that is not one of the database.
fn foreign(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::Decode(Box::new(error))
}

/// Whether the database is away, or busy: the same statement may succeed later.
pub(crate) fn is_transient(error: &Error) -> bool {
    match error {
        Error::Io(_) | Error::PoolTimedOut | Error::Tls(_) | Error::Protocol(_) => true,
        Error::Database(error) => error.code().is_some_and(|code| {
            let class = code.get(..2).unwrap_or_default();
            // Postgres: connection, shutdown, too many connections, deadlock, a transaction that this
            // process was too slow for. SQLite: busy, locked.
            matches!(class, "08" | "53" | "40") && code.len() == 5
                || matches!(&*code, "57P01" | "57P02" | "57P03" | "57P05" | "25P03" | "25P04")
                || code.len() < 5
                    && code.parse::<u32>().is_ok_and(|code| matches!(code & 0xff, 5 | 6))
        }),
        _ => false,
    }
}

/// Whether the row itself is at fault, and not the database: the same statement never succeeds.
pub(crate) fn is_unreadable(error: &Error) -> bool {
    match error {
        Error::Decode(_) | Error::ColumnDecode { .. } => true,
        // A number that a hand has written is too large to be counted up.
        Error::Database(error) => {
            error.is_check_violation() || error.code().is_some_and(|code| code == "22003")
        }
        _ => false,
    }
}

/// The database of the jobs. A clone is another handle to it.
#[derive(Clone, Debug)]
pub(crate) enum Store {
    #[cfg(feature = "sqlite")]
    Sqlite(SqliteStore),
    #[cfg(feature = "postgres")]
    Postgres(PgStore),
}

/// Runs an operation in the dialect of the database.
macro_rules! in_dialect {
    ($store:expr, $inner:ident => $operation:expr) => {
        match $store {
            #[cfg(feature = "sqlite")]
            Store::Sqlite($inner) => $operation,
            #[cfg(feature = "postgres")]
            Store::Postgres($inner) => $operation,
        }
    };
}
use in_dialect;

impl Store {
    /// Connects, and brings the tables up to date.
    pub(crate) async fn connect(url: &str, signal: Arc<Signal>) -> Result<Self> {
        match address::kind(url)? {
            #[cfg(feature = "sqlite")]
            address::Kind::Sqlite => Ok(Self::Sqlite(SqliteStore::connect(url, signal).await?)),
            #[cfg(not(feature = "sqlite"))]
            address::Kind::Sqlite => Err(address::missing("sqlite")),
            #[cfg(feature = "postgres")]
            address::Kind::Postgres => Ok(Self::Postgres(PgStore::connect(url, signal).await?)),
            #[cfg(not(feature = "postgres"))]
            address::Kind::Postgres => Err(address::missing("postgres")),
        }
    }

    /// The heartbeat and the silence after which a worker is dead, unless the user says otherwise.
    pub(crate) fn pace(&self) -> (Duration, Duration) {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => (Duration::from_secs(2), Duration::from_secs(6)),
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => (Duration::from_secs(5), Duration::from_secs(30)),
        }
    }

    /// Whether the database can be away while a process that uses it is alive.
    pub(crate) fn is_remote(&self) -> bool {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => false,
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => true,
        }
    }

    /// Returns what is wrong if the database is not the one that was opened, and never will be by
    /// itself.
    pub(crate) fn check(&self) -> std::result::Result<(), String> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(store) => store.check(),
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => Ok(()),
        }
    }

    /// Creates a job and its knock, or takes over the one that holds the key. Returns its id.
    pub(crate) async fn create(&self, job: &NewJob) -> Result<String> {
        in_dialect!(self, store => store.create(job).await)
    }

    /// Creates a job like one that ended badly, and its knock. Returns the id of the job that holds
    /// the key then: the new one, or one that was there already.
    pub(crate) async fn again(&self, id: &str, new: &str) -> Result<Option<String>> {
        in_dialect!(self, store => store.again(id, new).await)
    }

    pub(crate) async fn get(&self, id: &str) -> Result<Option<Job>> {
        self.check().map_err(wrong)?;
        in_dialect!(self, store => store.get(id).await)
    }

    /// The jobs that a run has started, oldest first.
    pub(crate) async fn children(&self, parent: &str) -> Result<Vec<Job>> {
        self.check().map_err(wrong)?;
        in_dialect!(self, store => store.children(parent).await)
    }

    pub(crate) async fn list(&self, filter: &JobFilter) -> Result<Vec<Job>> {
        self.check().map_err(wrong)?;
        in_dialect!(self, store => store.list(filter).await)
    }

    /// Removes what ended longer ago, and returns how many jobs.
    pub(crate) async fn purge(&self, age: Duration) -> Result<u64> {
        let age = i64::try_from(age.as_millis()).unwrap_or(i64::MAX >> 1).min(i64::MAX >> 1);
        in_dialect!(self, store => store.purge(age).await)
    }

    /// Cancels a job, whoever owns it.
    pub(crate) async fn cancel(&self, id: &str) -> Result<bool> {
        in_dialect!(self, store => store.cancel(id).await)
    }

    /// Cancels the job that holds the key, if that owner still has it.
    pub(crate) async fn cancel_owned(&self, key: &str, owner: &str) -> Result<bool> {
        in_dialect!(self, store => store.cancel_owned(key, owner).await)
    }

    /// Those of the jobs that have changed since the sequence number, or are gone.
    pub(crate) async fn changed(&self, known: &[(String, i64)]) -> Result<Vec<Reread>> {
        in_dialect!(self, store => store.changed(known).await)
    }

    pub(crate) async fn standings(&self, ids: &[String]) -> Result<Vec<Standing>> {
        in_dialect!(self, store => store.standings(ids).await)
    }

    /// Writes the progress of all jobs in one statement. Those that are not in the answer are no
    /// longer of their attempt.
    pub(crate) async fn flush(&self, shown: &[Shown]) -> Result<Vec<Standing>> {
        in_dialect!(self, store => store.flush(shown).await)
    }

    /// The first knock that waits in one of the queues.
    pub(crate) async fn peek(&self, queues: &[String]) -> Result<Option<Knock>> {
        in_dialect!(self, store => store.peek(queues).await)
    }

    /// Takes knocks, and begins those of their jobs whose rows say so. `keeps` says whether a knock
    /// is that of an attempt at work here, which others begin again by it if this worker dies.
    pub(crate) async fn claim(
        &self,
        worker: &WorkerContext,
        batch: &Batch<'_>,
        keeps: impl Fn(&Taken) -> bool,
    ) -> Result<Vec<Begun>> {
        in_dialect!(self, store => store.claim(worker, batch, keeps).await)
    }

    /// Takes a knock away that cannot be read, and that nobody has taken.
    pub(crate) async fn discard(&self, knock: &str) -> Result<()> {
        in_dialect!(self, store => store.discard(knock).await)
    }

    /// Writes the end of a job. Returns `false` if the job is no longer of that attempt.
    pub(crate) async fn finish(&self, worker: &str, fence: &Fence, end: &Ending) -> Result<bool> {
        in_dialect!(self, store => store.finish(worker, fence, end).await)
    }

    /// Gives jobs back, so that another worker takes them; those that are being cancelled end.
    pub(crate) async fn give_back(&self, worker: &str, fences: &[Fence]) -> Result<()> {
        in_dialect!(self, store => store.give_back(worker, fences).await)
    }

    /// The attempts that are the worker's, by their rows.
    pub(crate) async fn held(&self, worker: &str) -> Result<Vec<Standing>> {
        in_dialect!(self, store => store.held(worker).await)
    }

    /// Gives a job back that the worker never learned of: the answer to its claim was lost.
    pub(crate) async fn disown(&self, worker: &str, id: &str, attempt: i64) -> Result<()> {
        in_dialect!(self, store => store.disown(worker, id, attempt).await)
    }

    pub(crate) async fn register(&self, worker: &WorkerContext, beat: Duration) -> Result<()> {
        in_dialect!(self, store => store.register(worker, beat).await)
    }

    /// Says that the worker is alive; and if it may judge, wakes the jobs of those that are dead.
    /// That is asked when it has been said: all may have waited for the same lock.
    pub(crate) async fn heartbeat(
        &self,
        worker: &WorkerContext,
        beat: Duration,
        judge: impl FnOnce() -> Option<Duration>,
    ) -> Result<()> {
        in_dialect!(self, store => store.heartbeat(worker, beat, judge).await)
    }

    /// Takes the worker off the list.
    pub(crate) async fn retire(&self, worker: &str) -> Result<()> {
        in_dialect!(self, store => store.retire(worker).await)
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;
    use std::error::Error as StdError;
    use std::fmt;

    use sqlx::Error;
    use sqlx::error::{DatabaseError, ErrorKind};

    #[cfg(feature = "sqlite")]
    use super::address::at_file;
    use super::{is_transient, plain};

    /// The error of a database with this code.
    #[derive(Debug)]
    struct Refused(&'static str);

    impl fmt::Display for Refused {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    impl StdError for Refused {}

    impl DatabaseError for Refused {
        fn message(&self) -> &str {
            self.0
        }

        fn code(&self) -> Option<Cow<'_, str>> {
            Some(self.0.into())
        }

        fn as_error(&self) -> &(dyn StdError + Send + Sync + 'static) {
            self
        }

        fn as_error_mut(&mut self) -> &mut (dyn StdError + Send + Sync + 'static) {
            self
        }

        fn into_error(self: Box<Self>) -> Box<dyn StdError + Send + Sync + 'static> {
            self
        }

        fn kind(&self) -> ErrorKind {
            ErrorKind::Other
        }
    }

    #[test]
    fn what_another_try_may_mend_is_tried_again() {
        let transient = |code| is_transient(&Error::Database(Box::new(Refused(code))));
        // Postgres: the server starts, shuts down or is full, a deadlock, and limits of the time that
        // a connection is idle, that it is so in a transaction, and of the transaction.
        for code in ["57P03", "57P01", "53300", "40P01", "57P05", "25P03", "25P04"] {
            assert!(transient(code), "{code}");
        }
        // Busy and locked, of SQLite.
        assert!(transient("5") && transient("6") && transient("517"));
        // A wrong password, no table, a full disk of SQLite.
        for code in ["28P01", "42P01", "13"] {
            assert!(!transient(code), "{code}");
        }
    }

    #[cfg(feature = "sqlite")]
    #[test]
    fn a_log_that_is_shorter_than_its_index_says_what_to_do() {
        let file = std::path::Path::new("jobs.db");
        let text = |code| at_file(file, Error::Database(Box::new(Refused(code)))).to_string();
        assert!(text("522").contains("jobs.db: its log is that of a file that was removed"));
        assert!(text("522").contains(": end all processes that use the database"));
        assert!(!text("10").contains("end all processes"));
    }

    #[test]
    fn a_text_is_cut_between_its_characters() {
        assert_eq!(plain("a\0b"), "a\u{fffd}b");
        let long = format!("a{}", "\u{1f600}".repeat(20_000));
        assert_eq!(plain(&long).len(), (64 << 10) - 3);
    }
}
