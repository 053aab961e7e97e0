use std::hint::black_box;

use progress_monitor::prelude::{
    CallbackProgressMonitor, NumericWork, ProgressMonitor as _, ProgressMonitorDivision,
};

use crate::measure::{Work, repeat};

pub const NAME: &str = "progress-monitor (idle callback)";

type Done = NumericWork<u64>;

/// More work than the benchmark ever does. A monitor panics when it is dropped with work left, so
/// none is dropped.
const WORK: u64 = 1 << 52;

fn root() -> &'static mut CallbackProgressMonitor<'static, Done, fn(&Done, &Done)> {
    let idle: fn(&Done, &Done) = |_, done| {
        black_box(done);
    };
    Box::leak(Box::new(CallbackProgressMonitor::new("bench", WORK, idle)))
}

macro_rules! below {
    ($parent:expr;) => { $parent };
    ($parent:expr; $level:literal $($more:literal)*) => {
        below!(Box::leak(Box::new($parent.new_child("bench", WORK, WORK))); $($more)*)
    };
}

pub fn inc_at_1() -> Work {
    let monitor = below!(root(); 1);
    repeat(move |_| black_box(&mut *monitor).worked(1))
}

pub fn inc_at_5() -> Work {
    let monitor = below!(root(); 1 2 3 4 5);
    repeat(move |_| black_box(&mut *monitor).worked(1))
}

pub fn inc_at_10() -> Work {
    let monitor = below!(root(); 1 2 3 4 5 6 7 8 9 10);
    repeat(move |_| black_box(&mut *monitor).worked(1))
}

pub fn child() -> impl FnMut() + 'static {
    let root = root();
    move || {
        let mut child = root.new_child("child", 1, 10);
        child.worked(10);
        child.close().expect("no work is left");
    }
}
