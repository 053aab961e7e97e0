//! It knows fractions alone: there is no counting.

use std::borrow::Cow;
use std::hint::black_box;

use progress_token::ProgressToken;

use crate::measure::{Work, repeat};
use crate::raw::{LITERAL, text};
use crate::together::{looped, together};

pub const NAME: &str = "progress-token";

type Token = ProgressToken<Cow<'static, str>>;

fn fresh() -> Token {
    ProgressToken::new("bench")
}

/// A token that many levels below the root; it holds those above it.
fn below(depth: usize) -> Token {
    (0..depth).fold(fresh(), |token, _| token.child(1.0, "bench"))
}

pub fn set_position(depth: usize) -> Work {
    let token = below(depth);
    repeat(move |position| {
        black_box(&token).update_progress((position & 0xfff) as f64 / 4096.0);
    })
}

pub fn literal() -> Work {
    let token = below(1);
    repeat(move |_| black_box(&token).update_status(LITERAL))
}

pub fn formatted() -> Work {
    let token = below(1);
    repeat(move |page| {
        black_box(&token).update_status(text(page));
    })
}

pub fn two_leaves() -> Work {
    let root = fresh();
    let counting = || {
        let leaf = root.child(0.5, "leaf");
        looped(move |position| {
            black_box(&leaf).update_progress((position & 0xfff) as f64 / 4096.0);
        })
    };
    together(vec![counting(), counting()])
}

/// It never lets go of a child, and asks each at every change, so that there is a new parent now and then.
pub fn child() -> impl FnMut() + 'static {
    let mut root = fresh();
    let mut children = 0;
    move || {
        children += 1;
        if children % 100 == 0 {
            root = fresh();
        }
        let child = root.child(0.01, "child");
        child.update_progress(0.5);
        child.complete();
    }
}

pub fn live() -> impl FnMut() -> Token {
    let root = fresh();
    move || root.child(0.01, "child")
}

pub fn read(leaves: usize) -> Work {
    let root = fresh();
    let weight = 1.0 / leaves as f64;
    let children: Vec<_> = (0..leaves).map(|_| root.child(weight, "leaf")).collect();
    repeat(move |_| {
        black_box(&children);
        black_box(root.state());
    })
}
