//! What of `progress-runtime` is measured.

use std::hint::black_box;

use progress_runtime::{Progress, ReportError, Reporter, Run, Update};

use crate::measure::{Work, repeat};
use crate::raw::{LITERAL, text};
use crate::together::{Looped, looped};

/// A share, and all that must live so that it counts.
pub struct Leaf {
    pub run: Run,
    pub share: Progress,
    _above: Vec<Progress>,
}

impl Leaf {
    /// A share that many levels below the root.
    pub fn new(depth: usize) -> Self {
        let (run, mut share) = Run::start("Bench");
        let mut above = Vec::new();
        for _ in 0..depth {
            share.set_length(2);
            let child = share.split(1);
            above.push(std::mem::replace(&mut share, child));
        }
        share.set_length(u64::MAX);
        Self { run, share, _above: above }
    }
}

/// A root whose length is never used up, with so many shares, each at work.
pub struct Leaves {
    pub run: Run,
    pub root: Progress,
    pub leaves: Vec<Progress>,
}

impl Leaves {
    pub fn new(leaves: usize) -> Self {
        let (run, mut root) = Run::start("Bench");
        root.set_length(leaves as u64 + 1);
        let leaf = |_| {
            let mut leaf = root.split(1);
            leaf.set_length(u64::MAX);
            leaf.inc(1);
            leaf
        };
        let leaves = (0..leaves).map(leaf).collect();
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
        black_box(&mut leaf.share).set_message(text(page));
    })
}

pub fn written() -> Work {
    let mut leaf = Leaf::new(1);
    repeat(move |page| {
        let message = format_args!("reading page {page} of {}", black_box(1_000));
        black_box(&mut leaf.share).write_message(message);
    })
}

/// Counting on so many leaves of one root.
pub fn counting(leaves: usize) -> Vec<Looped> {
    let Leaves { run, root, leaves } = Leaves::new(leaves);
    let tree = std::sync::Arc::new(std::sync::Mutex::new((run, root)));
    leaves
        .into_iter()
        .map(|mut leaf| {
            let tree = tree.clone();
            looped(move |_| {
                let _alive = &tree;
                black_box(&mut leaf).inc(1);
            })
        })
        .collect()
}

/// Counting on so many clones of one counter.
pub fn cloned(clones: usize) -> Vec<Looped> {
    let (run, root) = Run::start("Bench");
    let counter = root.counter();
    counter.set_length(u64::MAX);
    (0..clones)
        .map(|_| {
            let (run, counter) = (run.clone(), counter.clone());
            looped(move |_| {
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
pub struct Idle;

impl Reporter for Idle {
    fn report(&mut self, _: &Update<'_>) -> Result<(), ReportError> {
        Ok(())
    }
}
