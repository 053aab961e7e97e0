//! The guard around user code: a panic in it becomes a value.
//!
//! A panic in a body, a drop, a `Display`, a reporter or a logger must not prevent the end of a run
//! or stop a thread of this crate, so all of them are called through [`catch`].

use std::any::Any;
use std::fmt::{self, Write};
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

/// A panic that was caught.
pub(crate) struct Panic(Option<Box<dyn Any + Send>>);

impl Panic {
    /// Returns `panicked: ` and the panic's text.
    pub(crate) fn text(&self) -> Arc<str> {
        self.to_string().into()
    }

    /// Resumes the panic.
    pub(crate) fn resume(mut self) -> ! {
        resume_unwind(self.0.take().unwrap_or_else(|| Box::new(())))
    }
}

impl fmt::Display for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.0.as_deref();
        let text = value.and_then(|value| value.downcast_ref::<&str>().copied());
        let text = text.or_else(|| value?.downcast_ref::<String>().map(String::as_str));
        write!(f, "panicked: {}", text.unwrap_or("with a value that is not text"))
    }
}

impl Drop for Panic {
    fn drop(&mut self) {
        let value = self.0.take();
        // The drop of a panic's value can panic too. That second value is leaked.
        if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(value))) {
            Box::leak(again);
        }
    }
}

/// Runs user code, and catches a panic in it.
pub(crate) fn catch<R>(run: impl FnOnce() -> R) -> Result<R, Panic> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|value| Panic(Some(value)))
}

/// Awaits a user's future, and catches a panic in it, also in the drop of what it holds at its end.
pub(crate) async fn caught<F: Future>(work: F) -> Result<F::Output, Panic> {
    let mut work = pin!(Some(work));
    let polled = poll_fn(|cx| match work.as_mut().as_pin_mut() {
        Some(work) => catch(|| work.poll(cx))
            .map_or_else(|panic| Poll::Ready(Err(panic)), |polled| polled.map(Ok)),
        None => Poll::Pending,
    })
    .await;
    match catch(|| work.set(None)) {
        Ok(()) => polled,
        Err(panic) => Err(polled.err().unwrap_or(panic)),
    }
}

/// Returns the text of a user's value, or of the panic in its `Display`.
pub(crate) fn display(value: &dyn fmt::Display) -> String {
    text(format_args!("{value:#}"))
}

/// Returns a user's value as `Debug` shows it, or the text of the panic in its `Debug`.
pub(crate) fn debug(value: &dyn fmt::Debug) -> String {
    text(format_args!("{value:?}"))
}

/// The text of a value whose `Display` or `Debug` fails.
const NO_TEXT: &str = "an error whose text cannot be formatted";

fn text(value: fmt::Arguments<'_>) -> String {
    let mut text = String::new();
    match catch(|| text.write_fmt(value)) {
        Ok(Ok(())) => text,
        Ok(Err(fmt::Error)) => NO_TEXT.to_owned(),
        Err(panic) => panic.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_a_panic_is_kept() {
        let text = |panic: Result<(), Panic>| panic.err().map(|panic| panic.to_string());
        let number = 7;
        assert_eq!(text(catch(|| panic!("disk"))).as_deref(), Some("panicked: disk"));
        assert_eq!(text(catch(|| panic!("disk {number}"))).as_deref(), Some("panicked: disk 7"));
        let other = catch(|| std::panic::panic_any(number));
        assert_eq!(text(other).as_deref(), Some("panicked: with a value that is not text"));
    }

    #[test]
    fn a_panic_whose_value_panics_in_its_drop_is_caught_too() {
        struct PanicsInDrop;
        impl Drop for PanicsInDrop {
            fn drop(&mut self) {
                panic!("in the drop");
            }
        }
        let caught = catch(|| std::panic::panic_any(PanicsInDrop));
        assert!(caught.is_err());
        drop(caught);
    }

    #[test]
    fn a_display_that_panics_gives_the_text_of_its_panic() {
        struct Broken;
        impl fmt::Display for Broken {
            fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
                panic!("no text")
            }
        }
        assert_eq!(display(&Broken), "panicked: no text");
    }
}
