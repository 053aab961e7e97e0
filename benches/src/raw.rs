//! What the machine needs at least for the same.

use std::fmt::Write as _;
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use crate::measure::{Work, repeat};
use crate::together::{Looped, looped, together};

/// The name of [`store`].
pub const STORE: &str = "relaxed load, add, store";

/// A number on a cache line of its own.
#[derive(Default)]
#[repr(align(64))]
struct Line(AtomicU64);

fn line() -> Arc<Line> {
    Arc::default()
}

fn count(number: &AtomicU64) {
    number.store(number.load(Relaxed).wrapping_add(1), Relaxed);
}

pub fn store() -> Work {
    let line = line();
    repeat(move |_| count(&black_box(&line).0))
}

pub fn fetch_add() -> Work {
    let line = line();
    repeat(move |_| {
        black_box(&line).0.fetch_add(1, Relaxed);
    })
}

pub fn load() -> Work {
    let line = line();
    repeat(move |_| {
        black_box(black_box(&line).0.load(Relaxed));
    })
}

fn storing() -> Looped {
    let line = line();
    looped(move |_| count(&black_box(&line).0))
}

fn adding() -> Looped {
    let line = line();
    looped(move |_| {
        black_box(&line).0.fetch_add(1, Relaxed);
    })
}

/// On a line of its own each, from so many threads.
pub fn stores(threads: usize) -> Work {
    together((0..threads).map(|_| storing()).collect())
}

/// On a line of its own each, from so many threads.
pub fn fetch_adds(threads: usize) -> Work {
    together((0..threads).map(|_| adding()).collect())
}

/// The sum of so many numbers, each on a line of its own, one line after the other.
pub fn sum(numbers: usize) -> Work {
    let lines: Vec<_> = (0..numbers).map(|_| Line::default()).collect();
    repeat(move |_| {
        count(&black_box(&lines)[0].0);
        black_box(lines.iter().map(|line| line.0.load(Relaxed)).sum::<u64>());
    })
}

/// An allocation of so many bytes, and its end.
pub fn allocation<const BYTES: usize>() -> Work {
    repeat(|_| drop(black_box(Box::<[u8; BYTES]>::new_uninit())))
}

pub fn clock() -> Work {
    repeat(|_| {
        black_box(Instant::now());
    })
}

/// The text that is said in [`format!`] and by all others.
pub fn text(page: u64) -> String {
    format!("reading page {page} of {}", black_box(1_000))
}

/// The literal that all say.
pub const LITERAL: &str = "reading the index";

pub fn format() -> Work {
    repeat(move |page| {
        drop(black_box(text(page)));
    })
}

/// Counts what is written, and keeps none of it.
#[derive(Default)]
struct Nowhere(usize);

impl std::fmt::Write for Nowhere {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.0 += text.len();
        Ok(())
    }
}

/// Only the formatting, of which nothing is left.
pub fn write_nowhere() -> Work {
    repeat(|page| {
        let mut nowhere = Nowhere::default();
        let message = format_args!("reading page {page} of {}", black_box(1_000));
        nowhere.write_fmt(message).expect("nothing is in the way");
        black_box(nowhere.0);
    })
}

/// Only the formatting: into a buffer that is there already, and that nobody else reads.
pub fn write() -> Work {
    let mut buffer = String::new();
    repeat(move |page| {
        let buffer = black_box(&mut buffer);
        buffer.clear();
        let message = format_args!("reading page {page} of {}", black_box(1_000));
        buffer.write_fmt(message).expect("a string takes what is written");
    })
}
