//! For any plan, and any interleaving of updates and ends from one thread or many, the number stays
//! honest.
//!
//! - The number shown never falls.
//! - It is at most 99.99 % before the end, and 100 % if and only if the root succeeded.
//! - The end is reported exactly once.
//! - Nothing panics.

use std::sync::atomic::{AtomicBool, AtomicU16, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use progress_runtime::__private::{
    Plan, PlanStep, Returns, StepList, Steps, Structure, Verdict, begin, items,
};
use progress_runtime::{
    ManualClock, Progress, ReportError, Reporter, Run, RunStatus, Update, UpdateKind,
};
use proptest::prelude::*;

/// An operation of the owner of a share.
#[derive(Clone, Debug)]
enum Act {
    Length(u64),
    NoLength,
    Inc(u64),
    Position(u64),
    Fraction(f64),
    Message,
    Error,
    Tick,
    /// Splits off a share and performs its acts here, or on a thread of its own.
    Split {
        units: u64,
        acts: Vec<Act>,
        threaded: bool,
        finish: bool,
    },
    /// Counts from two threads.
    Count(u64),
}

/// The course of a step.
#[derive(Clone, Debug)]
enum Fate {
    Skip,
    Work(Vec<Act>),
    Survive(Vec<Act>),
    /// Attempts that fail, then one that succeeds.
    Retry(Vec<Vec<Act>>, Vec<Act>),
    Group(Vec<(u32, Fate)>),
    Each(u64, Vec<Act>),
    /// Leaves the step open, as an early return does.
    Leave(Vec<Act>),
}

#[derive(Clone, Copy, Debug)]
enum Finale {
    Finish,
    Drop,
    Cancel,
    Fail,
}

fn acts(depth: u32) -> BoxedStrategy<Vec<Act>> {
    let units = prop_oneof![4 => 0u64..20, 1 => Just(u64::MAX), 1 => any::<u64>()];
    let leaf = prop_oneof![
        units.clone().prop_map(Act::Length),
        Just(Act::NoLength),
        units.clone().prop_map(Act::Inc),
        units.clone().prop_map(Act::Position),
        prop_oneof![4 => 0.0f64..1.0, 1 => any::<f64>()].prop_map(Act::Fraction),
        Just(Act::Message),
        Just(Act::Error),
        Just(Act::Tick),
        units.clone().prop_map(Act::Count),
    ];
    if depth == 0 {
        return prop::collection::vec(leaf, 0..6).boxed();
    }
    let split = (units, acts(depth - 1), any::<bool>(), any::<bool>())
        .prop_map(|(units, acts, threaded, finish)| Act::Split { units, acts, threaded, finish });
    prop::collection::vec(prop_oneof![3 => leaf, 1 => split], 0..8).boxed()
}

fn fates(depth: u32) -> BoxedStrategy<Vec<(u32, Fate)>> {
    let work = || acts(1);
    let mut kinds = vec![
        Just(Fate::Skip).boxed(),
        work().prop_map(Fate::Work).boxed(),
        work().prop_map(Fate::Survive).boxed(),
        (prop::collection::vec(work(), 0..3), work())
            .prop_map(|(failed, last)| Fate::Retry(failed, last))
            .boxed(),
        (0u64..5, work()).prop_map(|(len, acts)| Fate::Each(len, acts)).boxed(),
        work().prop_map(Fate::Leave).boxed(),
    ];
    if depth > 0 {
        kinds.push(fates(depth - 1).prop_map(Fate::Group).boxed());
    }
    let weight = prop_oneof![4 => 1u32..20, 1 => Just(1_000_000)];
    prop::collection::vec((weight, proptest::strategy::Union::new(kinds)), 1..5).boxed()
}

fn list(head: u32, fates: &[(u32, Fate)]) -> StepList {
    let steps = fates.iter().enumerate().map(|(index, (weight, fate))| {
        let id: &'static str = Box::leak(format!("step-{index}").into_boxed_str());
        let step = PlanStep::new(id, id, *weight);
        match fate {
            Fate::Group(inner) => step.with_steps(list(0, inner)),
            Fate::Each(..) => step.with_structure(Structure::Each),
            _ => step,
        }
    });
    StepList::new(head, Box::leak(steps.collect::<Vec<_>>().into_boxed_slice()))
}

/// Reads the number of a run from any thread, and asserts that it does not fall.
#[derive(Clone)]
struct Watch {
    run: Run,
    clock: ManualClock,
    seen: Arc<AtomicU16>,
}

impl Watch {
    fn look(&self) {
        let before = self.seen.load(SeqCst);
        let shown = self.run.snapshot().progress;
        assert!(shown >= before, "fell from {before} to {shown}");
        assert!(shown <= 9_999 || self.run.status().ended_well(), "{shown} before the end");
        self.seen.fetch_max(shown, SeqCst);
    }

    fn play(&self, mut progress: Progress, acts: &[Act], finish: bool) {
        thread::scope(|threads| {
            for act in acts {
                match act {
                    Act::Length(length) => progress.set_length(*length),
                    Act::NoLength => progress.unset_length(),
                    Act::Inc(units) => progress.inc(*units),
                    Act::Position(position) => progress.set_position(*position),
                    Act::Fraction(fraction) => progress.set_fraction(*fraction),
                    Act::Message => progress.set_message("on the way"),
                    Act::Error => progress.record_error("survived"),
                    Act::Tick => self.clock.advance(Duration::from_millis(100)),
                    Act::Split { units, acts, threaded, finish } => {
                        let share = progress.split(*units);
                        if *threaded {
                            threads.spawn(|| self.play(share, acts, *finish));
                        } else {
                            self.play(share, acts, *finish);
                        }
                    }
                    Act::Count(units) => {
                        let counter = progress.split(1).counter();
                        counter.set_length(*units);
                        let other = counter.clone();
                        threads.spawn(move || other.inc(units / 2));
                        counter.inc(units.div_ceil(2));
                    }
                }
                self.look();
            }
        });
        if finish {
            progress.finish();
        }
        self.look();
    }

    fn walk(&self, steps: &mut Steps, fates: &[(u32, Fate)]) {
        for (index, (_, fate)) in fates.iter().enumerate() {
            steps.set_title(index, format_args!("step {index}"));
            steps.enter(index);
            self.look();
            match fate {
                Fate::Skip => steps.skip(index, format_args!("not needed")),
                Fate::Work(acts) => {
                    self.play(steps.start(index), acts, false);
                    steps.close(index);
                }
                Fate::Survive(acts) => {
                    self.play(steps.start(index), acts, false);
                    steps.close_with(index, Verdict::Failed("failed".to_owned()));
                }
                Fate::Retry(failed, last) => {
                    steps.retry(index, vec![Duration::ZERO; failed.len()].into_iter());
                    for acts in failed {
                        let share = steps.attempt();
                        self.play(share, acts, false);
                        self.look();
                        assert!(steps.again(true, "again".to_owned()).is_some());
                    }
                    self.play(steps.attempt(), last, false);
                    steps.close(index);
                }
                Fate::Group(inner) => {
                    self.walk(&mut steps.group_started(index), inner);
                    steps.close(index);
                }
                Fate::Each(len, acts) => {
                    for _ in steps.each(index, items(0..*len as usize), format_args!("")) {
                        self.play(steps.item(), acts, false);
                    }
                    steps.close(index);
                }
                Fate::Leave(acts) => self.play(steps.start(index), acts, false),
            }
            self.look();
        }
    }
}

#[derive(Clone, Default)]
struct Record(Arc<Mutex<Vec<(UpdateKind, u16, RunStatus)>>>);

impl Reporter for Record {
    fn report(&mut self, update: &Update<'_>) -> Result<(), ReportError> {
        let snapshot = update.snapshot();
        self.0.lock().unwrap().push((update.kind(), snapshot.progress, snapshot.status));
        Ok(())
    }
}

fn check(record: &Record, run: &Run) {
    let calls = record.0.lock().unwrap();
    assert!(
        calls.windows(2).all(|pair| pair[0].1 <= pair[1].1),
        "a reporter saw a fall: {calls:?}"
    );
    let (last, before) = calls.split_last().expect("a reporter is called when it is attached");
    assert_eq!(last.0, UpdateKind::Ended);
    for (kind, shown, status) in before {
        assert_ne!(*kind, UpdateKind::Ended, "the end was reported twice");
        assert!(*shown <= 9_999 && !status.is_terminal(), "the end was seen before its report");
    }
    assert_eq!(last.1 == 10_000, run.status().ended_well());
    assert_eq!(last.1, run.snapshot().progress);
    assert!(run.status().is_terminal());
}

/// Reads a run from another thread until `work` returns.
fn watched(watch: &Watch, work: impl FnOnce()) {
    let over = AtomicBool::new(false);
    thread::scope(|threads| {
        threads.spawn(|| {
            while !over.load(SeqCst) {
                watch.look();
                let steps = watch.run.snapshot();
                assert!(steps.steps.iter().all(|step| step.progress <= 10_000));
                thread::yield_now();
            }
        });
        // The watching thread must stop even when `work` panics.
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
        over.store(true, SeqCst);
        if let Err(panic) = result {
            std::panic::resume_unwind(panic);
        }
    });
}

fn set_up() -> (Watch, Record, Progress) {
    let clock = ManualClock::new();
    let (run, progress) = Run::builder("Anything").clock(&clock).start();
    let record = Record::default();
    run.report_to(record.clone());
    (Watch { run, clock, seen: Arc::default() }, record, progress)
}

/// Miri takes seconds for each case.
const CASES: u32 = if cfg!(miri) { 6 } else { 400 };

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_plan_and_no_interleaving_makes_the_number_fall(
        head in prop_oneof![Just(0u32), 1u32..30],
        fates in fates(2),
        finale in prop_oneof![Just(Finale::Finish), Just(Finale::Drop), Just(Finale::Cancel), Just(Finale::Fail)],
    ) {
        let (watch, record, progress) = set_up();
        let name: &'static str = "anything";
        let plan: &'static Plan = Box::leak(Box::new(Plan::new(name, name, list(head, &fates))));
        let (completion, mut steps) =
            begin(progress, plan, &Returns::new(|_: &()| Verdict::Ok, None));
        let body = {
            let (watch, fates) = (watch.clone(), fates.clone());
            async move {
                watched(&watch, || watch.walk(&mut steps, &fates));
                match finale {
                    Finale::Cancel => {
                        watch.run.cancel();
                        let held = watch.run.percent();
                        watch.walk(&mut steps, &fates);
                        assert_eq!(watch.run.percent(), held, "a cancelled run moved");
                        steps.cancel_point().await;
                        Ok(())
                    }
                    Finale::Fail => Err(progress_runtime::Interrupted::TimedOut),
                    Finale::Drop => std::future::pending().await,
                    Finale::Finish => Ok(()),
                }
            }
        };
        let returns = progress_runtime::__private::returns!(Result<(), progress_runtime::Interrupted>);
        let workflow = progress_runtime::__private::Workflow::new(completion, body, returns);
        match finale {
            Finale::Drop => {
                let mut workflow = Box::pin(workflow);
                prop_assert!(futures::FutureExt::now_or_never(workflow.as_mut()).is_none());
            }
            _ => {
                let _ = futures::executor::block_on(workflow);
            }
        }
        check(&record, &watch.run);
        let expected = match finale {
            Finale::Finish => watch.run.status().ended_well(),
            Finale::Drop | Finale::Cancel => watch.run.status() == RunStatus::Cancelled,
            Finale::Fail => watch.run.status() == RunStatus::Failed,
        };
        prop_assert!(expected, "{finale:?} ended as {}", watch.run.status());
    }

    #[test]
    fn no_use_of_a_plain_share_makes_the_number_fall(
        acts in acts(3),
        finale in prop_oneof![Just(Finale::Finish), Just(Finale::Drop), Just(Finale::Cancel)],
    ) {
        let (watch, record, progress) = set_up();
        watched(&watch, || {
            if matches!(finale, Finale::Cancel) {
                watch.run.cancel();
            }
            watch.play(progress, &acts, matches!(finale, Finale::Finish));
        });
        check(&record, &watch.run);
        prop_assert_eq!(watch.run.status().ended_well(), matches!(finale, Finale::Finish));
    }
}
