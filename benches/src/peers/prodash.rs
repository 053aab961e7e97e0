use std::hint::black_box;

use prodash::Count as _;
use prodash::messages::MessageLevel;
use prodash::tree::{Item, Root};

use crate::measure::{Work, repeat};
use crate::messages::{LITERAL, numbered};
use crate::parallel::{on_two_threads, thread_work};

pub const NAME: &str = "prodash";

/// An item `depth` levels below the root, and its ancestors.
fn item(depth: usize) -> (Item, Vec<Item>) {
    let mut item = Root::new().add_child("bench");
    let mut ancestors = Vec::new();
    for _ in 1..depth {
        let child = item.add_child("bench");
        ancestors.push(std::mem::replace(&mut item, child));
    }
    item.init(Some(usize::MAX), None);
    (item, ancestors)
}

pub fn inc(depth: usize) -> Work {
    let (item, ancestors) = item(depth);
    repeat(move |_| {
        let _alive = &ancestors;
        black_box(&item).inc();
    })
}

pub fn set_position() -> Work {
    let (item, _) = item(1);
    repeat(move |position| {
        black_box(&item).set(position as usize);
    })
}

pub fn literal() -> Work {
    let (item, _) = item(1);
    repeat(move |_| black_box(&item).message(MessageLevel::Info, LITERAL))
}

pub fn formatted() -> Work {
    let (item, _) = item(1);
    repeat(move |page| {
        black_box(&item).message(MessageLevel::Info, numbered(page));
    })
}

pub fn two_leaves() -> Work {
    let (mut item, _) = item(1);
    on_two_threads(|| {
        let leaf = item.add_child("bench");
        leaf.init(Some(usize::MAX), None);
        thread_work(move |_| black_box(&leaf).inc())
    })
}

pub fn two_clones() -> Work {
    let (item, _) = item(1);
    on_two_threads(|| {
        let counter = item.counter();
        thread_work(move |_| {
            black_box(&counter).fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        })
    })
}

pub fn child() -> impl FnMut() + 'static {
    let (mut item, _) = item(1);
    move || {
        let child = item.add_child("child");
        child.init(Some(10), None);
        child.inc_by(10);
    }
}

pub fn live_child() -> impl FnMut() -> Item {
    let (mut item, _) = item(1);
    move || {
        let child = item.add_child("child");
        child.init(Some(10), None);
        child
    }
}

pub fn snapshot(leaves: usize) -> Work {
    let root = Root::new();
    let items: Vec<_> = (0..leaves)
        .map(|_| {
            let item = root.add_child("leaf");
            item.init(Some(10), None);
            item
        })
        .collect();
    repeat(move |_| {
        black_box(&items)[0].inc();
        let mut tasks = Vec::new();
        root.sorted_snapshot(&mut tasks);
        drop(black_box(tasks));
    })
}
