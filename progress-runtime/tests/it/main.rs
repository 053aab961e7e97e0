//! The runtime as its users see it: workflows, runs, reporters and sub-jobs through the public API.

mod adapters;
mod auto_traits;
mod by_time;
mod callback;
mod cancel;
mod concurrent;
#[cfg(feature = "testing")]
mod conformance;
mod counter;
mod displays;
mod drops;
#[cfg(feature = "journal")]
mod durable;
mod endings;
mod errors;
#[cfg(feature = "testing")]
mod every_poll;
mod follow;
mod follow_batches;
mod follow_runs;
mod future_size;
mod grace;
#[cfg(feature = "history")]
mod history;
mod invariants;
#[cfg(feature = "history")]
mod kept_runs;
mod lifecycle;
#[cfg(feature = "serde")]
mod lines;
#[cfg(feature = "serde")]
mod logs;
mod loop_values;
mod loops;
mod messages;
mod nesting;
mod number;
mod panics;
mod parallel;
#[cfg(all(feature = "rayon", not(miri)))]
mod rayon;
mod reporter_faults;
mod reporter_reentry;
mod reporters;
mod retries;
#[cfg(feature = "terminal")]
mod screens;
mod skips;
mod snapshots;
#[cfg(feature = "tracing")]
mod spans;
mod spawn;
mod spawn_blocking;
mod spawn_cancel;
mod steps;
mod support;
mod sync_workflows;
mod timeouts;
mod timers;
mod totals;
mod track;
mod uncancellable;
mod units;
mod worked_example;
