//! The same operation on several threads at once.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;

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
        thread::scope(|threads| {
            let running: Vec<_> = operations
                .iter_mut()
                .map(|operation| {
                    threads.spawn(|| {
                        ready.fetch_add(1, SeqCst);
                        while ready.load(SeqCst) < all {
                            std::hint::spin_loop();
                        }
                        sample(|| operation(calls))
                    })
                })
                .collect();
            running
                .into_iter()
                .map(|thread| thread.join().expect("an operation does not panic"))
                .reduce(|one, other| Sample {
                    time: one.time.max(other.time),
                    disturbed: one.disturbed || other.disturbed,
                })
                .expect("there is an operation")
        })
    })
}
