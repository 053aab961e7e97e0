//! Durable workflows: what a run that goes on does again, and what it does not.

mod deaths;
mod faults;
mod files;
mod kills;
mod loops;
mod nesting;
mod plans;
mod steps;
mod values;

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use progress_runtime::{Interrupted, Journal, JournalError, Progress, Run};

pub(crate) type Error = Box<dyn std::error::Error + Send + Sync>;

/// Work that notes its calls, and fails where it is told to.
#[derive(Clone, Default)]
pub(crate) struct Work(Arc<Mutex<Calls>>);

#[derive(Default)]
struct Calls {
    made: Vec<String>,
    failing: HashSet<String>,
}

impl Work {
    /// Work that fails in these calls.
    pub(crate) fn failing(calls: &[&str]) -> Self {
        let work = Self::default();
        work.0.lock().unwrap().failing = calls.iter().map(|call| (*call).to_owned()).collect();
        work
    }

    /// A call, which returns the length of its name.
    pub(crate) async fn call(&self, name: &str, mut progress: Progress) -> Result<usize, Error> {
        progress.set_length(2);
        progress.inc(1);
        tokio::task::yield_now().await;
        let mut calls = self.0.lock().unwrap();
        calls.made.push(name.to_owned());
        match calls.failing.contains(name) {
            true => Err(format!("{name} failed").into()),
            false => Ok(name.len()),
        }
    }

    /// The calls since the last look.
    pub(crate) fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap().made)
    }

    /// From now on nothing fails.
    pub(crate) fn mend(&self) {
        self.0.lock().unwrap().failing.clear();
    }
}

/// A run with this journal.
pub(crate) async fn start(journal: &Journal) -> (Run, Progress) {
    Run::builder("Process").journal(journal.clone()).start().await.unwrap()
}

/// The error of a journal in that of a workflow.
pub(crate) fn journal_error<T: std::fmt::Debug>(result: Result<T, Error>) -> JournalError {
    *result.unwrap_err().downcast().expect("it is a `JournalError`")
}

/// Whether a workflow was cancelled.
pub(crate) fn is_cancelled<T: std::fmt::Debug>(result: Result<T, Error>) -> bool {
    *result.unwrap_err().downcast::<Interrupted>().unwrap() == Interrupted::Cancelled
}
