use std::hint::black_box;
use std::sync::Arc;

use sitrep::{NopObserver, Observer, PriorityLevel, Progress, Reporter as _, State, Task};

use crate::measure::{Work, repeat};
use crate::raw::{LITERAL, text};
use crate::together::{looped, together};

pub const NAME: &str = "sitrep (idle observer)";

fn task() -> Task {
    Task::default().total(usize::MAX)
}

fn root() -> Arc<Progress> {
    Progress::new(task(), Arc::new(NopObserver)).0
}

/// One that many levels below the root, and those above it.
fn below(depth: usize) -> (Arc<Progress>, Vec<Arc<Progress>>) {
    let mut leaf = root();
    let mut above = Vec::new();
    for _ in 0..depth {
        let child = Progress::new_with_parent(task(), &leaf);
        above.push(std::mem::replace(&mut leaf, child));
    }
    (leaf, above)
}

pub fn inc(depth: usize) -> Work {
    let (leaf, above) = below(depth);
    repeat(move |_| {
        let _alive = &above;
        black_box(&leaf).increment_completed();
    })
}

pub fn set_position() -> Work {
    let (leaf, above) = below(1);
    repeat(move |position| {
        let _alive = &above;
        black_box(&leaf).set_completed(position as usize);
    })
}

pub fn literal() -> Work {
    let (leaf, above) = below(1);
    repeat(move |_| {
        let _alive = &above;
        black_box(&leaf).message(|| LITERAL, PriorityLevel::Info);
    })
}

pub fn formatted() -> Work {
    let (leaf, above) = below(1);
    repeat(move |page| {
        let _alive = &above;
        black_box(&leaf).message(|| text(page), PriorityLevel::Info);
    })
}

pub fn two_leaves() -> Work {
    let root = root();
    let counting = || {
        let leaf = Progress::new_with_parent(task(), &root);
        let root = Arc::clone(&root);
        looped(move |_| {
            let _alive = &root;
            black_box(&leaf).increment_completed();
        })
    };
    together(vec![counting(), counting()])
}

pub fn two_clones() -> Work {
    let root = root();
    let counting = || {
        let root = Arc::clone(&root);
        looped(move |_| black_box(&root).increment_completed())
    };
    together(vec![counting(), counting()])
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

pub fn live() -> impl FnMut() -> Arc<Progress> {
    let root = root();
    move || Progress::new_with_parent(Task::default().total(10), &root)
}

/// The number is had by a report of the whole.
pub fn report(leaves: usize) -> Work {
    let (root, reporter) = Progress::new(task(), Arc::new(NopObserver));
    let leaf = |_| Progress::new_with_parent(Task::default().total(10), &root);
    let leaves: Vec<_> = (0..leaves).map(leaf).collect();
    repeat(move |_| {
        black_box(&leaves)[0].increment_completed();
        let reporter = reporter.upgrade().expect("the root is there");
        black_box(reporter.report().fraction);
        let _alive = &root;
    })
}
