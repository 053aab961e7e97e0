//! A token knows fractions only, so there is no `inc`.

use std::borrow::Cow;
use std::hint::black_box;

use progress_token::ProgressToken;

use crate::measure::{Work, repeat};
use crate::messages::{LITERAL, numbered};
use crate::parallel::{on_two_threads, thread_work};

pub const NAME: &str = "progress-token";

type Token = ProgressToken<Cow<'static, str>>;

fn new_root() -> Token {
    ProgressToken::new("bench")
}

/// A token `depth` levels below the root. It keeps its ancestors alive.
fn below(depth: usize) -> Token {
    (0..depth).fold(new_root(), |token, _| token.child(1.0, "bench"))
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
        black_box(&token).update_status(numbered(page));
    })
}

pub fn two_leaves() -> Work {
    let root = new_root();
    on_two_threads(|| {
        let leaf = root.child(0.5, "leaf");
        thread_work(move |position| {
            black_box(&leaf).update_progress((position & 0xfff) as f64 / 4096.0);
        })
    })
}

/// A parent never frees a child and visits all of them at each change, so there is a new parent
/// after every 100 children.
pub fn child() -> impl FnMut() + 'static {
    let mut root = new_root();
    let mut children = 0;
    move || {
        children += 1;
        if children % 100 == 0 {
            root = new_root();
        }
        let child = root.child(0.01, "child");
        child.update_progress(0.5);
        child.complete();
    }
}

pub fn live_child() -> impl FnMut() -> Token {
    let root = new_root();
    move || root.child(0.01, "child")
}

pub fn read(leaves: usize) -> Work {
    let root = new_root();
    let weight = 1.0 / leaves as f64;
    let children: Vec<_> = (0..leaves).map(|_| root.child(weight, "leaf")).collect();
    repeat(move |_| {
        black_box(&children);
        black_box(root.state());
    })
}
