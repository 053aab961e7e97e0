//! The log events of the runtime, kept apart by thread.

use std::cell::RefCell;
use std::sync::Once;

struct Logger;

thread_local!(static EVENTS: RefCell<Vec<(log::Level, String)>> = const { RefCell::new(Vec::new()) });

impl log::Log for Logger {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        if record.target().starts_with("progress_runtime") {
            let event = (record.level(), record.args().to_string());
            EVENTS.with_borrow_mut(|events| events.push(event));
        }
    }

    fn flush(&self) {}
}

/// The events that `work` logs on this thread.
pub(crate) fn logged_by(work: impl FnOnce()) -> Vec<(log::Level, String)> {
    static SET: Once = Once::new();
    SET.call_once(|| {
        log::set_logger(&Logger).unwrap();
        log::set_max_level(log::LevelFilter::Trace);
    });
    EVENTS.take();
    work();
    EVENTS.take()
}
