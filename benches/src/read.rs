//! Reading the percentage and taking snapshots.

use std::hint::black_box;

use progress_runtime::{Progress, Run};

use crate::by_time;
use crate::limits;
use crate::measure::{Work, repeat};
use crate::own::Leaves;
use crate::peers::{atomic_progress, prodash, progress_token, sitrep, watch};
use crate::plan::{Section, Target};

pub fn sections() -> Vec<Section> {
    vec![
        cached(),
        overall("the overall percentage after a change, 10 live leaves", 10, 60.0),
        overall("the overall percentage after a change, 1,000 live leaves", 1_000, 4e3),
        overall("the overall percentage after a change, 100,000 live leaves", 100_000, 600e3),
        snapshot(),
    ]
    .into_iter()
    .chain(by_time::sections())
    .collect()
}

fn cached() -> Section {
    let target = [Target::AtMost(2.0)];
    Section::timed("the overall percentage, as last read")
        .limit("relaxed load", limits::load)
        .own("progress-runtime, 10 live leaves", &target, || unchanged(10))
        .own("progress-runtime, 1,000 live leaves", &target, || unchanged(1_000))
        .peer(watch::NAME, watch::read)
}

fn overall(name: &'static str, leaves: usize, bound: f64) -> Section {
    Section::timed(name)
        .limit("a relaxed load for each leaf", move || limits::sum(leaves))
        .own("progress-runtime", &[Target::AtMost(bound)], move || changed(leaves))
        .peer(sitrep::NAME, move || sitrep::report(leaves))
        .peer(progress_token::NAME, move || progress_token::read(leaves))
}

fn snapshot() -> Section {
    let target = [Target::AtMost(100e3)];
    Section::timed("a full snapshot, 1,000 live leaves")
        .own("progress-runtime, in 20 branches: all listed", &target, || {
            snapshots(branches(20, 50))
        })
        .own("progress-runtime, on the root: 50 listed", &target, || snapshots(branches(1, 1_000)))
        .peer(prodash::NAME, || prodash::snapshot(1_000))
        .peer(atomic_progress::NAME, || atomic_progress::snapshot(1_000))
        .peer(sitrep::NAME, || sitrep::report(1_000))
}

fn unchanged(leaves: usize) -> Work {
    let leaves = Leaves::new(leaves);
    repeat(move |_| {
        black_box(black_box(&leaves).run.last_percent());
    })
}

fn changed(leaves: usize) -> Work {
    let mut leaves = Leaves::new(leaves);
    repeat(move |_| {
        black_box(&mut leaves).leaves[0].inc(1);
        black_box(leaves.run.percent());
    })
}

/// A root with `branches` children, each with `leaves` children.
fn branches(branches: u64, leaves: u64) -> (Run, Vec<Progress>) {
    let (run, mut root) = Run::start("Bench");
    root.set_length(branches);
    let mut shares = Vec::new();
    for _ in 0..branches {
        let mut branch = root.split(1);
        branch.set_length(leaves);
        for _ in 0..leaves {
            let mut leaf = branch.split(1);
            leaf.set_length(u64::MAX);
            shares.push(leaf);
        }
        shares.push(branch);
    }
    shares.push(root);
    (run, shares)
}

fn snapshots((run, mut shares): (Run, Vec<Progress>)) -> Work {
    repeat(move |_| {
        black_box(&mut shares)[0].inc(1);
        drop(black_box(run.snapshot()));
    })
}
