//! How a result says that a sub-job ended.

use std::fmt::Display;

use crate::end::End;

/// The result of a sub-job, which says how the sub-job ended.
///
/// `Ok` and `()` have gone well, an `Err` is a failure with the error's text. A type of your own
/// says what its values mean:
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
/// assert_eq!(Err::<(), _>("no space left").verdict(), Verdict::Failed("no space left".to_owned()));
/// assert_eq!(Sync::Done.verdict(), Verdict::Ok);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say whether the sub-job went well",
    label = "a sub-job returns a `Result` or `()`",
    note = "end it with `Ok::<_, Error>(value)`; the error implements `Display`"
)]
pub trait Outcome {
    /// How the sub-job ended.
    fn verdict(&self) -> Verdict;
}

/// How a sub-job ended, by its result.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// It went well.
    Ok,
    /// It stopped because it was cancelled.
    Cancelled,
    /// It failed, with the text of its error.
    Failed(String),
}

impl Verdict {
    /// The text of the error; empty where there is none.
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
            Err(error) => Verdict::Failed(format!("{error:#}")),
        }
    }
}
