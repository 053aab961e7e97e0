//! Plays a workflow once.

use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use super::conformance::Settings;
use super::contract::{Contract, Seen};
use super::faults::Faults;
use super::path::Path;
use crate::panics::{self, Panic};
use crate::timer::{Sleep, sleep_in_real_time};
use crate::tree::Overrun;
use crate::{ManualClock, Progress, Report, Run, RunStatus};

/// The time that passes between two polls: the reporters get the numbers each time.
const TICK: Duration = Duration::from_millis(100);

/// More polls with a sign of life than any workflow takes that is a test's. One that takes so many
/// does not end.
const MAX_POLLS: usize = 200_000;

/// What a workflow has come by.
pub(super) struct Played {
    pub(super) workflow: String,
    pub(super) polls: usize,
    pub(super) points: Vec<&'static Location<'static>>,
    pub(super) seen: Seen,
}

/// Plays a workflow on a path.
///
/// # Errors
/// Fails with what was played, and what was broken.
pub(super) fn play<F: Future>(
    settings: &Settings,
    start: &impl Fn(Progress, Faults) -> F,
    path: Path,
) -> Result<Played, (String, String)> {
    let clock = ManualClock::new();
    let (run, progress) = Run::builder("Workflow").clock(&clock).start();
    let contract = Contract::default();
    run.report_to(contract.clone());
    let faults = Faults::new(&run, path);
    let begin = || Stage::new(settings, &clock, &faults, start(progress, faults.clone()));
    let stage = settings.executor.drive(settings.patience, begin, |stage, cx| stage.turn(cx));
    let name = name(&run);
    match stage.and_then(|stage| stage.judge(&contract)) {
        Ok((polls, seen)) => Ok(Played { workflow: name, polls, points: faults.passed(), seen }),
        Err(broken) => Err((name, broken)),
    }
}

/// What was played, as a message names it.
fn name(run: &Run) -> String {
    run.plan().map_or_else(|| "code without a plan".to_owned(), |plan| format!("`{}`", plan.name()))
}

/// A workflow on a path.
struct Stage<'a, F> {
    settings: &'a Settings,
    clock: &'a ManualClock,
    faults: &'a Faults,
    /// `None` once it has returned, has panicked or was dropped.
    work: Option<Pin<Box<F>>>,
    was_dropped: bool,
    panic: Option<Panic>,
    polls: usize,
    ended: Pin<Box<dyn Future<Output = Arc<Report>>>>,
    patience: Sleep,
    /// When the workflow was last woken. Where it is polled without being woken, when the run last
    /// changed.
    last_sign: Instant,
    signs: usize,
    signature: u64,
}

impl<'a, F: Future> Stage<'a, F> {
    fn new(settings: &'a Settings, clock: &'a ManualClock, faults: &'a Faults, work: F) -> Self {
        let run = faults.run().clone();
        Self {
            settings,
            clock,
            faults,
            work: Some(Box::pin(work)),
            was_dropped: false,
            panic: None,
            polls: 0,
            ended: Box::pin(async move { run.ended().await }),
            patience: sleep_in_real_time(settings.patience),
            last_sign: Instant::now(),
            signs: 0,
            signature: 0,
        }
    }

    /// Polls the workflow, or lets the path happen. Ready when the run has ended.
    fn turn(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), String>> {
        self.faults.set_waker(cx.waker());
        let now = Instant::now();
        if self.work.is_some() {
            self.poll_work(cx);
            self.clock.advance(TICK);
        }
        if self.work.is_none() {
            if self.ended.as_mut().poll(cx).is_ready() {
                return Poll::Ready(self.judge_holders());
            }
        } else if self.signs >= MAX_POLLS {
            let state = self.state();
            return Poll::Ready(Err(format!("it does not end in {MAX_POLLS} polls. {state}")));
        }
        while Pin::new(&mut self.patience).poll(cx).is_ready() {
            let left = self.settings.patience.saturating_sub(now.duration_since(self.last_sign));
            if left.is_zero() {
                return Poll::Ready(Err(self.hangs()));
            }
            self.patience = sleep_in_real_time(left);
        }
        if self.gives_a_sign() {
            self.last_sign = now;
            self.signs += 1;
        }
        Poll::Pending
    }

