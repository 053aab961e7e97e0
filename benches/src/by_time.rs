//! Reading the number of a run that measures time: a plan of 100 steps, ten earlier runs.

use std::hint::black_box;
use std::time::Duration;

use progress_runtime::__private as runtime;
use progress_runtime::{History, ManualClock, Progress, Run};
use runtime::{Plan, PlanStep, StepList, Steps, Structure};

use crate::measure::{Work, repeat};
use crate::plan::{Section, Target};

const STEPS: usize = 100;
const RUNS: usize = 10;

pub fn sections() -> Vec<Section> {
    let row = |live: usize| move || look(live);
    let section = Section::timed("the percentage by time, 100 steps, ten earlier runs")
        .own("progress-runtime, 1 step alive", &[], row(1))
        .own("progress-runtime, 8 steps alive", &[], row(8))
        .own("progress-runtime, 20 steps alive", &[Target::AtMost(20e3)], row(20));
    vec![section]
}

/// A parallel step with `live` branches, and as many further steps as make 100. Plans live as long
/// as the program, as those of the macro do.
fn plan(live: usize) -> &'static Plan {
    let name = |number: usize| -> &'static str { Box::leak(format!("s{number}").into_boxed_str()) };
    let step = |number| PlanStep::new(name(number), name(number), 1);
    let branches: Vec<_> = (0..live).map(step).collect();
    let branches = StepList::new(0, Box::leak(branches.into_boxed_slice()));
    let parallel = PlanStep::new("branches", "Branches", live as u32)
        .with_structure(Structure::Parallel)
        .with_steps(branches);
    let rest = (live..STEPS - 1).map(step);
    let steps: Vec<_> = std::iter::once(parallel).chain(rest).collect();
    Box::leak(Box::new(Plan::new("bench", "Bench", StepList::new(0, steps.leak()))))
}

/// A run whose branches are at work.
struct Live {
    run: Run,
    root: Steps,
    inner: Steps,
    branches: Vec<Progress>,
    clock: ManualClock,
    workflow: runtime::Completion,
}

impl Live {
    fn start(plan: &'static Plan, live: usize, history: &History) -> Self {
        let clock = ManualClock::new();
        let (run, mut progress) =
            Run::builder("Bench").clock(&clock).history(history.clone()).start();
        progress.set_message("begins");
        let returns = runtime::returns!(());
        let (workflow, root) = runtime::begin(progress, plan, &returns);
        let inner = root.parallel(0).branch(0).into_inner();
        let branches = (0..live)
            .map(|index| {
                inner.enter(index);
                let mut branch = inner.start(index);
                branch.set_length(1_000);
                branch
            })
            .collect();
        Self { run, root, inner, branches, clock, workflow }
    }

    /// Goes through the rest of the steps, some of them slower in some runs.
    async fn finish(mut self, run: usize) {
        for (index, branch) in self.branches.drain(..).enumerate() {
            drop(branch);
            self.clock.advance(Duration::from_millis(100 + (index * run % 7) as u64));
            self.inner.close(index);
        }
        self.root.close(0);
        for index in 1..self.root_len() {
            self.root.enter(index);
            drop(self.root.start(index));
            self.clock.advance(Duration::from_millis(100 + (index * run % 5) as u64));
            self.root.close(index);
        }
        let returns = runtime::returns!(());
        runtime::Workflow::new(self.workflow, async {}, returns).await;
    }

    fn root_len(&self) -> usize {
        self.run.snapshot().steps.len()
    }
}

fn look(live: usize) -> Work {
    let (plan, history) = (plan(live), History::in_memory());
    for run in 0..RUNS {
        futures::executor::block_on(Live::start(plan, live, &history).finish(run));
    }
    let mut now = Live::start(plan, live, &history);
    repeat(move |_| {
        let now = black_box(&mut now);
        now.branches[0].inc(1);
        now.clock.advance(Duration::from_micros(1));
        black_box(now.run.percent());
    })
}
