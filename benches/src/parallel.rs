//! Runs operations on several threads at once.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::Instant;

use crate::measure::{Sample, Work, sample};

/// Calls an operation, on any thread. The argument is the number of calls.
pub type ThreadWork = Box<dyn FnMut(u64) + Send>;

/// Repeats an operation on a thread. Its argument is the number of the call, starting at 1.
pub fn thread_work(mut operation: impl FnMut(u64) + Send + 'static) -> ThreadWork {
    let mut first = 1;
    Box::new(move |calls| {
        let numbers = first..first + calls;
        first += calls;
        numbers.for_each(&mut operation);
    })
}

/// Runs each operation on a thread of its own, all at once. A sample is the time of the slowest.
pub fn parallel(mut operations: Vec<ThreadWork>) -> Work {
    Box::new(move |calls| {
        let (ready, all) = (AtomicUsize::new(0), operations.len());
        let run = |operation: &mut ThreadWork| {
            ready.fetch_add(1, SeqCst);
            while ready.load(SeqCst) < all {
                thread::yield_now();
            }
            let start = Instant::now();
            let sample = sample(|| operation(calls));
            (start, sample)
        };
        let samples: Vec<_> = thread::scope(|scope| {
            let threads: Vec<_> =
                operations.iter_mut().map(|operation| scope.spawn(|| run(operation))).collect();
            threads.into_iter().map(|thread| thread.join().expect("no operation panics")).collect()
        });
        combine(&samples)
    })
}

/// Runs an operation and a second one of the same kind in parallel.
pub fn on_two_threads(mut make: impl FnMut() -> ThreadWork) -> Work {
    parallel(vec![make(), make()])
}

/// Combines the samples of the threads. The result is undisturbed if all threads ran at the same
/// time for most of the time.
fn combine(samples: &[(Instant, Sample)]) -> Sample {
    let time = samples.iter().map(|(_, sample)| sample.time).max().unwrap_or_default();
    let last_start = samples.iter().map(|(start, _)| *start).max();
    let first_end = samples.iter().map(|(start, sample)| *start + sample.time).min();
    let overlap =
        last_start.zip(first_end).map(|(start, end)| end.saturating_duration_since(start));
    let is_apart = overlap.is_none_or(|overlap| overlap < time.mul_f64(0.8));
    let is_disturbed = is_apart || samples.iter().any(|(_, sample)| sample.is_disturbed);
    Sample { time, is_disturbed }
}
