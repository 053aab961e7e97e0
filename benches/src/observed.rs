//! Counting while another thread reads the run.

use std::hint::black_box;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use progress_runtime::{Lines, Run};

use crate::measure::{Sampling, Work, repeat};
use crate::own::Leaf;
use crate::plan::{Section, Target};

const ALONE: &str = "progress-runtime, no reader";

/// The samples are long enough for several reads in each.
pub fn section() -> Section {
    let long =
        Sampling { length: Duration::from_millis(30), rounds: 61, budget: Duration::from_secs(15) };
    let target = [Target::Times(1.15, ALONE)];
    Section::timed("inc(1), while another thread reads")
        .sampling(long)
        .own(ALONE, &[], || counting(false, None))
        .own("progress-runtime, the percentage read at 60 Hz", &target, || {
            counting(false, Some(percentage))
        })
        .own("progress-runtime, a snapshot at 60 Hz", &target, || counting(false, Some(snapshot)))
        .own("progress-runtime, Lines attached", &target, || counting(true, None))
        .own("progress-runtime, Lines attached and a snapshot at 60 Hz", &target, || {
            counting(true, Some(snapshot))
        })
}

fn percentage(run: &Run) {
    black_box(run.percent());
}

fn snapshot(run: &Run) {
    drop(black_box(run.snapshot()));
}

fn counting(has_reporter: bool, read: Option<fn(&Run)>) -> Work {
    let mut leaf = Leaf::new(1);
    if has_reporter {
        leaf.run.report_to(Lines::new(io::sink()));
    }
    let reader = read.map(|read| Reader::start(leaf.run.clone(), read));
    repeat(move |_| {
        let _alive = &reader;
        black_box(&mut leaf.share).inc(1);
    })
}

/// A thread that reads the run 60 times a second. Dropping the reader stops it.
struct Reader {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Reader {
    fn start(run: Run, read: fn(&Run)) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let is_stopped = Arc::clone(&stop);
        let thread = thread::spawn(move || {
            while !is_stopped.load(Relaxed) {
                read(&run);
                thread::sleep(Duration::from_micros(16_667));
            }
        });
        Self { stop, thread: Some(thread) }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.stop.store(true, Relaxed);
        if let Some(thread) = self.thread.take() {
            // A panic of the reader has printed its own message.
            let _ = thread.join();
        }
    }
}
