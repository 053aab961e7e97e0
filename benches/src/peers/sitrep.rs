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

fn below(depth: usize) -> Vec<Arc<Progress>> {
    let mut levels = vec![root()];
    for _ in 0..depth {
        let child = Progress::new_with_parent(task(), levels.last().expect("the root is there"));
        levels.push(child);
    }
    levels
}

pub fn inc(depth: usize) -> Work {
    let levels = below(depth);
    repeat(move |_| black_box(&levels[depth]).increment_completed())
}

pub fn set_position() -> Work {
    let levels = below(1);
    repeat(move |position| {
        black_box(&levels[1]).set_completed(position as usize);
    })
}

pub fn literal() -> Work {
    let levels = below(1);
    repeat(move |_| black_box(&levels[1]).message(|| LITERAL, PriorityLevel::Info))
}

pub fn formatted() -> Work {
    let levels = below(1);
    repeat(move |page| {
        black_box(&levels[1]).message(|| text(page), PriorityLevel::Info);
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
