//! Measures the time of operations: takes many short samples of all operations in turn, drops the
//! disturbed ones, and keeps the median.

use std::time::{Duration, Instant};

/// The cost of one call of an operation.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub struct Figure {
    /// The median of the samples.
    pub median: f64,
    /// The distance between their first and third quartile.
    pub spread: f64,
}

impl Figure {
    /// A figure that does not vary.
    pub fn exact(value: f64) -> Self {
        Self { median: value, spread: 0.0 }
    }

    /// The figure of samples that are all undisturbed.
    pub fn of(mut samples: Vec<f64>) -> Self {
        samples.sort_by(f64::total_cmp);
        let quartile = |quarter: usize| samples[(samples.len() - 1) * quarter / 4];
        Self { median: quartile(2), spread: quartile(3) - quartile(1) }
    }
}

/// The time of several calls.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    pub time: Duration,
    /// Whether another process used the core in the meantime.
    pub is_disturbed: bool,
}

/// Calls an operation. The argument is the number of calls.
pub type Work = Box<dyn FnMut(u64) -> Sample>;

/// Repeats an operation. Its argument is the number of the call, starting at 1.
pub fn repeat(mut operation: impl FnMut(u64) + 'static) -> Work {
    let mut first = 1;
    Box::new(move |calls| {
        let numbers = first..first + calls;
        first += calls;
        sample(|| numbers.for_each(&mut operation))
    })
}

/// Repeats an operation that needs no number.
pub fn repeat_plain(mut operation: impl FnMut() + 'static) -> Work {
    repeat(move |_| operation())
}

/// Times an operation on the calling thread.
pub fn sample(operation: impl FnOnce()) -> Sample {
    let waited_before = time_waited();
    let start = Instant::now();
    operation();
    let time = start.elapsed();
    Sample { time, is_disturbed: time_waited() != waited_before }
}

/// How many nanoseconds the calling thread has waited for a core since it started. `None` if the
/// system does not count them.
fn time_waited() -> Option<u64> {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    stat.split_whitespace().nth(1)?.parse().ok()
}

/// How to take samples.
#[derive(Clone, Copy, Debug)]
pub struct Sampling {
    /// The minimum length of a sample.
    pub length: Duration,
    /// The maximum number of samples of each operation.
    pub rounds: usize,
    /// The maximum time for the samples of all operations together.
    pub budget: Duration,
}

impl Default for Sampling {
    fn default() -> Self {
        Self { length: Duration::from_micros(400), rounds: 201, budget: Duration::from_secs(8) }
    }
}

/// An operation that is ready to be sampled.
pub struct Operation {
    /// Several copies of a short operation, because its speed depends on its place in memory.
    copies: Vec<Work>,
    calls: u64,
}

impl Sampling {
    /// Creates an operation, and determines how many calls fill a sample.
    pub fn prepare(&self, make: &dyn Fn() -> Work) -> Operation {
        /// An operation of which this many calls fit into a sample is short.
        const SHORT: u64 = 64;
        let mut work = make();
        let mut calls = 1;
        while work(calls).time < self.length {
            calls *= 2;
        }
        let mut copies = vec![work];
        if calls >= SHORT {
            copies.extend([make(), make()]);
        }
        Operation { copies, calls }
    }

    /// Measures operations in turn, so that a disturbance of the machine affects all alike.
    pub fn measure(&self, operations: &mut [Operation]) -> Vec<Figure> {
        /// Each operation gets this many samples even if they exceed the budget.
        const MIN_ROUNDS: usize = 11;
        let mut samples = vec![Vec::new(); operations.len()];
        let start = Instant::now();
        for round in 0..self.rounds {
            if round >= MIN_ROUNDS && start.elapsed() > self.budget {
                break;
            }
            for (Operation { copies, calls }, samples) in operations.iter_mut().zip(&mut samples) {
                let copy = round % copies.len();
                let work = &mut copies[copy];
                // Refills the caches after the other operations.
                work(1);
                let Sample { time, is_disturbed } = work(*calls);
                samples.push((time.as_nanos() as f64 / *calls as f64, is_disturbed));
            }
        }
        samples.into_iter().map(figure).collect()
    }
}

/// Drops disturbed samples, unless nearly all are disturbed, and those far above the fastest.
fn figure(samples: Vec<(f64, bool)>) -> Figure {
    let undisturbed = samples.iter().filter(|(_, is_disturbed)| !is_disturbed);
    let mut kept: Vec<_> = undisturbed.map(|(nanos, _)| *nanos).collect();
    if kept.len() < samples.len() / 10 {
        kept = samples.into_iter().map(|(nanos, _)| nanos).collect();
    }
    kept.sort_by(f64::total_cmp);
    let bound = kept[kept.len() / 10] * 1.5;
    kept.retain(|nanos| *nanos <= bound);
    Figure::of(kept)
}
