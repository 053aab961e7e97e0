//! Jobs on both databases, with real processes that are killed, stopped and asked to end.

#![cfg(unix)]

mod cancel;
mod deaths;
mod faults;
mod journals;
mod load;
mod migrations;
mod nested;
mod outage;
mod parents;
mod rows;
mod seen;
mod storm;
mod support;

/// Runs each test on SQLite and on Postgres.
macro_rules! on_both {
    ($($(#[$attribute:meta])* $name:ident),* $(,)?) => {
        mod sqlite {
            $(
                $(#[$attribute])*
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    super::$name(crate::support::Database::sqlite()).await;
                }
            )*
        }

        mod postgres {
            $(
                $(#[$attribute])*
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    if let Some(database) = crate::support::Database::postgres().await {
                        super::$name(database).await;
                    }
                }
            )*
        }
    };
}
use on_both;
