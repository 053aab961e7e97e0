//! A bar that is disabled counts in a plain field that nobody can read meanwhile; so it is enabled, and draws
//! once and never again.

use std::hint::black_box;

use kdam::{Bar, BarBuilder, BarExt as _};

use crate::measure::{Work, repeat};
use crate::raw::{LITERAL, text};
use crate::together::{looped, together};

pub const NAME: &str = "kdam (draws once in an hour)";

fn bar() -> Bar {
    let bar = BarBuilder::default().total(usize::MAX).mininterval(3600.0).dynamic_miniters(false);
    bar.build().expect("the settings are sound")
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
        black_box(&mut bar).set_description(text(page));
    })
}

pub fn two_leaves() -> Work {
    let counting = || {
        let mut bar = bar();
        looped(move |_| {
            let _ = black_box(&mut bar).update(1);
        })
    };
    together(vec![counting(), counting()])
}
