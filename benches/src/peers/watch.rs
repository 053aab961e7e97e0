use std::borrow::Cow;
use std::hint::black_box;

use tokio::sync::watch;

use crate::measure::{Work, repeat};
use crate::raw::{LITERAL, text};
use crate::together::{looped, together};

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
        black_box((&sender, &receiver)).0.send_replace(Cow::Owned(text(page)));
    })
}

pub fn two_leaves() -> Work {
    let counting = || {
        let (sender, receiver) = watch::channel(0_u64);
        looped(move |_| {
            black_box((&sender, &receiver)).0.send_modify(|count| *count += 1);
        })
    };
    together(vec![counting(), counting()])
}

/// The latest number, as its reader gets it.
pub fn read() -> Work {
    let (sender, receiver) = watch::channel(0_u64);
    repeat(move |_| {
        let _alive = &sender;
        black_box(*black_box(&receiver).borrow());
    })
}
