//! Why a journal cannot be used, and what to do about it.

use std::error::Error;
use std::fmt;

/// Why a durable workflow cannot go on, or cannot begin.
///
/// The error of a durable workflow implements `From<JournalError>`, as boxed errors and
/// `anyhow::Error` do.
///
/// ```
/// use progress_runtime::{Interrupted, JournalError};
///
/// enum ImportError {
///     Interrupted(Interrupted),
///     Journal(JournalError),
/// }
///
/// impl From<Interrupted> for ImportError {
///     fn from(reason: Interrupted) -> Self {
///         Self::Interrupted(reason)
///     }
/// }
///
/// impl From<JournalError> for ImportError {
///     fn from(error: JournalError) -> Self {
///         Self::Journal(error)
///     }
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JournalError {
    /// Another run, of this process or of another one, goes on with the journal.
    Locked {
        /// The name of the journal, such as the path of its file.
        journal: String,
        /// The id of the process that holds it, where that is known.
        holder: Option<u32>,
    },
    /// The journal cannot be read.
    Unreadable {
        /// The name of the journal.
        journal: String,
        /// What the system says.
        text: String,
    },
    /// A record in the middle is damaged. The last one is never: if it is torn, it is dropped.
    Damaged {
        /// The name of the journal.
        journal: String,
        /// The line of the record, counted from 1.
        line: usize,
        /// What is wrong with it.
        text: String,
    },
    /// The journal cannot be written: the workflow stops, because what it did now would be
    /// forgotten.
    Unwritable {
        /// The name of the journal.
        journal: String,
        /// What the system says.
        text: String,
    },
    /// The journal was written for another plan.
    ChangedPlan {
        /// The workflow that would go on.
        workflow: String,
        /// The workflow that wrote the journal.
        recorded: String,
        /// The paths of the steps that the journal does not know.
        new: Vec<String>,
        /// The paths of the steps that the workflow no longer has.
        gone: Vec<String>,
    },
    /// A value that was kept does not fit its step any more.
    ChangedValue {
        /// The path of the step.
        step: String,
        /// What the decoder says.
        text: String,
    },
    /// A value cannot be written as JSON, such as a map whose keys are no strings, or cannot be read
    /// again, such as NaN.
    NotKept {
        /// The path of the step.
        step: String,
        /// What the encoder says.
        text: String,
    },
    /// A record is larger than the bound.
    TooLarge {
        /// The path of the step.
        step: String,
        /// The size of the record, in bytes.
        size: usize,
        /// The bound, in bytes.
        limit: usize,
    },
    /// The inputs cannot be compared, because they are no JSON.
    Inputs {
        /// What the encoder says.
        text: String,
    },
    /// Two items of a loop have one key.
    SameKey {
        /// The path of the loop.
        step: String,
        /// The key.
        key: String,
    },
}

impl fmt::Display for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Locked { journal, holder: Some(holder) } => {
                write!(f, "process {holder} goes on with the journal {journal}")
            }
            Self::Locked { journal, holder: None } => {
                write!(f, "another process goes on with the journal {journal}")
            }
            Self::Unreadable { journal, text } => {
                write!(f, "the journal {journal} cannot be read: {text}")
            }
            Self::Damaged { journal, line, text } => write!(
                f,
                "the journal {journal} is damaged in line {line}: {text}. Remove the line to run \
                 its step again, or begin anew"
            ),
            Self::Unwritable { journal, text } => {
                write!(f, "the journal {journal} cannot be written: {text}")
            }
            Self::ChangedPlan { workflow, recorded, new, gone } => {
                changed_plan(f, workflow, recorded, new, gone)
            }
            Self::ChangedValue { step, text } => write!(
                f,
                "the value that was kept of step `{step}` does not fit it any more: {text}. Begin \
                 anew, or run the step again with `allow_changed_plan()`"
            ),
            Self::NotKept { step, text } => {
                write!(f, "the value of step `{step}` cannot be kept: {text}")
            }
            Self::Inputs { text } => write!(f, "the inputs cannot be compared: {text}"),
            Self::TooLarge { step, size, limit } => write!(
                f,
                "the record of step `{step}` has {size} bytes, and at most {limit} are kept: keep \
                 the value elsewhere and return where it is, mark the step `#[repeat]`, or raise \
                 `max_record`"
            ),
            Self::SameKey { step, key } => write!(
                f,
                "two items of step `{step}` have the key `{key}`: a key must be unique in its loop"
            ),
        }
    }
}

fn changed_plan(
    f: &mut fmt::Formatter<'_>,
    workflow: &str,
    recorded: &str,
    new: &[String],
    gone: &[String],
) -> fmt::Result {
    if workflow == recorded {
        write!(f, "the plan of `{workflow}` has changed since the journal was written")?;
    } else {
        write!(f, "the journal is that of the workflow `{recorded}`, not of `{workflow}`")?;
    }
    for (what, steps) in [("new", new), ("gone", gone)] {
        if !steps.is_empty() {
            write!(f, "; {what}: `{}`", steps.join("`, `"))?;
        }
    }
    if new.is_empty() && gone.is_empty() && workflow == recorded {
        f.write_str("; its steps stand in another order, or run in another way")?;
    }
    f.write_str(". Begin anew, or go on by the ids of the steps with `allow_changed_plan()`")
}

impl Error for JournalError {}

#[cfg(test)]
mod tests {
    use super::JournalError;

    #[test]
    fn a_changed_plan_says_what_is_new_what_is_gone_and_what_to_do() {
        let changed = |new: &[&str], gone: &[&str]| {
            let owned = |steps: &[&str]| steps.iter().map(|step| (*step).to_owned()).collect();
            let name = || "import".to_owned();
            let (new, gone) = (owned(new), owned(gone));
            JournalError::ChangedPlan { workflow: name(), recorded: name(), new, gone }.to_string()
        };
        let cure = "Begin anew, or go on by the ids of the steps with `allow_changed_plan()`";
        assert_eq!(
            changed(&["check", "load/parse"], &["verify"]),
            format!(
                "the plan of `import` has changed since the journal was written; new: `check`, \
                 `load/parse`; gone: `verify`. {cure}"
            )
        );
        assert_eq!(
            changed(&[], &[]),
            format!(
                "the plan of `import` has changed since the journal was written; its steps stand \
                 in another order, or run in another way. {cure}"
            )
        );
    }
}
