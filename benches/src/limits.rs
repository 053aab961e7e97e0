//! The minimum that the machine needs for the operations of a progress library.

use std::fmt::Write as _;
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use crate::measure::{Work, repeat};
use crate::messages::numbered;
use crate::parallel::{ThreadWork, parallel, thread_work};

/// The name of [`store`].
pub const STORE: &str = "relaxed load, add, store";

/// A number on a cache line of its own.
#[derive(Default)]
#[repr(align(64))]
struct CacheLine(AtomicU64);

fn cache_line() -> Arc<CacheLine> {
    Arc::default()
}

fn count(number: &AtomicU64) {
    number.store(number.load(Relaxed).wrapping_add(1), Relaxed);
}

pub fn store() -> Work {
    let line = cache_line();
    repeat(move |_| count(&black_box(&line).0))
}

pub fn fetch_add() -> Work {
    let line = cache_line();
    repeat(move |_| {
        black_box(&line).0.fetch_add(1, Relaxed);
    })
}

pub fn load() -> Work {
    let line = cache_line();
    repeat(move |_| {
        black_box(black_box(&line).0.load(Relaxed));
    })
}

/// [`store`] on several threads, each with a cache line of its own.
pub fn stores(threads: usize) -> Work {
    let store = |_| -> ThreadWork {
        let line = cache_line();
        thread_work(move |_| count(&black_box(&line).0))
    };
    parallel((0..threads).map(store).collect())
}

/// [`fetch_add`] on several threads, each with a cache line of its own.
pub fn fetch_adds(threads: usize) -> Work {
    let fetch_add = |_| -> ThreadWork {
        let line = cache_line();
        thread_work(move |_| {
            black_box(&line).0.fetch_add(1, Relaxed);
        })
    };
    parallel((0..threads).map(fetch_add).collect())
}

/// The sum of numbers, each on a cache line of its own.
pub fn sum(numbers: usize) -> Work {
    let lines: Vec<_> = (0..numbers).map(|_| CacheLine::default()).collect();
    repeat(move |_| {
        count(&black_box(&lines)[0].0);
        black_box(lines.iter().map(|line| line.0.load(Relaxed)).sum::<u64>());
    })
}

/// Allocating and freeing a block.
pub fn allocation<const BYTES: usize>() -> Work {
    repeat(|_| drop(black_box(Box::<[u8; BYTES]>::new_uninit())))
}

pub fn clock() -> Work {
    repeat(|_| {
        black_box(Instant::now());
    })
}

/// What ten steps in a row need at least: for each, a time that others may read, and two handles
/// that its code may keep.
pub fn ten_steps() -> impl FnMut() + 'static {
    let times = Mutex::new([None; 10]);
    let (share, scope) = (cache_line(), cache_line());
    move || {
        for step in 0..10 {
            drop(black_box((Arc::clone(&share), Arc::clone(&scope))));
            times.lock().expect("nothing panics")[step] = Some(black_box(Instant::now()));
        }
    }
}

/// Formatting into a new string.
pub fn format() -> Work {
    repeat(move |page| {
        drop(black_box(numbered(page)));
    })
}

/// A writer that counts bytes and discards them.
#[derive(Default)]
struct Discard(usize);

impl std::fmt::Write for Discard {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.0 += text.len();
        Ok(())
    }
}

/// Formatting without storing the result.
pub fn format_and_discard() -> Work {
    repeat(|page| {
        let mut discard = Discard::default();
        let message = format_args!("reading page {page} of {}", black_box(1_000));
        discard.write_fmt(message).expect("the writer does not fail");
        black_box(discard.0);
    })
}

/// Formatting into a buffer that is reused and not shared.
pub fn format_into_buffer() -> Work {
    let mut buffer = String::new();
    repeat(move |page| {
        let buffer = black_box(&mut buffer);
        buffer.clear();
        let message = format_args!("reading page {page} of {}", black_box(1_000));
        buffer.write_fmt(message).expect("a string does not fail");
    })
}
