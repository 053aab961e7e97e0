use std::hint::black_box;

use headway::ProgressBar;

use crate::measure::{Work, repeat};
use crate::messages::{LITERAL, numbered};
use crate::parallel::{on_two_threads, thread_work};

pub const NAME: &str = "headway (hidden)";

fn bar() -> ProgressBar {
    ProgressBar::hidden().with_length(usize::MAX)
}

pub fn inc() -> Work {
    let bar = bar();
    repeat(move |_| black_box(&bar).inc())
}

pub fn set_position() -> Work {
    let bar = bar();
    repeat(move |position| {
        black_box(&bar).set_position(position as usize);
    })
}

pub fn literal() -> Work {
    let bar = bar();
    repeat(move |_| black_box(&bar).set_message(LITERAL))
}

pub fn formatted() -> Work {
    let bar = bar();
    repeat(move |page| {
        black_box(&bar).set_message(numbered(page));
    })
}

pub fn two_leaves() -> Work {
    let mut nester = bar().split_sized();
    on_two_threads(|| {
        let bar = nester.take(1).with_length(usize::MAX);
        thread_work(move |_| black_box(&bar).inc())
    })
}

/// A parent never frees a child, so there is a new parent after every 100 children.
pub fn child() -> impl FnMut() + 'static {
    let mut nester = bar().split_sized();
    let mut children = 0;
    move || {
        children += 1;
        if children % 100 == 0 {
            nester = bar().split_sized();
        }
        let mut child = nester.take(1).with_length(10);
        child.set_position(10);
        child.finish();
    }
}

pub fn live_child() -> impl FnMut() -> ProgressBar {
    let mut nester = bar().split_sized();
    move || nester.take(1).with_length(10)
}
