//! What can go wrong with a job.

use std::error::Error;
use std::fmt;

use sqlx::migrate::MigrateError;

/// Why a job has no result.
#[derive(Debug)]
#[non_exhaustive]
pub enum JobsError {
    /// The job returned an error, or panicked.
    Failed {
        /// The job's id.
        id: String,
        /// The text of its error.
        error: String,
    },
    /// The job was cancelled.
    Cancelled {
        /// The job's id.
        id: String,
    },
    /// The job was given up: its workers died too often, or it was not followed to its end.
    Lost {
        /// The job's id.
        id: String,
        /// What is known of the reason.
        error: String,
    },
    /// There is no such job, or no longer.
    Unknown {
        /// The job's id.
        id: String,
    },
    /// A value does not become JSON.
    Encode {
        /// Which value it is: the arguments or the result.
        what: &'static str,
        /// Why not.
        error: String,
    },
    /// A value in the database is not of the type that the [`Kind`](crate::Kind) says.
    Decode {
        /// Which value it is: the arguments or the result.
        what: &'static str,
        /// Why not.
        error: String,
    },
    /// A value is larger than its limit: 1 MiB of JSON for arguments and results, and 2000 bytes
    /// for the key that consists of the run's id, the step, the kind and the item. Store the value
    /// elsewhere, and pass where it is.
    TooLarge {
        /// Which value it is: the arguments, the result or the key.
        what: &'static str,
        /// Its size, in bytes.
        size: usize,
        /// The limit, in bytes.
        limit: usize,
    },
    /// The database refused a statement, or is away.
    Database(Box<dyn Error + Send + Sync>),
}

impl fmt::Display for JobsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed { error, .. } => f.write_str(error),
            Self::Cancelled { id } => write!(f, "job {id} was cancelled"),
            Self::Lost { id, error } => write!(f, "job {id} was lost: {error}"),
            Self::Unknown { id } => write!(f, "there is no job {id}"),
            Self::Encode { what, error } => write!(f, "the {what} did not become JSON: {error}"),
            Self::Decode { what, error } => write!(
                f,
                "the {what} did not decode: {error}; if the type has changed, give the kind another name"
            ),
            Self::TooLarge { what, size, limit } => {
                write!(f, "the {what} has {size} bytes, more than {limit}")
            }
            Self::Database(error) => write!(f, "the database of the jobs: {error}"),
        }
    }
}

/// What to do where statements of one connection go to several sessions of Postgres.
pub(crate) const SESSION_MODE: &str = "PgBouncer must be in session mode";

/// Whether a statement met what was prepared in another session, or not what was in its own.
fn is_of_another_session(error: &sqlx::Error) -> bool {
    let error = match error {
        sqlx::Error::Migrate(error) => match &**error {
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error,
            _ => return false,
        },
        error => error,
    };
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| matches!(&*code, "42P05" | "26000"))
}

// Without a source: the text of a database's error has those of its causes already.
impl Error for JobsError {}

impl From<sqlx::Error> for JobsError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            // Its own text says what is wrong with the URL.
            sqlx::Error::Configuration(error) => Self::Database(error),
            error if is_of_another_session(&error) => {
                Self::Database(format!("{error}: {SESSION_MODE}").into())
            }
            error => Self::Database(error.into()),
        }
    }
}
