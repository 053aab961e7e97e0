//! indicatif's `ProgressBar`.

use std::io::{Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use progress_runtime::{FnReporter, ManualClock, Progress, Run};

/// A bar of indicatif goes back with its position. Ours stands, and the position tells the truth.
#[test]
fn a_rewind_moves_the_position_alone() {
    let (run, mut progress) = Run::start("R");
    progress.set_length(10);
    progress.set_position(8);
    progress.set_position(2);
    assert_eq!((run.percent(), progress.position()), (80.0, 2));
    progress.inc(7);
    assert_eq!((run.percent(), progress.position()), (90.0, 9));
}

#[test]
fn work_that_is_resumed_starts_at_its_position() {
    let (run, mut progress) = Run::start("R");
    progress.set_length(100);
    progress.set_position(40);
    assert_eq!(run.percent(), 40.0);
    progress.inc(10);
    assert_eq!(run.percent(), 50.0);
}

#[test]
fn a_hidden_share_takes_everything() {
    let mut hidden = Progress::hidden();
    hidden.set_length(3);
    hidden.inc(2);
    hidden.set_message("nobody reads this");
    hidden.record_error("nor this");
    let child = hidden.split(1);
    child.finish();
    assert_eq!((hidden.length(), hidden.is_cancelled()), (Some(3), false));
    let numbers: Vec<u32> = hidden.wrap_iter(0..3).collect();
    assert_eq!(numbers, [0, 1, 2]);
}

#[test]
fn adapters_end_full() {
    let (run, mut progress) = Run::start("R");
    progress.set_length(3);
    assert_eq!(progress.split(1).wrap_iter([1, 2, 3].iter()).sum::<i32>(), 6);
    assert_eq!(run.percent(), 33.33);

    let mut text = String::new();
    let mut share = progress.split(1);
    share.set_length(4);
    share.wrap_read(Cursor::new("text")).read_to_string(&mut text).unwrap();
    assert_eq!((run.percent(), text.as_str()), (66.66, "text"));

    let written = {
        let mut share = progress.split(1);
        share.set_length(5);
        let mut writer = share.wrap_write(Vec::new());
        std::io::copy(&mut &b"bytes"[..], &mut writer).unwrap();
        writer.into_parts().0
    };
    assert_eq!((run.percent(), written.len()), (99.99, 5));
    progress.finish();
    assert_eq!(run.percent(), 100.0);
}

#[test]
fn an_adapter_that_is_left_early_is_not_full() {
    let (run, mut progress) = Run::start("R");
    progress.set_length(2);
    let found = progress.split(1).wrap_iter(0..10).find(|number| *number == 5);
    assert_eq!((found, run.percent()), (Some(5), 25.0));
}

/// indicatif bounds how often it draws; here the sampler does, whatever the work does.
#[test]
fn a_burst_is_one_report() {
    let clock = ManualClock::new();
    let (run, mut progress) = Run::builder("R").clock(&clock).start();
    let reports = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&reports);
    progress.set_length(100_000);
    run.report_to(FnReporter::new(move |_, _| {
        count.fetch_add(1, Ordering::SeqCst);
    }));
    let before = reports.load(Ordering::SeqCst);
    (0..50_000).for_each(|_| progress.inc(1));
    assert_eq!(reports.load(Ordering::SeqCst), before);
    clock.advance(Duration::from_millis(100));
    assert_eq!((reports.load(Ordering::SeqCst), run.last_percent()), (before + 1, 50.0));
}
