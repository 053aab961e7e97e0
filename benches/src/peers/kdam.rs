//! A disabled bar counts in a plain field that no other thread can read. So the bar is enabled, and
//! an interval of an hour makes it draw only once.

use std::hint::black_box;

use kdam::{Bar, BarBuilder, BarExt as _};

use crate::measure::{Work, repeat};
use crate::messages::{LITERAL, numbered};
use crate::parallel::{on_two_threads, thread_work};

pub const NAME: &str = "kdam (draws once in an hour)";

fn bar() -> Bar {
    let bar = BarBuilder::default().total(usize::MAX).mininterval(3600.0).dynamic_miniters(false);
    bar.build().expect("the settings are valid")
}

pub fn inc() -> Work {
    let mut bar = bar();
    repeat(move |_| {
        let _ = black_box(&mut bar).update(1);
    })
}

pub fn set_position() -> Work {
    let mut bar = bar();
    repeat(move |position| {
        let _ = black_box(&mut bar).update_to(position as usize);
    })
}

pub fn literal() -> Work {
    let mut bar = bar();
    repeat(move |_| black_box(&mut bar).set_description(LITERAL))
}

pub fn formatted() -> Work {
    let mut bar = bar();
    repeat(move |page| {
        black_box(&mut bar).set_description(numbered(page));
    })
}

pub fn two_leaves() -> Work {
    on_two_threads(|| {
        let mut bar = bar();
        thread_work(move |_| {
            let _ = black_box(&mut bar).update(1);
        })
    })
}
