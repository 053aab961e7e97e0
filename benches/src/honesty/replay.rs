//! Plays a recorded run through the real runtime, on a manual clock.
//!
//! The steps are opened and closed by the calls that `workflow!` expands to, so the tree, the
//! estimator and the snapshots are those of a real run. Only the code of the steps is not there.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Waker};
use std::time::Duration;

use futures::channel::oneshot;
use progress_runtime::__private as runtime;
use progress_runtime::backon::ConstantBuilder;
use progress_runtime::history::History;
use progress_runtime::{ManualClock, Progress, Run as LiveRun};

use super::trace::{Address, Event, Recorded, Run, Verb};
use runtime::Structure;

/// How many times a run is looked at.
pub const LOOKS: u32 = 400;

/// The length of a step that reports by itself how much of its time has gone by.
const LINEAR_LENGTH: u64 = 1_000;

/// What was shown at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    pub at_ms: f64,
    /// 0 to 1.
    pub shown: f64,
    /// The part of the plan that is done, by its weights.
    pub done: f64,
    pub eta_ms: Option<u64>,
}

/// The moments of a run at which it is looked at, in milliseconds.
pub fn moments(total_ms: u64) -> impl Iterator<Item = f64> {
    (0..LOOKS).map(move |look| (f64::from(look) + 0.5) / f64::from(LOOKS) * total_ms as f64)
}

/// Plays a run, and returns what was shown. With `linear`, each step that reports nothing itself
/// reports the part of its time that has gone by.
pub fn play(run: &Run, history: &History, linear: bool) -> Vec<Seen> {
    let clock = ManualClock::new();
    let (live, progress) =
        LiveRun::builder(run.plan.plan.title()).clock(&clock).history(history.clone()).start();
    let mut player = Player::begin(run.plan, progress, &clock);
    let linear = if linear { Linear::new(run) } else { Linear::default() };
    let mut events = run.events.iter().peekable();
    let mut seen = Vec::with_capacity(LOOKS as usize);
    for at_ms in moments(run.total_ms) {
        while let Some(event) = events.next_if(|event| event.at_ms as f64 <= at_ms) {
            player.advance(event.at_ms as f64);
            player.play(event, &run.events);
        }
        linear.report(&mut player, at_ms);
        player.advance(at_ms);
        let snapshot = live.snapshot();
        seen.push(Seen {
            at_ms,
            shown: f64::from(snapshot.progress) / 10_000.0,
            done: f64::from(snapshot.plan_done) / 10_000.0,
            eta_ms: snapshot.eta_ms,
        });
    }
    for event in events {
        player.advance(event.at_ms as f64);
        player.play(event, &run.events);
    }
    player.advance(run.total_ms as f64);
    player.end(run.completed);
    seen
}

type Whole = Pin<Box<dyn Future<Output = Result<(), String>>>>;

/// What a step or an item at work holds.
enum Work {
    /// A step without inner steps, a loop, or an item without steps.
    Share(Progress),
    /// The inner steps of a group.
    Steps(runtime::Steps),
    /// An item with steps of its own.
    Item(runtime::Completion, runtime::Steps),
}

struct Player<'a> {
    plan: &'static Recorded,
    clock: &'a ManualClock,
    now: Duration,
    root: runtime::Steps,
    live: HashMap<Address, Work>,
    /// The workflow, and the sender of its result.
    whole: Whole,
    result: oneshot::Sender<Result<(), String>>,
}

impl<'a> Player<'a> {
    fn begin(plan: &'static Recorded, progress: Progress, clock: &'a ManualClock) -> Self {
        let (completion, root) = runtime::begin(progress, &plan.plan, &returns());
        let (result, ended) = oneshot::channel();
        let body = async move { ended.await.unwrap_or_else(|gone| Err(gone.to_string())) };
        let mut whole: Whole = Box::pin(runtime::Workflow::new(completion, body, returns()));
        poll_once(whole.as_mut()); // the run begins
        Self { plan, clock, now: Duration::ZERO, root, live: HashMap::new(), whole, result }
    }

    fn advance(&mut self, to_ms: f64) {
        let to = Duration::from_secs_f64(to_ms / 1_000.0);
        self.clock.advance(to.saturating_sub(self.now));
        self.now = self.now.max(to);
    }

    fn play(&mut self, event: &Event, all: &[Event]) {
        let Event { verb, address, number, .. } = event;
        match verb {
            Verb::Start => self.start(address, event.at_ms, all),
            Verb::End => self.close(address, runtime::Verdict::Ok),
            Verb::Fail => self.close(address, runtime::Verdict::Failed("failed".into())),
            Verb::Skip => self.skip(address),
            Verb::Attempt => self.restart(address),
            Verb::Length | Verb::Position => {
                if let Some(Work::Share(progress)) = self.live.get_mut(address) {
                    match verb {
                        Verb::Length => progress.set_length(*number),
                        _ => progress.set_position(*number),
                    }
                }
            }
            Verb::ItemStart => self.start_item(address),
            Verb::ItemEnd => self.end_item(address),
        }
    }

    /// The address of what a step lies in; `None` for the workflow itself.
    fn around(&self, address: &Address) -> Option<Address> {
        let step = address.step.expect("the address of a step");
        let parent = self.plan.steps[step].parent;
        let in_item = address.items.last().map(|(of, _)| *of);
        match parent {
            parent if parent == in_item && parent.is_some() => {
                Some(Address { items: address.items.clone(), step: None })
            }
            Some(parent) => Some(Address { items: address.items.clone(), step: Some(parent) }),
            None => None,
        }
    }

