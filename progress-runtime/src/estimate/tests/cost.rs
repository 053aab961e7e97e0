//! What a look costs. Run it in release:
//! `cargo test --release -p progress-runtime --lib estimate::tests::cost -- --ignored --nocapture`.

use std::time::{Duration, Instant};

use crate::estimate::{Estimator, KEPT_RUNS, NodeId, Record, StepRecord};
use crate::plan::{PlanStep, StepList, Structure};

/// In a batch. The fastest batch counts: other programs slow the rest.
const LOOKS: u32 = 1000;

#[test]
#[ignore = "prints times, which depend on the machine"]
fn a_look_costs() {
    for live in [1, 8, 20, 99] {
        for (moment, at) in [("early", 20), ("late", 55), ("overdue", 100)] {
            println!("{live:3} live of 100, {moment:8} {:6.2} µs a look", look(live, at));
        }
    }
    println!("an event: {:.2} µs", event());
}

/// The time of a look, in microseconds: at a run of 100 steps, `live` of them branches of the last
/// step, `at` seconds after these started. Each took about a minute before.
fn look(live: usize, at: u64) -> f64 {
    let (mut estimator, group) = run(live);
    for branch in 0..live {
        estimator.start(group, branch, Duration::from_secs(1)).expect("a pending branch");
    }
    let mut at = Duration::from_secs(at);
    let batch = || {
        let begun = Instant::now();
        for _ in 0..LOOKS {
            at += Duration::from_micros(1);
            std::hint::black_box(estimator.look(at, &[]));
        }
        begun.elapsed().as_secs_f64() * 1e6 / f64::from(LOOKS)
    };
    std::iter::repeat_with(batch).take(20).fold(f64::INFINITY, f64::min)
}

/// The mean time of an event, in microseconds, the weighing of the earlier runs included.
fn event() -> f64 {
    let runs = 100;
    let begun = Instant::now();
    let mut spent = Duration::ZERO;
    for _ in 0..runs {
        let (mut estimator, group) = run(99);
        let begun = Instant::now();
        for branch in 0..99 {
            let at = Duration::from_secs(1 + branch as u64);
            let node = estimator.start(group, branch, at).expect("a pending branch");
            estimator.end(node, true, at + Duration::from_secs(1));
        }
        spent += begun.elapsed();
    }
    assert!(begun.elapsed() >= spent);
    spent.as_secs_f64() * 1e6 / f64::from(runs * 2 * 99)
}

fn run(branches: usize) -> (Estimator, NodeId) {
    let ids: Vec<&'static str> = (0..100).map(|id| &*format!("step {id}").leak()).collect();
    let leaf = |id: &'static str| PlanStep::new(id, id, 1);
    let inside: Vec<_> = ids[..branches].iter().map(|id| leaf(id)).collect();
    let mut steps: Vec<_> = ids[branches..99].iter().map(|id| leaf(id)).collect();
    steps.push(
        PlanStep::new("at once", "At once", 1)
            .with_structure(Structure::Parallel)
            .with_steps(StepList::new(0, inside.leak())),
    );
    let place = steps.len() - 1;
    let list = Box::leak(Box::new(StepList::new(0, steps.leak())));
    let record = |run: u64| {
        let took = |id: usize| StepRecord {
            duration: Some(50_000 + 1_000 * ((run * 7 + id as u64 * 3) % 23)),
            ran: 1,
            ..StepRecord::default()
        };
        let path = |id: usize| {
            if id < branches { format!("at once/{}", ids[id]) } else { ids[id].to_owned() }
        };
        Record { steps: (0..99).map(|id| (path(id), took(id))).collect(), ..Record::default() }
    };
    let records = (0..KEPT_RUNS as u64).map(record).collect();
    let mut estimator = Estimator::new(list, records, None);
    let group =
        estimator.start(NodeId::ROOT, place, Duration::from_secs(1)).expect("a pending step");
    (estimator, group)
}
