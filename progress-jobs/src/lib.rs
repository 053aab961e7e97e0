//! Sub-jobs of a [workflow](progress_runtime::workflow) that outlive their process.
//!
//! A sub-job is a row of a database: a SQLite file by default, or Postgres for many machines. The
//! workflow creates it, follows its progress, cancels it and takes its result. Any process with a
//! [`Worker`] runs it. If the worker dies, another one goes on; if the parent dies, the next one
//! with the same run id finds its sub-jobs again.
//!
//! ```
//! use progress_jobs::{Jobs, Kind};
//! use progress_runtime::{Progress, Run, workflow};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Serialize, Deserialize)]
//! struct ScanArgs {
//!     folder: String,
//! }
//!
//! const SCAN: Kind<ScanArgs, u64> = Kind::new("scan");
//!
//! /// Runs in the process of a worker.
//! async fn scan(args: ScanArgs, mut progress: Progress) -> Result<u64, std::io::Error> {
//!     progress.set_message(format!("Scanning {}", args.folder));
//!     progress.set_fraction(0.5);
//!     Ok(7)
//! }
//!
//! workflow!(
//!     /// Runs in the process of the parent.
//!     async fn import(jobs: &Jobs, progress: Progress) -> Result<u64, Box<dyn std::error::Error>> {
//!         #[step(15, "Scanning")]
//!         let found = jobs.run(SCAN, &ScanArgs { folder: "in".to_owned() }, progress).await?;
//!
//!         #[step(5, "Storing {found} files")]
//!         store(found, progress).await;
//!
//!         Ok(found)
//!     }
//! );
//! # async fn store(_files: u64, _progress: Progress) {}
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let url = format!("sqlite:{}/jobs.db", folder.path().display());
//! let jobs = Jobs::connect(&url).await?; // such as "sqlite:jobs.db"
//! let worker = jobs.worker().handle(SCAN, scan).concurrency(4);
//! let worker = tokio::spawn(worker.run(std::future::pending())); // here, or in another process
//!
//! let (run, progress) = Run::builder("Import").id("import-7").start();
//! assert_eq!(import(&jobs, progress).await?, 7);
//! # worker.abort();
//! # let _ = run;
//! # Ok(())
//! # }
//! ```
//!
//! # Contents
//!
//! | you want to | see |
//! |---|---|
//! | declare what a job takes and returns | [`Kind`] |
//! | run jobs | [`Jobs::worker`], [`Worker::handle`] |
//! | run a sub-job in a step | [`Jobs::run`]; [`Jobs::job`] for one with a key of its own |
//! | go on where a workflow stopped, after the death of its process | `#[durable]`; [`Jobs::journal`] for a run that is no job |
//! | start a job by itself | [`Jobs::start`], [`Jobs::wait`] |
//! | see, cancel and remove jobs | [`Jobs::get`], [`Jobs::children`], [`Jobs::list`], [`Jobs::cancel`], [`Jobs::again`], [`Jobs::purge`] |
//! | see jobs as they change | [`Jobs::watch`], [`Jobs::changes`] |
//!
//! # Which job a step finds again
//!
//! The key of a sub-job consists of the run's id, the path of the step, the kind and, if you set
//! one, the [key of the item](SubJob::key). A step whose key is live follows that job; one whose
//! key has completed takes the result; otherwise, a new job is created, so that a `#[retry]` of the
//! step starts another one after a failure. Give the run an id that you know again
//! ([`RunBuilder::id`](progress_runtime::run::RunBuilder::id)); the run of a job has the job's id.
//!
//! # What happens when something dies
//!
//! | what | then |
//! |---|---|
//! | the process of a worker | its jobs begin again at another worker, when it has been silent for 6 seconds on SQLite and 30 on Postgres ([`JobsBuilder::dead_after`]); after three deaths, a job is [`Lost`](JobState::Lost) ([`Kind::attempts`]) |
//! | a worker that only seemed dead | it may write nothing more to the job, and stops it |
//! | a worker that is asked to end | it lets its jobs go on for 5 seconds ([`Worker::drain`]), and gives the rest back at once |
//! | the process of the parent | its sub-jobs go on; the next run with the same id follows them |
//! | the database | jobs go on, everybody waits, and nobody counts as dead because of it |
//!
//! A job may thus begin more than once, and it is recorded as ended once. The number shown never
//! falls: a later attempt fills what the earlier ones have left. A workflow with `#[durable]` has a
//! journal in the database: what it has recorded does not run again, whoever goes on with the job.
//!
//! # States
//!
//! `queued` → `running` → `completed`, `completed_with_errors` or `failed`. A cancel makes a job that
//! waits `cancelled` at once, and one that runs `cancelling` until its worker has stopped it.
//! Arguments and results are JSON of up to 1 MiB.
//!
//! # Databases
//!
//! | feature | URL | for |
//! |---|---|---|
//! | `sqlite` (default) | `sqlite:jobs.db` | the processes of one machine, without a server |
//! | `postgres` | `postgres://user@host/name` | many machines |
//!
//! The tables are `progress_jobs`, two for the journals of durable workflows, and those of
//! [apalis](https://docs.rs/apalis), which brings the jobs to the workers. They may stand beside your own, and their migrations beside those of your
//! application. On Postgres, the role that connects first needs the right to create a schema and
//! the extension `hstore`; a role that connects later needs only to read and write the tables. A
//! purge of old jobs is yours to call.
//!
//! Whoever can write the table can run any job that a worker has a handler for. Trust it as you
//! trust the database.

#![warn(unreachable_pub)]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(not(any(feature = "sqlite", feature = "postgres")))]
compile_error!("enable the feature `sqlite` or the feature `postgres` of progress-jobs");

mod crew;
mod engine;
mod error;
mod filter;
mod flush;
mod follow;
mod handler;
mod hub;
mod ids;
mod jobs;
mod journal;
mod judgement;
mod kind;
mod logging;
mod roster;
mod signal;
mod slots;
mod state;
mod store;
mod sync;
mod watch;
mod worker;

pub use error::JobsError;
pub use filter::JobFilter;
pub use follow::SubJob;
pub use jobs::{Jobs, JobsBuilder};
pub use kind::Kind;
pub use state::{Job, JobState};
pub use watch::{JobChanges, JobWatch};
pub use worker::Worker;
