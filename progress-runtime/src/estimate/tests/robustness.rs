//! What costs the number its honesty, and how much: renamed steps, another machine, odd runs, skips
//! that nobody expected.
//!
//! The workflows are made up: their steps take times that differ by a factor of a hundred and from
//! run to run by a fifth, and report nothing. The bounds are those that were measured on real
//! workflows, with room for the seeds.

use std::time::Duration;

use crate::estimate::{Estimator, NodeId, Record};
use crate::plan::{PlanStep, StepList};

const STEPS: usize = 20;
const LOOKS: u32 = 400;
const WORKFLOWS: u64 = 8;

/// Numbers that look random and are the same each time (SplitMix64, by Sebastiano Vigna).
struct Seeded(u64);

impl Seeded {
    /// From 0 to 1.
    fn part(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) as f64 / u64::MAX as f64
    }

    /// Around 1, give or take a factor; the logarithm has this spread.
    fn about(&mut self, spread: f64) -> f64 {
        let sum: f64 = (0..12).map(|_| self.part()).sum();
        ((sum - 6.0) * spread).exp()
    }
}

/// A workflow of which each run takes other times.
struct Made {
    seeded: Seeded,
    /// What the steps usually take, in seconds.
    usual: Vec<f64>,
}

/// One run: the times of its steps, `None` for one that is skipped.
type Times = Vec<Option<f64>>;

impl Made {
    fn new(seed: u64) -> Self {
        let mut seeded = Seeded(seed);
        let usual = (0..STEPS).map(|_| 10.0 * 10_f64.powf(2.0 * seeded.part() - 1.0)).collect();
        Self { seeded, usual }
    }

    fn run(&mut self) -> Times {
        self.usual.iter().map(|usual| Some(usual * self.seeded.about(0.2))).collect()
    }

    fn records(&mut self, runs: usize) -> Vec<Record> {
        (0..runs).map(|_| record(&self.run())).collect()
    }

    /// The step that takes longest.
    fn heaviest(&self) -> usize {
        (0..STEPS).max_by(|a, b| self.usual[*a].total_cmp(&self.usual[*b])).unwrap_or(0)
    }
}

/// The plan. Of each so many steps, one has another name than before.
fn plan(renamed: Option<usize>) -> &'static StepList {
    let steps: Vec<_> = (0..STEPS)
        .map(|step| {
            let is_renamed = renamed.is_some_and(|each| step % each == 0);
            let id = format!("{}{step}", if is_renamed { "new" } else { "step" });
            let id: &'static str = id.leak();
            PlanStep::new(id, id, 1)
        })
        .collect();
    Box::leak(Box::new(StepList::new(0, steps.leak())))
}

fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

/// Plays a run, and returns its record and the mean error of what was shown, in points.
fn play(list: &'static StepList, times: &Times, earlier: Vec<Record>, host: &str) -> (Record, f64) {
    let mut estimator = Estimator::new(list, earlier, Some(host));
    let total: f64 = times.iter().flatten().sum();
    let mut looks = (0..LOOKS).map(|look| (f64::from(look) + 0.5) / f64::from(LOOKS)).peekable();
    let (mut now, mut error, mut before) = (0.0, 0.0, 0.0);
    for (index, time) in times.iter().enumerate() {
        let Some(time) = time else {
            estimator.skip(NodeId::ROOT, index);
            continue;
        };
        let node = estimator.start(NodeId::ROOT, index, seconds(now)).expect("a pending step");
        now += time;
        while let Some(part) = looks.next_if(|part| part * total < now) {
            let shown = estimator.look(seconds(part * total), &[]).shown;
            assert!((before..1.0).contains(&shown), "{shown} after {before}");
            error += (shown - part).abs() / f64::from(LOOKS) * 100.0;
            before = shown;
        }
        estimator.end(node, true, seconds(now));
    }
    (Record { host: Some(host.to_owned()), ..estimator.record(seconds(now)) }, error)
}

fn record(times: &Times) -> Record {
    play(plan(None), times, Vec::new(), "here").0
}

