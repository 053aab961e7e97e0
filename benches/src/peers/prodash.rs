use std::hint::black_box;

use prodash::Count as _;
use prodash::messages::MessageLevel;
use prodash::tree::{Item, Root};

use crate::measure::{Work, repeat};
use crate::raw::{LITERAL, text};
use crate::together::{looped, together};

pub const NAME: &str = "prodash";

fn item(depth: usize) -> Vec<Item> {
    let root = Root::new();
    let mut items = vec![root.add_child("bench")];
    for _ in 1..depth {
        let parent = items.last_mut().expect("the first is there");
        let child = parent.add_child("bench");
        items.push(child);
    }
    items.last().expect("the first is there").init(Some(usize::MAX), None);
    items
}

pub fn inc(depth: usize) -> Work {
    let items = item(depth);
    repeat(move |_| black_box(&items[depth - 1]).inc())
}

pub fn set_position() -> Work {
    let items = item(1);
    repeat(move |position| {
        black_box(&items[0]).set(position as usize);
    })
}

pub fn literal() -> Work {
    let items = item(1);
    repeat(move |_| black_box(&items[0]).message(MessageLevel::Info, LITERAL))
}

pub fn formatted() -> Work {
    let items = item(1);
    repeat(move |page| {
        black_box(&items[0]).message(MessageLevel::Info, text(page));
    })
}

pub fn two_leaves() -> Work {
    let mut items = item(1);
    let mut counting = || {
        let item = items[0].add_child("bench");
        item.init(Some(usize::MAX), None);
        looped(move |_| black_box(&item).inc())
    };
    together(vec![counting(), counting()])
}

pub fn two_clones() -> Work {
    let items = item(1);
    let counting = || {
        let counter = items[0].counter();
        looped(move |_| {
            black_box(&counter).fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        })
    };
    together(vec![counting(), counting()])
}

pub fn child() -> impl FnMut() + 'static {
    let mut items = item(1);
    move || {
        let child = items[0].add_child("child");
        child.init(Some(10), None);
        child.inc_by(10);
    }
}

pub fn live() -> impl FnMut() -> Item {
    let mut items = item(1);
    move || {
        let child = items[0].add_child("child");
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
