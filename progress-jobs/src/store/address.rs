//! What is wrong with the URL of a database, and what to write instead.

#[cfg(feature = "postgres")]
use std::io;
#[cfg(feature = "sqlite")]
use std::path::Path;

use sqlx::Error;
#[cfg(feature = "postgres")]
use sqlx::postgres::{PgConnectOptions, PgConnection};
#[cfg(feature = "postgres")]
use tokio::time::timeout;

use super::Result;
#[cfg(feature = "sqlite")]
use super::is_transient;
#[cfg(feature = "postgres")]
use super::postgres::ACQUIRE;

/// The code of SQLite for a read that found less than there has to be.
#[cfg(feature = "sqlite")]
const SHORT_READ: &str = "522";

/// What can be written.
const EXAMPLE: &str = match (cfg!(feature = "sqlite"), cfg!(feature = "postgres")) {
    (true, true) => "write `sqlite:jobs.db` or `postgres://user@host/name`",
    (true, false) => "write `sqlite:jobs.db`",
    _ => "write `postgres://user@host/name`",
};

/// The databases that have a feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Sqlite,
    Postgres,
}

/// The kind of the database with this URL.
pub(super) fn kind(url: &str) -> Result<Kind> {
    if url.trim().is_empty() {
        return Err(wrong(format!("its URL is empty: {EXAMPLE}")));
    }
    if url.trim() != url {
        return Err(wrong("its URL begins or ends with white space: remove it"));
    }
    // What follows the colon may be a password.
    match url.split_once(':') {
        Some(("sqlite", _)) => Ok(Kind::Sqlite),
        Some(("postgres" | "postgresql", _)) => Ok(Kind::Postgres),
        Some((scheme, _)) => Err(wrong(format!("no URL begins with `{scheme}:`: {EXAMPLE}"))),
        None => Err(wrong(format!("`{url}` is no URL: {EXAMPLE}"))),
    }
}

/// The database needs a feature.
#[cfg(not(all(feature = "sqlite", feature = "postgres")))]
pub(super) fn missing(feature: &str) -> Error {
    wrong(format!("its URL needs the feature `{feature}` of progress-jobs"))
}

/// An error that does not pass by itself, with what to do about it.
pub(crate) fn wrong(text: impl Into<String>) -> Error {
    Error::Configuration(text.into().into())
}

/// An error that names the file which cannot be opened.
#[cfg(feature = "sqlite")]
pub(super) fn at_file(file: &Path, error: Error) -> Error {
    if is_transient(&error) {
        return error;
    }
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    let missing = folder.filter(|folder| !folder.is_dir());
    let (file, is_folder) = (file.display(), file.is_dir());
    // Nothing else reads less than it has asked for.
    let code = error.as_database_error().and_then(|error| error.code());
    let is_torn = code.is_some_and(|code| code == SHORT_READ);
    wrong(match missing {
        _ if is_folder => format!("{file} is a folder, not a file"),
        Some(folder) => format!("{file}: there is no folder {}: create it", folder.display()),
        None if is_torn => format!(
            "{file}: its log is that of a file that was removed or replaced: end all processes that \
             use the database and start them again"
        ),
        None => format!("{file}: {error}"),
    })
}

/// Why the database does not answer. A pool says only for how long it has tried.
#[cfg(feature = "postgres")]
pub(super) async fn unanswered(options: &PgConnectOptions, error: Error) -> Error {
    let error = match error {
        Error::PoolTimedOut => {
            match timeout(ACQUIRE, <PgConnection as sqlx::Connection>::connect_with(options)).await
            {
                Ok(Err(reason)) => reason,
                Ok(Ok(_)) | Err(_) => error,
            }
        }
        error => error,
    };
    let (host, port) = (options.get_host(), options.get_port());
    match error {
        Error::Io(error) => {
            Error::Io(io::Error::new(error.kind(), format!("{host}, port {port}: {error}")))
        }
        Error::PoolTimedOut => {
            let text = format!("{host}, port {port}: no answer");
            Error::Io(io::Error::new(io::ErrorKind::TimedOut, text))
        }
        error => error,
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, kind};

    #[cfg(feature = "postgres")]
    #[tokio::test]
    async fn a_server_that_does_not_answer_is_named_with_the_reason() {
        use sqlx::postgres::PgConnectOptions;

        let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = closed.local_addr().unwrap().port();
        drop(closed);
        let options = PgConnectOptions::new().host("127.0.0.1").port(port);
        let error = super::unanswered(&options, sqlx::Error::PoolTimedOut).await;
        let expected = format!("127.0.0.1, port {port}: Connection refused");
        assert!(error.to_string().contains(&expected), "{error}");
        assert!(crate::store::is_transient(&error), "it may start yet");
    }

    #[test]
    fn the_beginning_of_a_url_says_which_database_it_is() {
        assert_eq!(kind("sqlite:jobs.db").unwrap(), Kind::Sqlite);
        assert_eq!(kind("sqlite:///var/jobs.db").unwrap(), Kind::Sqlite);
        assert_eq!(kind("postgres://user@host/name").unwrap(), Kind::Postgres);
        assert_eq!(kind("postgresql://host/name").unwrap(), Kind::Postgres);
    }

    #[test]
    fn a_wrong_url_says_what_to_write_and_no_password() {
        for (url, expected) in [
            ("", "its URL is empty: write `"),
            (" \n", "its URL is empty: write `"),
            ("sqlite:jobs.db\n", "white space: remove it"),
            (" postgres://host/name", "white space: remove it"),
            ("jobs.db", "`jobs.db` is no URL: write `"),
            ("mysql://user:secret@host/name", "no URL begins with `mysql:`: write `"),
            ("Postgres://user:secret@host/name", "no URL begins with `Postgres:`: write `"),
        ] {
            let text = kind(url).unwrap_err().to_string();
            assert!(text.contains(expected) && !text.contains("secret"), "{url:?}: {text}");
        }
    }
}
