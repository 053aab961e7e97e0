//! The place of a share in a journal: the path under which its work is kept.

use std::sync::Arc;
use std::time::Duration;

use serde_json::value::RawValue;

use super::JournalError;
use super::journaling::{Journaling, Keeping};
use super::line::Record;
use super::store::JournalFuture;
use super::value::Keeper;
use crate::plan::Plan;
use crate::tree::EndedStep;

/// The path of a step, or of an item of a loop, in the journal of its run.
///
/// `analysis[b7]/plan` is the step `plan` in the item with the key `b7` of the step `analysis`. The
/// characters that join paths are written as `%2F`, `%5B` and `%5D` in ids and keys, and `%` as
/// `%25`.
#[derive(Clone)]
pub(crate) struct JournalPlace {
    journaling: Arc<Journaling>,
    path: Arc<str>,
}

impl JournalPlace {
    pub(crate) fn root(journaling: &Arc<Journaling>) -> Self {
        Self { journaling: Arc::clone(journaling), path: "".into() }
    }

    pub(crate) fn child(&self, id: &str) -> Self {
        let (above, id) = (&self.path, escaped(id));
        let separator = if above.is_empty() { "" } else { "/" };
        self.at(&format!("{above}{separator}{id}"))
    }

    pub(crate) fn item(&self, key: &str) -> Self {
        self.at(&format!("{}[{}]", self.path, escaped(key)))
    }

    fn at(&self, path: &str) -> Self {
        Self { journaling: Arc::clone(&self.journaling), path: path.into() }
    }

    pub(crate) fn is_root(&self) -> bool {
        self.path.is_empty()
    }

    /// A workflow begins here.
    pub(crate) fn begin(&self, plan: &Plan, now: u64) -> JournalFuture<()> {
        self.journaling.begin(plan, &self.path, now)
    }

    /// The workflow that runs here has completed.
    pub(crate) fn close(&self) -> JournalFuture<()> {
        self.journaling.close()
    }

    /// What is known of an earlier process.
    pub(crate) fn take(&self) -> Option<Record> {
        self.journaling.take(&self.path)
    }

    /// This was not done again.
    pub(crate) fn note_recalled(&self) {
        self.journaling.note_recalled(&self.path);
    }

    /// The value of a record, if it fits the type.
    ///
    /// # Errors
    ///
    /// Returns an error if it does not, unless the plan may have changed.
    pub(crate) fn decoded<T, K: Keeper<T>>(
        &self,
        record: &Record,
    ) -> Result<Option<T>, JournalError> {
        self.journaling.decoded::<T, K>(&self.path, record)
    }

    /// Records a step with its value. `place` is the number that was shown last, in basis points,
    /// and the time at work in this process.
    pub(crate) fn keep<T, K: Keeper<T>>(
        &self,
        step: EndedStep,
        value: &T,
        place: (u16, Duration),
    ) -> Keeping {
        match K::to_json(value).and_then(RawValue::from_string) {
            Ok(value) => self.journaling.record(&self.path, step, Some(value), place),
            Err(error) => Keeping::failed(JournalError::NotKept {
                step: self.path.to_string(),
                text: error.to_string(),
            }),
        }
    }

    /// Records the end of something that has no value of its own.
    pub(crate) fn keep_end(&self, step: EndedStep, place: (u16, Duration)) -> Keeping {
        self.journaling.record(&self.path, step, None, place)
    }
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '%' => escaped.push_str("%25"),
            '/' => escaped.push_str("%2F"),
            '[' => escaped.push_str("%5B"),
            ']' => escaped.push_str("%5D"),
            char => escaped.push(char),
        }
    }
    escaped
}
