//! Calls into code that is not this crate's: reporters, loggers, wakers, `Display`s and drops.
//!
//! A panic there must harm neither the workflow nor another reporter, so each such call goes
//! through [`contain`]. None is made while a lock of the tree or of the log is held.

use std::fmt;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::outcome::panic_text;

/// Calls `f`, and turns its panic into an error's text.
pub(crate) fn contain<T>(f: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(f)).map_err(|panic| {
        let text = panic_text(&*panic);
        // The drop of a panic's value can panic in its turn. That second value is leaked.
        if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(panic))) {
            mem::forget(again);
        }
        text
    })
}

/// Logs a warning. A logger that panics loses its line.
pub(crate) fn warn(text: fmt::Arguments<'_>) {
    let _ = contain(|| log::warn!("{text}"));
}

#[cfg(test)]
mod tests {
    use std::panic::panic_any;

    use super::contain;

    struct PanicsInDrop;

    impl Drop for PanicsInDrop {
        fn drop(&mut self) {
            panic!("in the drop");
        }
    }

    #[test]
    fn a_panic_becomes_a_text() {
        assert_eq!(contain(|| 7), Ok(7));
        assert_eq!(contain(|| panic!("on purpose")), Err::<(), _>("panicked: on purpose".into()));
    }

    #[test]
    fn a_panic_whose_value_panics_is_contained_too() {
        let text = contain(|| panic_any(PanicsInDrop)).unwrap_err();
        assert_eq!(text, "panicked: with a value that is no text");
    }
}
