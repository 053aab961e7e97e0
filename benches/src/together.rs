//! The same operation on several threads at once.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::Instant;

use crate::measure::{Sample, Work, sample};

/// Calls an operation that many times, on whatever thread.
pub type Looped = Box<dyn FnMut(u64) + Send>;

/// An operation, to be called from a thread of its own; each call gets its number, which grows.
pub fn looped(mut operation: impl FnMut(u64) + Send + 'static) -> Looped {
    let mut first = 1;
    Box::new(move |calls| {
        let numbers = first..first + calls;
        first += calls;
        numbers.for_each(&mut operation);
    })
}

/// One thread for each operation, all at once; the slowest counts.
pub fn together(mut operations: Vec<Looped>) -> Work {
    Box::new(move |calls| {
        let (ready, all) = (AtomicUsize::new(0), operations.len());
        let alone = |operation: &mut Looped| {
            ready.fetch_add(1, SeqCst);
            while ready.load(SeqCst) < all {
                thread::yield_now();
            }
            let start = Instant::now();
            let sample = sample(|| operation(calls));
            (start, sample)
        };
        let samples: Vec<_> = thread::scope(|threads| {
            let running: Vec<_> =
                operations.iter_mut().map(|operation| threads.spawn(|| alone(operation))).collect();
            running.into_iter().map(|thread| thread.join().expect("no operation panics")).collect()
        });
        whole(&samples)
    })
}

/// A sample counts where all threads were at work for most of the time.
fn whole(samples: &[(Instant, Sample)]) -> Sample {
    let time = samples.iter().map(|(_, sample)| sample.time).max().unwrap_or_default();
    let last_start = samples.iter().map(|(start, _)| *start).max();
    let first_end = samples.iter().map(|(start, sample)| *start + sample.time).min();
    let shared = last_start.zip(first_end).map(|(start, end)| end.saturating_duration_since(start));
    let apart = shared.is_none_or(|shared| shared < time.mul_f64(0.8));
    Sample { time, disturbed: apart || samples.iter().any(|(_, sample)| sample.disturbed) }
}
