use std::borrow::Cow;
use std::hint::black_box;

use tokio::sync::watch;

use crate::measure::{Work, repeat};
use crate::messages::{LITERAL, numbered};
use crate::parallel::{on_two_threads, thread_work};

pub const NAME: &str = "tokio::sync::watch";

pub fn inc() -> Work {
    let (sender, receiver) = watch::channel(0_u64);
    repeat(move |_| {
        black_box((&sender, &receiver)).0.send_modify(|count| *count += 1);
    })
}

pub fn set_position() -> Work {
    let (sender, receiver) = watch::channel(0_u64);
    repeat(move |position| {
        black_box((&sender, &receiver)).0.send_replace(position);
    })
}

pub fn literal() -> Work {
    let (sender, receiver) = watch::channel(Cow::Borrowed(""));
    repeat(move |_| {
        black_box((&sender, &receiver)).0.send_replace(Cow::Borrowed(LITERAL));
    })
}

pub fn formatted() -> Work {
    let (sender, receiver) = watch::channel(Cow::Borrowed(""));
    repeat(move |page| {
        black_box((&sender, &receiver)).0.send_replace(Cow::Owned(numbered(page)));
    })
}

pub fn two_leaves() -> Work {
    on_two_threads(|| {
        let (sender, receiver) = watch::channel(0_u64);
        thread_work(move |_| {
            black_box((&sender, &receiver)).0.send_modify(|count| *count += 1);
        })
    })
}

/// Reads the latest value.
pub fn read() -> Work {
    let (sender, receiver) = watch::channel(0_u64);
    repeat(move |_| {
        let _alive = &sender;
        black_box(*black_box(&receiver).borrow());
    })
}
