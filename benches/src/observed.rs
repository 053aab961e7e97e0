//! Counting while somebody looks.

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

const ALONE: &str = "progress-runtime, nobody looks";

/// Samples are so long that each of them is looked into more than once.
pub fn section() -> Section {
    let long =
        Sampling { length: Duration::from_millis(30), rounds: 61, budget: Duration::from_secs(15) };
    let target = [Target::Times(1.15, ALONE)];
    Section::timed("inc(1), while somebody looks")
        .sampled(long)
        .own(ALONE, &[], || counting(false, None))
        .own("progress-runtime, the number read at 60 Hz", &target, || {
            counting(false, Some(number))
        })
        .own("progress-runtime, a snapshot at 60 Hz", &target, || counting(false, Some(snapshot)))
        .own("progress-runtime, Lines attached", &target, || counting(true, None))
        .own("progress-runtime, Lines attached and a snapshot at 60 Hz", &target, || {
            counting(true, Some(snapshot))
        })
}

fn number(run: &Run) {
    black_box(run.shown());
}

fn snapshot(run: &Run) {
    drop(black_box(run.snapshot()));
}

fn counting(reported: bool, look: Option<fn(&Run)>) -> Work {
    let mut leaf = Leaf::new(1);
    if reported {
        leaf.run.report_to(Lines::new(io::sink()));
    }
    let reader = look.map(|look| Reader::new(leaf.run.clone(), look));
    repeat(move |_| {
        let _looking = &reader;
        black_box(&mut leaf.share).inc(1);
    })
}

/// A thread that looks 60 times a second, until it is dropped.
struct Reader {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Reader {
    fn new(run: Run, look: fn(&Run)) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = thread::spawn(move || {
            while !stopped.load(Relaxed) {
                look(&run);
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
            // A reader that has panicked has said so itself.
            let _ = thread.join();
        }
    }
}
