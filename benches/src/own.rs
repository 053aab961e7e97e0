//! The operations of `progress-runtime` that are measured.

use std::hint::black_box;
use std::sync::{Arc, Mutex};

use progress_runtime::{Progress, ReportError, Reporter, Run, Update};

use crate::measure::{Work, repeat};
use crate::messages::{LITERAL, numbered};
use crate::parallel::{ThreadWork, thread_work};

/// A share, and the handles that keep its tree alive.
pub struct Leaf {
    pub run: Run,
    pub share: Progress,
    _ancestors: Vec<Progress>,
}

impl Leaf {
    /// A share `depth` levels below the root.
    pub fn new(depth: usize) -> Self {
        let (run, mut share) = Run::start("Bench");
        let mut ancestors = Vec::new();
        for _ in 0..depth {
            share.set_length(2);
            let child = share.split(1);
            ancestors.push(std::mem::replace(&mut share, child));
        }
        share.set_length(u64::MAX);
        Self { run, share, _ancestors: ancestors }
    }
}

/// A root with several active shares. It keeps a remainder, so that it never completes.
pub struct Leaves {
    pub run: Run,
    pub root: Progress,
    pub leaves: Vec<Progress>,
}

impl Leaves {
    pub fn new(count: usize) -> Self {
        let (run, mut root) = Run::start("Bench");
        root.set_length(count as u64 + 1);
        let leaf = |_| {
            let mut leaf = root.split(1);
            leaf.set_length(u64::MAX);
            leaf.inc(1);
            leaf
        };
        let leaves = (0..count).map(leaf).collect();
        Self { run, root, leaves }
    }
}

pub fn inc(depth: usize) -> Work {
    let mut leaf = Leaf::new(depth);
    repeat(move |_| black_box(&mut leaf.share).inc(1))
}

pub fn set_position(depth: usize) -> Work {
    let mut leaf = Leaf::new(depth);
    repeat(move |position| {
        black_box(&mut leaf.share).set_position(position);
    })
}

pub fn literal() -> Work {
    let mut leaf = Leaf::new(1);
    repeat(move |_| black_box(&mut leaf.share).set_message(LITERAL))
}

pub fn formatted() -> Work {
    let mut leaf = Leaf::new(1);
    repeat(move |page| {
        black_box(&mut leaf.share).set_message(numbered(page));
    })
}

pub fn write_message() -> Work {
    let mut leaf = Leaf::new(1);
    repeat(move |page| {
        let message = format_args!("reading page {page} of {}", black_box(1_000));
        black_box(&mut leaf.share).write_message(message);
    })
}

/// Counting on several leaves of one root.
pub fn leaves(count: usize) -> Vec<ThreadWork> {
    let Leaves { run, root, leaves } = Leaves::new(count);
    let tree = Arc::new(Mutex::new((run, root)));
    leaves
        .into_iter()
        .map(|mut leaf| {
            let tree = Arc::clone(&tree);
            thread_work(move |_| {
                let _alive = &tree;
                black_box(&mut leaf).inc(1);
            })
        })
        .collect()
}

/// Counting on several clones of one counter.
pub fn counters(count: usize) -> Vec<ThreadWork> {
    let (run, root) = Run::start("Bench");
    let counter = root.counter();
    counter.set_length(u64::MAX);
    (0..count)
        .map(|_| {
            let (run, counter) = (run.clone(), counter.clone());
            thread_work(move |_| {
                let _alive = &run;
                black_box(&counter).inc(1);
            })
        })
        .collect()
}

/// Creating, using and finishing one child after the other.
pub fn child() -> impl FnMut() + 'static {
    let (run, mut root) = Run::start("Bench");
    root.set_length(u64::MAX);
    move || {
        let _alive = &run;
        let mut child = black_box(&mut root).split(1);
        child.set_length(10);
        child.inc(10);
        child.finish();
    }
}

/// A reporter that does nothing.
pub struct NoopReporter;

impl Reporter for NoopReporter {
    fn report(&mut self, _: &Update<'_>) -> Result<(), ReportError> {
        Ok(())
    }
}
