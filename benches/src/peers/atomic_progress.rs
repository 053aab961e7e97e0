use std::hint::black_box;

use atomic_progress::{Progress, ProgressStack};

use crate::measure::{Work, repeat};
use crate::messages::{LITERAL, numbered};
use crate::parallel::{on_two_threads, thread_work};

pub const NAME: &str = "atomic-progress";

fn bar() -> Progress {
    Progress::new_pb("bench", u64::MAX)
}

pub fn inc() -> Work {
    let bar = bar();
    repeat(move |_| black_box(&bar).inc(1_u64))
}

pub fn set_position() -> Work {
    let bar = bar();
    repeat(move |position| {
        black_box(&bar).set_pos(position);
    })
}

pub fn literal() -> Work {
    let bar = bar();
    repeat(move |_| black_box(&bar).set_item(LITERAL))
}

pub fn formatted() -> Work {
    let bar = bar();
    repeat(move |page| {
        black_box(&bar).set_item(numbered(page));
    })
}

pub fn two_leaves() -> Work {
    on_two_threads(|| {
        let bar = bar();
        thread_work(move |_| black_box(&bar).inc(1_u64))
    })
}

pub fn two_clones() -> Work {
    let bar = bar();
    on_two_threads(|| {
        let bar = bar.clone();
        thread_work(move |_| black_box(&bar).inc(1_u64))
    })
}

/// The bar belongs to no tree.
pub fn child() -> impl FnMut() + 'static {
    move || {
        let bar = black_box(Progress::new_pb("child", 10_u64));
        bar.inc(10_u64);
        bar.finish();
    }
}

pub fn live_child() -> impl FnMut() -> Progress {
    let stack = ProgressStack::new();
    move || stack.add_pb("child", 10_u64)
}

pub fn snapshot(leaves: usize) -> Work {
    let stack = ProgressStack::new();
    let bars: Vec<_> = (0..leaves).map(|_| stack.add_pb("leaf", 10_u64)).collect();
    repeat(move |_| {
        black_box(&bars)[0].inc(1_u64);
        drop(black_box(stack.snapshot()));
    })
}
