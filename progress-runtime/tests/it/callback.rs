//! A callback reports percentages and messages, and its number never goes back.

use std::sync::{Arc, OnceLock};

use progress_runtime::RunStatus;

use crate::support::{TICK, half, observed, reporter_fn};

#[test]
fn a_late_callback_does_not_reopen_a_completed_run() {
    let (run, mut progress, clock, recording) = observed("R");
    progress.set_length(2);
    let report = progress.split(1).callback();
    progress.finish();
    let updates = recording.updates().len();
    report(Some(40.0), Some("late"));
    clock.advance(TICK);
    assert_eq!((run.status(), run.percent()), (RunStatus::Completed, 100.0));
    assert_eq!(&*run.snapshot().message, "Completed");
    assert_eq!(recording.updates().len(), updates);
}

#[test]
fn a_callback_accepts_a_percentage_or_a_message_or_both() {
    let (run, _root, share) = half();
    let report = share.callback();
    report(Some(40.0), Some("reading"));
    assert_eq!((run.percent(), &*run.snapshot().message), (20.0, "reading"));
    report(None, Some("sorting"));
    assert_eq!((run.percent(), &*run.snapshot().message), (20.0, "sorting"));
    report(Some(60.5), None);
    assert_eq!((run.percent(), &*run.snapshot().message), (30.25, "sorting"));
    report(None, None);
    report(Some(10.0), None);
    report(Some(f64::NAN), None);
    assert_eq!(run.percent(), 30.25, "it never goes back");
    report(Some(250.0), None);
    assert_eq!(run.percent(), 50.0);
}

#[test]
fn a_callback_can_be_boxed_and_shared_between_threads() {
    let (run, _root, share) = half();
    type Report = dyn Fn(Option<f64>, Option<&str>) + Send + Sync;
    let report: Box<Report> = Box::new(share.callback());
    std::thread::scope(|scope| {
        for percent in [10.0, 50.0, 30.0] {
            let report = &report;
            scope.spawn(move || report(Some(percent), None)).join().unwrap();
        }
    });
    // After 10 % and 50 %, going back to 30 % holds the number until more than 50 % is reported.
    assert_eq!(run.percent(), 25.0);
    report(Some(45.0), None);
    assert_eq!(run.percent(), 25.0);
    report(Some(65.0), None);
    assert_eq!(run.percent(), 32.5);
}

#[test]
fn a_reporter_that_hears_of_the_start_may_use_the_callback() {
    type Callback = Box<dyn Fn(Option<f64>, Option<&str>) + Send + Sync>;
    let (run, progress, ..) = observed("R");
    let callback: Arc<OnceLock<Callback>> = Arc::default();
    let inner = Arc::clone(&callback);
    run.report_to(reporter_fn(move |_| {
        inner.get().inspect(|callback| callback(Some(5.0), Some("seen")));
    }));
    let callback = callback.get_or_init(|| Box::new(progress.callback()));
    callback(Some(10.0), None);
    assert_eq!((run.percent(), &*run.snapshot().message), (10.0, "seen"));
}
