use std::hint::black_box;

use headway::ProgressBar;

use crate::measure::{Work, repeat};
use crate::raw::{LITERAL, text};
use crate::together::{looped, together};

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
        black_box(&bar).set_message(text(page));
    })
}

pub fn two_leaves() -> Work {
    let mut nester = bar().split_sized();
    let mut counting = || {
        let bar = nester.take(1).with_length(usize::MAX);
        looped(move |_| black_box(&bar).inc())
    };
    together(vec![counting(), counting()])
}

/// It never lets go of a child, so that there is a new parent now and then.
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

pub fn live() -> impl FnMut() -> ProgressBar {
    let mut nester = bar().split_sized();
    move || nester.take(1).with_length(10)
}
