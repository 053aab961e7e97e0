//! What kinds of jobs there are, and the limits of what they carry.

use std::fmt;
use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::JobsError;

/// The arguments and the result of a job, in bytes of JSON.
pub(crate) const MAX_VALUE: usize = 1 << 20;
/// How many versions back a worker still takes jobs.
const MAX_VERSION: u32 = 64;

/// A kind of job: its name, and the types of its arguments and its result.
///
/// Declare it once, as a constant that the code of the workers and of the parents shares:
///
/// ```
/// use progress_jobs::Kind;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize)]
/// struct ScanArgs {
///     folder: String,
/// }
///
/// const SCAN: Kind<ScanArgs, u64> = Kind::new("scan");
/// const REBUILD: Kind<(), ()> = Kind::new("rebuild").version(2).priority(1).attempts(5);
/// # let _ = (SCAN, REBUILD);
/// ```
pub struct Kind<A, T> {
    name: &'static str,
    version: u32,
    priority: u32,
    attempts: u32,
    types: PhantomData<fn(A) -> T>,
}

impl<A, T> Clone for Kind<A, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A, T> Copy for Kind<A, T> {}

impl<A, T> Kind<A, T> {
    /// A kind of version 1, priority 0 and 3 attempts.
    pub const fn new(name: &'static str) -> Self {
        Self { name, version: 1, priority: 0, attempts: 3, types: PhantomData }
    }

    /// Sets the version of the arguments, from 1 to 64. A worker takes the jobs of its own version
    /// and of earlier ones; it leaves newer ones to newer workers.
    ///
    /// # Panics
    /// Panics for a version outside of the range; in a constant, that is an error of compilation.
    pub const fn version(self, version: u32) -> Self {
        assert!(version >= 1 && version <= MAX_VERSION, "a version is a number from 1 to 64");
        Self { version, ..self }
    }

    /// Sets the priority. Workers take waiting jobs of a higher priority first, whatever their kind.
    pub const fn priority(self, priority: u32) -> Self {
        // Both databases store it as a signed number of 32 bits.
        Self { priority: if priority > 1_000_000 { 1_000_000 } else { priority }, ..self }
    }

    /// Sets how many workers a job may lose before it is given up as
    /// [`Lost`](crate::JobState::Lost); at least 1. An error that the job returns does not count: it
    /// is the result, and a `#[retry]` of the workflow starts another job.
    pub const fn attempts(self, attempts: u32) -> Self {
        Self { attempts: if attempts == 0 { 1 } else { attempts }, ..self }
    }

    /// The name.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) const fn terms(&self) -> Terms {
        Terms {
            kind: self.name,
            version: self.version,
            priority: self.priority,
            attempts: self.attempts,
        }
    }
}

impl<A, T> fmt::Debug for Kind<A, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kind")
            .field("name", &self.name)
            .field("version", &self.version)
            .field("priority", &self.priority)
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}

/// A kind without its types.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    pub(crate) kind: &'static str,
    pub(crate) version: u32,
    pub(crate) priority: u32,
    pub(crate) attempts: u32,
}

impl Terms {
    /// The queues that a worker of this version serves, newest first.
    pub(crate) fn queues(self) -> impl Iterator<Item = String> {
        (1..=self.version).rev().map(move |version| queue(self.kind, i64::from(version)))
    }
}

/// The queue of the jobs of one kind and version. The version is a part of it, so that no worker
/// claims a job that it is too old for.
pub(crate) fn queue(kind: &str, version: i64) -> String {
    format!("{QUEUES}{kind}@{version}")
}

/// The start of the names of all queues of this crate.
pub(crate) const QUEUES: &str = "progress-jobs/";

/// A value as JSON, within the limit. `what` names it in the error.
pub(crate) fn encode<V: Serialize>(what: &'static str, value: &V) -> Result<String, JobsError> {
    let json = serde_json::to_string(value)
        .map_err(|error| JobsError::Encode { what, error: error.to_string() })?;
    if json.len() > MAX_VALUE {
        return Err(JobsError::TooLarge { what, size: json.len(), limit: MAX_VALUE });
    }
    Ok(json)
}

/// A value from its JSON. `what` names it in the error.
pub(crate) fn decode<V: DeserializeOwned>(what: &'static str, json: &str) -> Result<V, JobsError> {
    serde_json::from_str(json).map_err(|error| JobsError::Decode { what, error: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::{Kind, MAX_VALUE, decode, encode};
    use crate::error::JobsError;

    #[test]
    fn a_worker_serves_its_own_version_and_earlier_ones() {
        const SCAN: Kind<(), ()> = Kind::new("scan").version(3);
        let queues: Vec<_> = SCAN.terms().queues().collect();
        assert_eq!(
            queues,
            ["progress-jobs/scan@3", "progress-jobs/scan@2", "progress-jobs/scan@1"]
        );
    }

    #[test]
    fn a_value_over_the_limit_is_refused_with_its_size() {
        let refused = encode("arguments", &"x".repeat(MAX_VALUE)).unwrap_err();
        assert!(
            matches!(refused, JobsError::TooLarge { size, limit: MAX_VALUE, .. } if size == MAX_VALUE + 2)
        );
        let text = encode("arguments", &"x".repeat(MAX_VALUE - 2)).unwrap();
        assert_eq!(decode::<String>("arguments", &text).unwrap().len(), MAX_VALUE - 2);
    }

    #[test]
    fn a_float_comes_back_to_its_last_bit() {
        let float = 437_918.599_019_468_53_f64;
        let text = encode("result", &float).unwrap();
        assert_eq!(decode::<f64>("result", &text).unwrap().to_bits(), float.to_bits());
    }
}
