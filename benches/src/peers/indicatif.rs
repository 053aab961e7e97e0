use std::hint::black_box;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget};

use crate::measure::{Work, repeat};
use crate::messages::{LITERAL, numbered};
use crate::parallel::{on_two_threads, thread_work};

pub const NAME: &str = "indicatif (hidden)";

fn bar() -> ProgressBar {
    let bar = ProgressBar::hidden();
    bar.set_length(u64::MAX);
    bar
}

pub fn inc() -> Work {
    let bar = bar();
    repeat(move |_| black_box(&bar).inc(1))
}

pub fn set_position() -> Work {
    let bar = bar();
    repeat(move |position| {
        black_box(&bar).set_position(position);
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
    on_two_threads(|| {
        let bar = bar();
        thread_work(move |_| black_box(&bar).inc(1))
    })
}

pub fn two_clones() -> Work {
    let bar = bar();
    on_two_threads(|| {
        let bar = bar.clone();
        thread_work(move |_| black_box(&bar).inc(1))
    })
}

pub fn child() -> impl FnMut() + 'static {
    let bars = MultiProgress::with_draw_target(ProgressDrawTarget::hidden());
    move || {
        let bar = bars.add(ProgressBar::new(10));
        bar.inc(10);
        bar.finish_and_clear();
        bars.remove(&bar);
    }
}

pub fn live_child() -> impl FnMut() -> ProgressBar {
    let bars = MultiProgress::with_draw_target(ProgressDrawTarget::hidden());
    move || bars.add(ProgressBar::new(10))
}
