//! The verdict on a value whose type the macro does not know.

use std::any::type_name;
use std::fmt::Debug;

use super::{Outcome, Verdict};
use crate::panics;

/// A value to judge. Method resolution tries the traits below from `&&&Probe` down to `Probe`,
/// and takes the first whose bounds hold.
pub struct Probe<'a, T: ?Sized>(pub &'a T);

/// A value that implements [`Outcome`].
pub trait ByOutcome {
    /// The verdict.
    fn verdict(&self) -> Verdict;
}

impl<T: Outcome> ByOutcome for &&&Probe<'_, T> {
    fn verdict(&self) -> Verdict {
        panics::catch(|| self.0.verdict())
            .unwrap_or_else(|panic| Verdict::Failed(panic.to_string()))
    }
}

/// A result whose error implements `Debug` and not `Display`.
pub trait ByDebug {
    /// The verdict.
    fn verdict(&self) -> Verdict;
}

impl<T, E: Debug> ByDebug for &&Probe<'_, Result<T, E>> {
    fn verdict(&self) -> Verdict {
        match self.0 {
            Ok(_) => Verdict::Ok,
            Err(error) => Verdict::Failed(panics::debug(error)),
        }
    }
}

/// A result whose error implements neither. The name of its type serves as its text.
pub trait ByName {
    /// The verdict.
    fn verdict(&self) -> Verdict;
}

impl<T, E> ByName for &Probe<'_, Result<T, E>> {
    fn verdict(&self) -> Verdict {
        match self.0 {
            Ok(_) => Verdict::Ok,
            Err(_) => Verdict::Failed(type_name::<E>().to_owned()),
        }
    }
}

/// Any other value, which is a success.
pub trait NoResult {
    /// The verdict.
    fn verdict(&self) -> Verdict {
        Verdict::Ok
    }
}

impl<T: ?Sized> NoResult for Probe<'_, T> {}

#[cfg(test)]
mod tests {
    use super::*;

    macro_rules! verdict {
        ($value:expr) => {
            (&&&&Probe(&$value)).verdict()
        };
    }

    fn failed(text: &str) -> Verdict {
        Verdict::Failed(text.to_owned())
    }

    #[test]
    fn an_error_is_shown_by_display_or_debug_or_the_name_of_its_type() {
        #[derive(Debug)]
        struct Debuggable;
        struct Bare;
        assert_eq!(verdict!(Err::<(), _>("shown")), failed("shown"));
        assert_eq!(verdict!(Err::<(), _>(Debuggable)), failed("Debuggable"));
        assert_eq!(verdict!(Err::<(), _>(Bare)), failed(type_name::<Bare>()));
        assert_eq!(verdict!(Ok::<_, Bare>(5)), Verdict::Ok);
        assert_eq!(verdict!(Some(5)), Verdict::Ok);
    }

    #[test]
    fn a_type_of_the_users_decides_by_its_outcome() {
        struct Stopped;
        impl Outcome for Stopped {
            fn verdict(&self) -> Verdict {
                Verdict::Cancelled
            }
        }
        assert_eq!(verdict!(Stopped), Verdict::Cancelled);
    }
}
