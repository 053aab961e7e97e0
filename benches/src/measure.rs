//! Measuring operations: many short samples, taken in turn, the disturbed ones dropped, the median kept.

use std::time::{Duration, Instant};

/// What one call of an operation takes.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub struct Figure {
    /// The median of the samples that were kept.
    pub median: f64,
    /// The distance between their first and third quartile.
    pub spread: f64,
}

impl Figure {
    /// A figure that is the same each time.
    pub fn exact(value: f64) -> Self {
        Self { median: value, spread: 0.0 }
    }

    /// The figure of some samples, the disturbed ones being dropped already.
    pub fn of(mut samples: Vec<f64>) -> Self {
        samples.sort_by(f64::total_cmp);
        let at = |quarter: usize| samples[(samples.len() - 1) * quarter / 4];
        Self { median: at(2), spread: at(3) - at(1) }
    }
}

/// How long some calls took, and whether something else had the core meanwhile.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    pub time: Duration,
    pub disturbed: bool,
}

/// Calls an operation that many times.
pub type Work = Box<dyn FnMut(u64) -> Sample>;

/// An operation, one call after the other; each gets its number, which grows.
pub fn repeat(mut operation: impl FnMut(u64) + 'static) -> Work {
    let mut first = 1;
    Box::new(move |calls| {
        let numbers = first..first + calls;
        first += calls;
        sample(|| numbers.for_each(&mut operation))
    })
}

/// An operation that needs no number.
pub fn again(mut operation: impl FnMut() + 'static) -> Work {
    repeat(move |_| operation())
}

/// Times some work on the calling thread.
pub fn sample(work: impl FnOnce()) -> Sample {
    let waited = waited();
    let start = Instant::now();
    work();
    let time = start.elapsed();
    Sample { time, disturbed: self::waited() != waited }
}

/// How long the calling thread has waited for a core so far, where the system says so.
fn waited() -> Option<u64> {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    stat.split_whitespace().nth(1)?.parse().ok()
}

/// How samples are taken.
#[derive(Clone, Copy, Debug)]
pub struct Sampling {
    /// How long a sample is at least.
    pub length: Duration,
    /// How many there are of each operation at most …
    pub rounds: usize,
    /// … and for how long they are taken, all together.
    pub budget: Duration,
}

impl Default for Sampling {
    fn default() -> Self {
        Self { length: Duration::from_micros(400), rounds: 201, budget: Duration::from_secs(8) }
    }
}

/// An operation that is ready to be sampled.
pub struct Operation {
    /// The same several times over, where it is short: how fast it is depends on where in memory it lies too.
    places: Vec<Work>,
    calls: u64,
}

impl Sampling {
    /// Makes an operation, and finds out how many calls fill a sample.
    pub fn prepare(&self, make: &dyn Fn() -> Work) -> Operation {
        const SHORT: u64 = 64;
        let mut work = make();
        let mut calls = 1;
        while work(calls).time < self.length {
            calls *= 2;
        }
        let mut places = vec![work];
        if calls >= SHORT {
            places.extend([make(), make()]);
        }
        Operation { places, calls }
    }

    /// Measures operations, sampled in turn, so that what disturbs the machine disturbs all alike.
    pub fn measure(&self, operations: &mut [Operation]) -> Vec<Figure> {
        let mut samples = vec![Vec::new(); operations.len()];
        let start = Instant::now();
        for round in 0..self.rounds {
            if round > 10 && start.elapsed() > self.budget {
                break;
            }
            for (Operation { places, calls }, samples) in operations.iter_mut().zip(&mut samples) {
                let place = round % places.len();
                // Brings back to the caches what the others have driven out.
                places[place](1);
                let Sample { time, disturbed } = places[place](*calls);
                samples.push((time.as_nanos() as f64 / *calls as f64, disturbed));
            }
        }
        samples.into_iter().map(figure).collect()
    }
}

/// Drops the samples in which something else had the core, and those far above the fastest.
fn figure(samples: Vec<(f64, bool)>) -> Figure {
    let mut quiet: Vec<_> =
        samples.iter().filter(|(_, disturbed)| !disturbed).map(|(nanos, _)| *nanos).collect();
    if quiet.len() < samples.len() / 10 {
        quiet = samples.into_iter().map(|(nanos, _)| nanos).collect();
    }
    quiet.sort_by(f64::total_cmp);
    let bound = quiet[quiet.len() / 10] * 1.5;
    quiet.retain(|nanos| *nanos <= bound);
    Figure::of(quiet)
}
