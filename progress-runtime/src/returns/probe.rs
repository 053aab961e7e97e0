//! The verdict on a value whose type the macro does not know.
//!
//! The macro judges a value where the step ends, but at that place its type may still be open, as
//! in `let items = stream.collect().await;`. So the way to judge it is a type parameter `J` there,
//! and method resolution chooses `J` at the end of the function, when all types are known. Neither
//! place demands anything of the type.

use std::any::type_name;
use std::fmt::Debug;
use std::marker::PhantomData;

use super::{Outcome, Verdict};
use crate::panics;

/// A value of type `T` that was judged by `J`. It exists for the type checker only.
pub struct Judged<T, J>(PhantomData<fn(T, J)>);

impl<T, J: Judge<T>> Judged<T, J> {
    /// Judges a value, by a `J` that is still to be chosen.
    pub fn verdict(value: &T) -> (Verdict, Self) {
        (J::verdict(value), Self(PhantomData))
    }

    /// The probe whose method `judge` chooses `J`.
    pub fn probe(self) -> Probe<T> {
        Probe(PhantomData)
    }

    /// Says that `J` is the type of this value.
    pub fn by(self, _: J) {}
}

impl<T, J> Clone for Judged<T, J> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, J> Copy for Judged<T, J> {}

/// A way to judge values of type `T`.
pub trait Judge<T> {
    /// The verdict on a value.
    fn verdict(value: &T) -> Verdict;
}

/// A type to choose a [`Judge`] for. Method resolution tries the traits below from `&&&Probe` down
/// to `Probe`, and takes the first whose bounds hold.
pub struct Probe<T>(PhantomData<fn(T)>);

/// The value implements [`Outcome`].
pub struct OfOutcome;

impl<T: Outcome> Judge<T> for OfOutcome {
    fn verdict(value: &T) -> Verdict {
        panics::catch(|| value.verdict()).unwrap_or_else(|panic| Verdict::Failed(panic.to_string()))
    }
}

/// Chooses `OfOutcome`.
pub trait ByOutcome {
    /// The judge.
    fn judge(&self) -> OfOutcome {
        OfOutcome
    }
}

impl<T: Outcome> ByOutcome for &&&Probe<T> {}

/// The value is a result whose error implements `Debug` and not `Display`.
pub struct OfDebug;

impl<T, E: Debug> Judge<Result<T, E>> for OfDebug {
    fn verdict(value: &Result<T, E>) -> Verdict {
        match value {
            Ok(_) => Verdict::Ok,
            Err(error) => Verdict::Failed(panics::debug(error)),
        }
    }
}

/// Chooses `OfDebug`.
pub trait ByDebug {
    /// The judge.
    fn judge(&self) -> OfDebug {
        OfDebug
    }
}

impl<T, E: Debug> ByDebug for &&Probe<Result<T, E>> {}

/// The value is a result whose error implements neither. The name of its type serves as its text.
pub struct OfName;

impl<T, E> Judge<Result<T, E>> for OfName {
    fn verdict(value: &Result<T, E>) -> Verdict {
        match value {
            Ok(_) => Verdict::Ok,
            Err(_) => Verdict::Failed(type_name::<E>().to_owned()),
        }
    }
}

/// Chooses `OfName`.
pub trait ByName {
    /// The judge.
    fn judge(&self) -> OfName {
        OfName
    }
}

impl<T, E> ByName for &Probe<Result<T, E>> {}

/// Any other value, which is a success.
pub struct OfNothing;

impl<T> Judge<T> for OfNothing {
    fn verdict(_: &T) -> Verdict {
        Verdict::Ok
    }
}

/// Chooses `OfNothing`.
pub trait ByNothing {
    /// The judge.
    fn judge(&self) -> OfNothing {
        OfNothing
    }
}

impl<T> ByNothing for Probe<T> {}

#[cfg(test)]
mod tests {
    use super::*;

    macro_rules! verdict {
        ($value:expr) => {
            crate::__failure!(&$value)
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
