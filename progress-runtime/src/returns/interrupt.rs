//! The conversion of `Interrupted` into the return type of a workflow.

use std::marker::PhantomData;

use crate::Interrupted;

/// Returns the result of a workflow that was cancelled.
///
/// # Panics
/// Panics if there is no conversion. The macro calls it only after a check that there is one.
pub fn interrupted<T>(interrupt: Option<fn(Interrupted) -> T>) -> T {
    match interrupt {
        Some(interrupt) => interrupt(Interrupted::Cancelled),
        None => unreachable!("a workflow stops only if its return type can express it"),
    }
}

/// A probe of a return type: method resolution finds its conversion from `Interrupted`, if any.
pub struct Interrupts<T>(PhantomData<fn() -> T>);

impl<T> Interrupts<T> {
    /// Creates the probe.
    #[expect(clippy::new_without_default, reason = "only the macro makes one")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

/// The return types that can express an interruption.
pub trait CanInterrupt<T> {
    /// The conversion.
    fn interrupt(&self) -> Option<fn(Interrupted) -> T>;
}

impl<T, E: From<Interrupted>> CanInterrupt<Result<T, E>> for &Interrupts<Result<T, E>> {
    fn interrupt(&self) -> Option<fn(Interrupted) -> Result<T, E>> {
        Some(|reason| Err(E::from(reason)))
    }
}

/// All other return types.
pub trait CannotInterrupt<T> {
    /// No conversion.
    fn interrupt(&self) -> Option<fn(Interrupted) -> T> {
        None
    }
}

impl<T> CannotInterrupt<T> for Interrupts<T> {}

/// The return type of a workflow with `#[timeout]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot represent a timeout",
    label = "a workflow with `#[timeout]` returns a `Result` whose error implements `From<Interrupted>`"
)]
pub trait Interruptible {
    /// The error.
    type Error;
}

impl<T, E> Interruptible for Result<T, E> {
    type Error = E;
}

/// An error that can represent a timeout.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot represent a timeout; implement `From<Interrupted>` for it",
    label = "a workflow with `#[timeout]` ends with this error when the time has run out"
)]
pub trait TimeoutError {
    /// The conversion.
    fn timed_out(interrupted: Interrupted) -> Self;
}

#[diagnostic::do_not_recommend]
impl<E: From<Interrupted>> TimeoutError for E {
    fn timed_out(interrupted: Interrupted) -> Self {
        interrupted.into()
    }
}

/// Converts a timeout into the error of the workflow.
pub fn timed_out<R: Interruptible<Error: TimeoutError>>(interrupted: Interrupted) -> R::Error {
    R::Error::timed_out(interrupted)
}