    /// Whether this turn shows that the workflow does not hang.
    fn gives_a_sign(&mut self) -> bool {
        if self.settings.executor.waits_to_be_woken() {
            return true;
        }
        let signature = self.faults.run().signature();
        std::mem::replace(&mut self.signature, signature) != signature
    }

    fn poll_work(&mut self, cx: &mut Context<'_>) {
        match self.before_poll() {
            BeforePoll::Nothing => {}
            BeforePoll::Cancel => self.faults.cancel(),
            BeforePoll::Drop => {
                self.was_dropped = !self.faults.run().status().is_terminal();
                self.drop_work();
                return;
            }
        }
        self.polls += 1;
        let Some(work) = &mut self.work else { return };
        match panics::catch(|| work.as_mut().poll(cx).map(drop)) {
            Ok(Poll::Pending) => {}
            Ok(Poll::Ready(())) => self.drop_work(),
            Err(panic) => {
                self.panic = Some(panic);
                self.drop_work();
            }
        }
    }

    fn before_poll(&self) -> BeforePoll {
        match self.faults.path() {
            Path::CancelBeforePoll(poll) if poll == self.polls => BeforePoll::Cancel,
            Path::DropBeforePoll(poll) if poll == self.polls => BeforePoll::Drop,
            _ if self.faults.must_drop() => BeforePoll::Drop,
            _ => BeforePoll::Nothing,
        }
    }

    fn drop_work(&mut self) {
        let work = self.work.take();
        if let Err(panic) = panics::catch(|| drop(work)) {
            self.panic.get_or_insert(panic);
        }
    }

    fn hangs(&self) -> String {
        let what = match self.work {
            Some(_) => "the workflow hangs",
            None => "the run does not end, though its workflow has returned",
        };
        let patience = self.settings.patience;
        format!("{what}: nothing has happened for {patience:?}. {}", self.state())
    }

    /// The state that a workflow without an end is in.
    fn state(&self) -> String {
        let snapshot = self.faults.run().snapshot();
        let step = snapshot.active_step().map(|step| format!(", in the step /{}", step.id));
        format!("It is {}{}", snapshot.status, step.unwrap_or_default())
    }

    /// At the end of the run, only the test itself holds the points.
    fn judge_holders(&self) -> Result<(), String> {
        match self.faults.holders() {
            1 => Ok(()),
            _ => Err("something still holds its `Faults` after the end of the run".to_owned()),
        }
    }

    /// Judges how the run has ended.
    fn judge(self, contract: &Contract) -> Result<(usize, Seen), String> {
        let seen = contract.judge()?;
        let run = self.faults.run();
        if let Some((place, Overrun { done, length })) = run.state.first_overrun() {
            let step = match place.path.to_string() {
                path if path.is_empty() => String::new(),
                path => format!(" in the step /{path}"),
            };
            return Err(format!("a share{step} has counted {done} of {length}"));
        }
        let status = run.status();
        if let (false, Some(panic)) = (self.faults.path().has_fault(), &self.panic) {
            return Err(format!("it {panic}"));
        }
        let error = run.snapshot().error.as_ref().map(|error| format!(": {error}"));
        let ended = format!("the run is {status}{}", error.unwrap_or_default());
        if self.faults.path() == Path::ToTheEnd && !status.ended_well() {
            return Err(ended);
        }
        let was_stopped = self.was_dropped || self.faults.has_cancelled() || seen.was_cancelling;
        let several_threads = self.settings.executor.has_several_threads();
        let is_right = match status {
            RunStatus::Cancelled => was_stopped,
            _ if !was_stopped => true,
            // The injected fault made it panic, while another part of it stopped the run.
            RunStatus::Failed => self.panic.is_some(),
            // A task has stopped the run while its workflow returned, or the workflow cannot express
            // a cancel.
            _ => several_threads || !seen.is_cancellable && !self.was_dropped,
        };
        if !is_right {
            return Err(ended);
        }
        Ok((self.polls, seen))
    }
}

/// What happens before a poll.
enum BeforePoll {
    Nothing,
    Cancel,
    Drop,
}
