//! What a result says: whether it is an error, and its text.

use std::any::Any;
use std::fmt::{Debug, Display};

/// The result of a sub-job, which tells how the sub-job ended.
///
/// A `Result` is an error or is not; `()` is always well.
///
/// ```
/// use progress_runtime::Outcome;
///
/// assert_eq!(Ok::<_, std::io::Error>(5).failure(), None);
/// assert_eq!(Err::<(), _>("no space left").failure().as_deref(), Some("no space left"));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say whether the sub-job went well",
    label = "a sub-job returns a `Result` or `()`",
    note = "end it with `Ok::<_, Error>(value)`; the error implements `Display`"
)]
pub trait Outcome {
    /// The text of the error, if there is one.
    fn failure(&self) -> Option<String>;
}

impl Outcome for () {
    fn failure(&self) -> Option<String> {
        None
    }
}

impl<T, E: Display> Outcome for Result<T, E> {
    fn failure(&self) -> Option<String> {
        self.as_ref().err().map(|error| format!("{error:#}"))
    }
}

/// The text of a panic.
pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("panicked: {}", text.unwrap_or("with a value that is no text"))
}

/// Looks at a value whose type the macro does not know.
///
/// Method resolution does the choosing: the steps to `&&&Probe` down to `&Probe` are tried in order, and the
/// first whose bounds hold is taken. (The technique is known as autoref specialization.)
pub struct Probe<'a, T: ?Sized>(pub &'a T);

/// An error that can be displayed.
pub trait ByDisplay {
    /// The text of the error, if there is one.
    fn failure(&self) -> Option<String>;
}

impl<T, E: Display> ByDisplay for &&&Probe<'_, Result<T, E>> {
    fn failure(&self) -> Option<String> {
        self.0.as_ref().err().map(|error| format!("{error:#}"))
    }
}

/// An error that can only be debugged.
pub trait ByDebug {
    /// The text of the error, if there is one.
    fn failure(&self) -> Option<String>;
}

impl<T, E: Debug> ByDebug for &&Probe<'_, Result<T, E>> {
    fn failure(&self) -> Option<String> {
        self.0.as_ref().err().map(|error| format!("{error:?}"))
    }
}

/// An error that has nothing but a type.
pub trait ByName {
    /// The name of the error's type, if there is an error.
    fn failure(&self) -> Option<String>;
}

impl<T, E> ByName for &Probe<'_, Result<T, E>> {
    fn failure(&self) -> Option<String> {
        self.0.as_ref().err().map(|_| std::any::type_name::<E>().to_owned())
    }
}

/// A value that is no result, and so no error.
pub trait NoResult {
    /// Nothing.
    fn failure(&self) -> Option<String> {
        None
    }
}

impl<T: ?Sized> NoResult for Probe<'_, T> {}

#[cfg(test)]
mod tests {
    use super::*;

    macro_rules! failure {
        ($value:expr) => {
            (&&&&Probe(&$value)).failure()
        };
    }

    #[test]
    fn an_error_is_told_by_the_best_that_it_has() {
        #[derive(Debug)]
        struct Debuggable;
        struct Bare;
        assert_eq!(failure!(Err::<(), _>("shown")).as_deref(), Some("shown"));
        assert_eq!(failure!(Err::<(), _>(Debuggable)).as_deref(), Some("Debuggable"));
        assert!(failure!(Err::<(), _>(Bare)).is_some_and(|name| name.ends_with("Bare")));
        assert_eq!(failure!(Ok::<_, Bare>(5)), None);
        assert_eq!(failure!(Some(5)), None);
    }
}
