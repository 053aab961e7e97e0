use std::hint::black_box;
use std::sync::Arc;

use sitrep::{NopObserver, Observer, PriorityLevel, Progress, Reporter as _, State, Task};

use crate::measure::{Work, repeat};
use crate::messages::{LITERAL, numbered};
use crate::parallel::{on_two_threads, thread_work};

pub const NAME: &str = "sitrep (idle observer)";

fn task() -> Task {
    Task::default().total(usize::MAX)
}

fn root() -> Arc<Progress> {
    Progress::new(task(), Arc::new(NopObserver)).0
}

/// A node `depth` levels below the root, and its ancestors.
fn below(depth: usize) -> (Arc<Progress>, Vec<Arc<Progress>>) {
    let mut leaf = root();
    let mut ancestors = Vec::new();
    for _ in 0..depth {
        let child = Progress::new_with_parent(task(), &leaf);
        ancestors.push(std::mem::replace(&mut leaf, child));
    }
    (leaf, ancestors)
}

pub fn inc(depth: usize) -> Work {
    let (leaf, ancestors) = below(depth);
    repeat(move |_| {
        let _alive = &ancestors;
        black_box(&leaf).increment_completed();
    })
}

pub fn set_position() -> Work {
    let (leaf, ancestors) = below(1);
    repeat(move |position| {
        let _alive = &ancestors;
        black_box(&leaf).set_completed(position as usize);
    })
}

pub fn literal() -> Work {
    let (leaf, ancestors) = below(1);
    repeat(move |_| {
        let _alive = &ancestors;
        black_box(&leaf).message(|| LITERAL, PriorityLevel::Info);
    })
}

pub fn formatted() -> Work {
    let (leaf, ancestors) = below(1);
    repeat(move |page| {
        let _alive = &ancestors;
        black_box(&leaf).message(|| numbered(page), PriorityLevel::Info);
    })
}

pub fn two_leaves() -> Work {
    let root = root();
    on_two_threads(|| {
        let leaf = Progress::new_with_parent(task(), &root);
        let root = Arc::clone(&root);
        thread_work(move |_| {
            let _alive = &root;
            black_box(&leaf).increment_completed();
        })
    })
}

pub fn two_clones() -> Work {
    let root = root();
    on_two_threads(|| {
        let root = Arc::clone(&root);
        thread_work(move |_| black_box(&root).increment_completed())
    })
}

pub fn child() -> impl FnMut() + 'static {
    let root = root();
    let detached: Arc<dyn Observer> = Arc::new(NopObserver);
    move || {
        let child = Progress::new_with_parent(Task::default().total(10), &root);
        child.increment_completed_by(10);
        child.set_state(State::Finished);
        child.detach_from_parent(Arc::clone(&detached));
    }
}

pub fn live_child() -> impl FnMut() -> Arc<Progress> {
    let root = root();
    move || Progress::new_with_parent(Task::default().total(10), &root)
}

/// The percentage is part of a report of the whole tree.
pub fn report(leaves: usize) -> Work {
    let (root, reporter) = Progress::new(task(), Arc::new(NopObserver));
    let leaf = |_| Progress::new_with_parent(Task::default().total(10), &root);
    let leaves: Vec<_> = (0..leaves).map(leaf).collect();
    repeat(move |_| {
        black_box(&leaves)[0].increment_completed();
        let reporter = reporter.upgrade().expect("the root is alive");
        black_box(reporter.report().fraction);
        let _alive = &root;
    })
}
