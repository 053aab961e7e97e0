//! The result of a sub-job, and the verdict on it.

use std::fmt::Display;

use crate::end::End;
use crate::panics;

/// The result of a sub-job, from which the run learns how the sub-job ended.
///
/// `Ok` and `()` mean success, and an `Err` means failure with the text of the error. If the
/// error's `Display` panics, the text of that panic takes its place. Implement the trait for a type
/// of your own to define what its values mean:
///
/// ```
/// use progress_runtime::jobs::Verdict;
/// use progress_runtime::Outcome;
///
/// enum Sync {
///     Done,
///     Conflicts(usize),
/// }
///
/// impl Outcome for Sync {
///     fn verdict(&self) -> Verdict {
///         match self {
///             Self::Done => Verdict::Ok,
///             Self::Conflicts(count) => Verdict::Failed(format!("{count} conflicts")),
///         }
///     }
/// }
///
/// assert_eq!(Err::<(), _>("disk full").verdict(), Verdict::Failed("disk full".to_owned()));
/// assert_eq!(Sync::Done.verdict(), Verdict::Ok);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not show whether the sub-job succeeded",
    label = "a sub-job returns a `Result` or `()`",
    note = "end it with `Ok::<_, Error>(value)`; the error implements `Display`"
)]
pub trait Outcome {
    /// Returns how the sub-job ended.
    fn verdict(&self) -> Verdict;
}

/// How a sub-job ended, judged by its result.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// It succeeded.
    Ok,
    /// It stopped because it was cancelled.
    Cancelled,
    /// It failed, with the text of its error.
    Failed(String),
}

impl Verdict {
    /// The text of the error, empty if there is none.
    #[doc(hidden)]
    pub fn into_text(self) -> String {
        match self {
            Self::Failed(text) => text,
            Self::Ok | Self::Cancelled => String::new(),
        }
    }
}

impl From<Verdict> for End {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Ok => Self::Completed,
            Verdict::Cancelled => Self::Cancelled,
            Verdict::Failed(text) => Self::Failed(Some(text.into())),
        }
    }
}

impl Outcome for () {
    fn verdict(&self) -> Verdict {
        Verdict::Ok
    }
}

impl<T, E: Display> Outcome for Result<T, E> {
    fn verdict(&self) -> Verdict {
        match self {
            Ok(_) => Verdict::Ok,
            Err(error) => Verdict::Failed(panics::display(error)),
        }
    }
}