/// The mean error over several workflows, each with a history and a run that these two make.
fn error(
    list: &'static StepList,
    history: impl Fn(&mut Made) -> Vec<Record>,
    run: impl Fn(&mut Made) -> Times,
) -> f64 {
    let errors = (0..WORKFLOWS).map(|seed| {
        let mut made = Made::new(seed);
        let earlier = history(&mut made);
        let times = run(&mut made);
        play(list, &times, earlier, "here").1
    });
    errors.sum::<f64>() / WORKFLOWS as f64
}

fn ten(made: &mut Made) -> Vec<Record> {
    made.records(10)
}

#[test]
fn earlier_runs_make_the_number_honest() {
    let none = error(plan(None), |_| Vec::new(), Made::run);
    let one = error(plan(None), |made| made.records(1), Made::run);
    let many = error(plan(None), ten, Made::run);
    assert!(many < 3.0 && many < one && one < none / 2.0, "{many} < {one} < {none}");
}

#[test]
fn a_step_that_is_renamed_costs_only_itself() {
    let many = error(plan(None), ten, Made::run);
    let tenth = error(plan(Some(10)), ten, Made::run);
    let third = error(plan(Some(3)), ten, Made::run);
    assert!(tenth < many + 2.0 && third < many + 6.0, "{many}, {tenth}, {third}");
}

#[test]
fn one_run_here_outweighs_those_of_another_machine() {
    let far = |made: &mut Made| {
        let slow = |step: usize, time: f64| time * if step.is_multiple_of(2) { 4.0 } else { 1.5 };
        let runs = (0..9).map(|_| {
            let times = made.run();
            times.iter().enumerate().map(|(step, time)| time.map(|time| slow(step, time))).collect()
        });
        let runs: Vec<Times> = runs.collect();
        runs.iter().map(|times| play(plan(None), times, Vec::new(), "far").0).collect::<Vec<_>>()
    };
    let only_far = error(plan(None), far, Made::run);
    let both =
        error(plan(None), |made| far(made).into_iter().chain(made.records(1)).collect(), Made::run);
    assert!(only_far < 15.0 && both < only_far * 0.8, "{only_far}, {both}");
}

#[test]
fn three_odd_runs_of_ten_cost_little() {
    let odd = |made: &mut Made| {
        let heaviest = made.heaviest();
        let mut records = Vec::new();
        for run in 0..10 {
            let mut times = made.run();
            if [1, 4, 8].contains(&run) {
                times[heaviest] = times[heaviest].map(|time| time * 10.0);
            }
            records.push(record(&times));
        }
        records
    };
    let (many, odd) = (error(plan(None), ten, Made::run), error(plan(None), odd, Made::run));
    assert!(odd < many + 2.0, "{many}, {odd}");
}

#[test]
fn a_step_that_takes_ten_times_as_long_as_ever_does_not_stop_the_number() {
    let mut made = Made::new(7);
    let (earlier, heaviest) = (made.records(10), made.heaviest());
    let mut times = made.run();
    times[heaviest] = times[heaviest].map(|time| time * 10.0);
    let mut estimator = Estimator::new(plan(None), earlier, Some("here"));
    let mut now = 0.0;
    for (index, time) in times.iter().enumerate() {
        let node = estimator.start(NodeId::ROOT, index, seconds(now)).expect("a pending step");
        let end = now + time.expect("no skip");
        let total: f64 = times.iter().flatten().sum();
        let mut shown = estimator.look(seconds(now), &[]).shown;
        while index == heaviest && now + total / 20.0 < end {
            now += total / 20.0;
            let next = estimator.look(seconds(now), &[]).shown;
            assert!(next > shown && next < 0.99, "{next} after {shown}, {now} s of {total} s");
            shown = next;
        }
        now = end;
        estimator.end(node, true, seconds(now));
    }
}

#[test]
fn skips_that_nobody_expected_are_made_up_for() {
    let skipping = |part: f64| {
        move |made: &mut Made| {
            let mut times = made.run();
            for time in &mut times {
                if made.seeded.part() < part {
                    *time = None;
                }
            }
            times
        }
    };
    let many = error(plan(None), ten, Made::run);
    let few = error(plan(None), ten, skipping(0.05));
    let third = error(plan(None), ten, skipping(0.3));
    assert!(few < many + 4.0 && third < many + 15.0, "{many}, {few}, {third}");
}
