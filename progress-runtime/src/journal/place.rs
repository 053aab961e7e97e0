//! The place of a share in a journal: the path under which its work is kept.

use std::sync::Arc;
use std::time::Duration;

use serde_json::value::RawValue;

use super::JournalError;
use super::journaling::{Journaling, Keeping};
use super::line::Record;
use super::store::JournalFuture;
use super::value::Keeper;
use crate::path::escaped;
use crate::plan::Plan;
use crate::tree::EndedStep;

/// The path of a step, or of an item of a loop, in the journal of its run.
///
/// `analysis[b7]/plan` is the step `plan` in the item with the key `b7` of the step `analysis`. The
/// characters that join paths are written as `%2F`, `%5B` and `%5D` in ids and keys, and `%` as
/// `%25`.
#[derive(Clone)]
pub(crate) struct JournalPlace(Arc<Place>);

struct Place {
    journaling: Arc<Journaling>,
    path: String,
}

impl JournalPlace {
    pub(crate) fn root(journaling: &Arc<Journaling>) -> Self {
        Self(Arc::new(Place { journaling: Arc::clone(journaling), path: String::new() }))
    }

    pub(crate) fn child(&self, id: &str) -> Self {
        let (above, id) = (&self.0.path, escaped(id));
        let separator = if above.is_empty() { "" } else { "/" };
        self.at(format!("{above}{separator}{id}"))
    }

    pub(crate) fn item(&self, key: &str) -> Self {
        self.at(format!("{}[{}]", self.0.path, escaped(key)))
    }

    fn at(&self, path: String) -> Self {
        Self(Arc::new(Place { journaling: Arc::clone(&self.0.journaling), path }))
    }

    pub(crate) fn is_root(&self) -> bool {
        self.0.path.is_empty()
    }

    /// A workflow begins here.
    pub(crate) fn begin(&self, plan: &Plan, now: u64) -> JournalFuture<()> {
        self.0.journaling.begin(plan, &self.0.path, now)
    }

    /// The workflow that runs here has completed.
    pub(crate) fn close(&self) -> JournalFuture<()> {
        self.0.journaling.close()
    }

    /// What is known of an earlier process.
    pub(crate) fn take(&self) -> Option<Record> {
        self.0.journaling.take(&self.0.path)
    }

    /// This was not done again.
    pub(crate) fn note_recalled(&self) {
        self.0.journaling.note_recalled(&self.0.path);
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
        self.0.journaling.decoded::<T, K>(&self.0.path, record)
    }

    /// Records a step with its value. `place` is the number that was shown last, in basis points,
    /// and the time at work in this process.
    pub(crate) fn keep<T, K: Keeper<T>>(
        &self,
        step: EndedStep,
        value: &T,
        place: (u16, Duration),
    ) -> Keeping {
        match kept::<T, K>(value) {
            Ok(value) => self.0.journaling.record(&self.0.path, step, Some(value), place),
            Err(error) => Keeping::failed(JournalError::NotKept {
                step: self.0.path.to_string(),
                text: error.to_string(),
            }),
        }
    }

    /// Records the end of something that has no value of its own.
    pub(crate) fn keep_end(&self, step: EndedStep, place: (u16, Duration)) -> Keeping {
        self.0.journaling.record(&self.0.path, step, None, place)
    }
}

/// The text of a value, which can be read again. JSON has no NaN, for one: it is written as `null`,
/// and the run could not go on with that.
fn kept<T, K: Keeper<T>>(value: &T) -> serde_json::Result<Box<RawValue>> {
    let json = K::to_json(value)?;
    K::from_json(&json)?;
    RawValue::from_string(json)
}