    /// The list that a step stands in, and its index there.
    fn place(&mut self, address: &Address) -> (&mut runtime::Steps, usize) {
        let index = self.plan.steps[address.step.expect("the address of a step")].index;
        let steps = match self.around(address).map(|around| self.live.get_mut(&around)) {
            None => &mut self.root,
            Some(Some(Work::Steps(steps) | Work::Item(_, steps))) => steps,
            Some(_) => panic!("a step starts in something without steps: {address:?}"),
        };
        (steps, index)
    }

    fn start(&mut self, address: &Address, at_ms: u64, all: &[Event]) {
        let step = &self.plan.steps[address.step.expect("the address of a step")];
        let (steps, index) = self.place(address);
        let work = match step.structure {
            Structure::Each | Structure::Concurrent => {
                // The number of items stands in an event of the same moment.
                let is_length = |event: &&Event| {
                    event.verb == Verb::Length && event.at_ms >= at_ms && event.address == *address
                };
                let length = all.iter().find(is_length).map(|event| event.number);
                steps.enter(index);
                let mut items = steps.start(index);
                if let Some(length) = length {
                    items.set_length(length);
                }
                Work::Share(items)
            }
            Structure::Parallel => Work::Steps(steps.parallel(index).branch(0).into_inner()),
            _ if step.has_steps => Work::Steps(steps.group(index)),
            _ => {
                steps.enter(index);
                Work::Share(steps.start(index))
            }
        };
        self.live.insert(address.clone(), work);
    }

    fn close(&mut self, address: &Address, verdict: runtime::Verdict) {
        self.live.remove(address);
        let (steps, index) = self.place(address);
        steps.close_with(index, verdict);
    }

    fn skip(&mut self, address: &Address) {
        let (steps, index) = self.place(address);
        steps.enter(index);
        steps.skip(index, format_args!(""));
    }

    fn restart(&mut self, address: &Address) {
        let (steps, index) = self.place(address);
        steps.retry(index, ConstantBuilder::default());
        drop(steps.attempt()); // the attempt at work, which has its share already
        drop(steps.again(true, "failed".into()));
        let progress = steps.attempt();
        self.live.insert(address.clone(), Work::Share(progress));
    }

    fn start_item(&mut self, address: &Address) {
        let (of, _) = *address.items.last().expect("the address of an item");
        let Some(Work::Share(items)) = self.live.get_mut(&loop_of(address)) else {
            panic!("an item starts without its loop: {address:?}")
        };
        let item = items.split(1);
        let work = match &self.plan.steps[of].item {
            None => Work::Share(item),
            Some(plan) => {
                let (completion, steps) = runtime::begin(item, plan, &returns());
                Work::Item(completion, steps)
            }
        };
        self.live.insert(address.clone(), work);
    }

    fn end_item(&mut self, address: &Address) {
        match self.live.remove(address) {
            Some(Work::Share(item)) => item.finish(),
            Some(Work::Item(completion, steps)) => {
                drop(steps);
                poll_once(runtime::Workflow::new(completion, async { Ok(()) }, returns()));
            }
            _ => {}
        }
    }

    fn end(mut self, completed: bool) {
        let result = if completed { Ok(()) } else { Err("failed".to_owned()) };
        let _ = self.result.send(result);
        poll_once(self.whole.as_mut());
    }
}

fn loop_of(item: &Address) -> Address {
    let mut items = item.items.clone();
    let (of, _) = items.pop().expect("the address of an item");
    Address { items, step: Some(of) }
}

/// How a workflow of these plans ends.
fn returns()
-> runtime::Returns<Result<(), String>, impl Fn(&Result<(), String>) -> runtime::Verdict> {
    runtime::returns!(Result<(), String>)
}

fn poll_once<F: Future>(future: F) {
    let _ = std::pin::pin!(future).poll(&mut Context::from_waker(Waker::noop()));
}

/// Steps that report the part of their true time that has gone by: the best that code can report.
#[derive(Default)]
struct Linear {
    /// The steps that report nothing themselves, with their start and their duration.
    steps: Vec<(Address, f64, f64)>,
}

impl Linear {
    fn new(run: &Run) -> Self {
        let mut steps = Vec::new();
        let reports = |address: &Address| {
            let reports = |verb| matches!(verb, Verb::Length | Verb::Position);
            run.events.iter().any(|event| event.address == *address && reports(event.verb))
        };
        let mut started = HashMap::new();
        for event in run.events.iter().filter(|event| event.address.items.is_empty()) {
            match event.verb {
                Verb::Start => {
                    started.insert(event.address.clone(), event.at_ms as f64);
                }
                Verb::End => {
                    let Some(start) = started.remove(&event.address) else { continue };
                    if !reports(&event.address) {
                        steps.push((event.address.clone(), start, event.at_ms as f64 - start));
                    }
                }
                _ => {}
            }
        }
        Self { steps }
    }

    fn report(&self, player: &mut Player<'_>, at_ms: f64) {
        for (address, start, duration) in &self.steps {
            if let Some(Work::Share(progress)) = player.live.get_mut(address) {
                progress.set_length(LINEAR_LENGTH);
                if *duration > 0.0 {
                    let part = (at_ms - start) / duration * LINEAR_LENGTH as f64;
                    progress.set_position((part as u64).min(LINEAR_LENGTH));
                }
            }
        }
    }
}
