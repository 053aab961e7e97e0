//! Dispatch of events to the reporters and streams of a run.
//!
//! Reporters are called by one thread at a time, the active one. Other threads block until it is
//! done, so a change has been seen when the call that made it returns, and neither the drop of a
//! future nor the return of `main` can lose the end. Events raised inside a reporter are queued,
//! and dispatched after the event that the reporter was called for.
//!
//! A sample does not wait: if it finds a dispatch under way, it is left out, and the next one makes
//! up for it. The ends of items are dispatched at once only as long as there are few. Of many, the
//! [`Throttle`] leaves most to the next sample, so the cost of an end does not depend on how many
//! other items are live.
//!
//! # Invariants
//!
//! - Foreign code (reporters, their drops, wakers, the logger) is called through [`catch`].
//! - While it is called, the thread holds the turn of this dispatcher and no other lock.
//! - Loggers are called without the turn.

use std::collections::VecDeque;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, TryLockError};
use std::time::Duration;

use tokio::sync::Notify;

use super::throttle::Throttle;
use super::watch::LatestSnapshot;
use crate::logging;
use crate::panics::{self, catch};
use crate::reporter::{EndLimit, ReportError, Reporter, Update, UpdateKind};
use crate::sync::lock;
use crate::{Report, Snapshot};

/// What a dispatcher reads from its run.
pub(crate) trait Source: Sync {
    /// The time on the run's clock.
    fn now(&self) -> Duration;
    /// Whether the run has ended.
    fn has_ended(&self) -> bool;
    /// A number that changes with each count, length and message.
    fn signature(&self) -> u64;
    fn snapshot(&self) -> Arc<Snapshot>;
    /// The report, once the run has ended.
    fn report(&self) -> Option<Arc<Report>>;
}

pub(crate) enum Event {
    /// A reporter is attached.
    Attach(Box<dyn Reporter>),
    /// The run or a step has changed its state.
    Transition,
    /// It is time to look at the numbers.
    Sample,
    /// The run has ended.
    End,
}

pub(crate) struct Dispatcher {
    /// How many reporters and streams there are.
    observers: AtomicUsize,
    /// The key of the active thread, or 0. A thread finds its own key here only if it stored it
    /// itself, so no order is needed.
    active: AtomicUsize,
    turn: Mutex<Turn>,
    /// Whether the active thread has queued an event.
    has_queued: AtomicBool,
    queue: Mutex<VecDeque<Event>>,
    items: Throttle,
    pub(super) latest: LatestSnapshot,
    /// Whether the end has been dispatched.
    is_over: AtomicBool,
    /// Whether anybody has ever waited for that, which few do.
    is_awaited: AtomicBool,
    over: Notify,
}

/// What only the active thread uses.
#[derive(Default)]
struct Turn {
    reporters: Vec<Attached>,
    /// The signature of the latest sample.
    signature: u64,
    ended: bool,
    /// What to log when the turn is over.
    warnings: Vec<String>,
}

struct Attached {
    reporter: Box<dyn Reporter>,
    /// When the reporter was last called; kept only for one that has a heartbeat.
    called: Duration,
}

impl Dispatcher {
    pub(crate) fn new() -> Self {
        Self {
            observers: AtomicUsize::new(0),
            active: AtomicUsize::new(0),
            turn: Mutex::default(),
            has_queued: AtomicBool::new(false),
            queue: Mutex::default(),
            items: Throttle::new(),
            latest: LatestSnapshot::default(),
            is_over: AtomicBool::new(false),
            is_awaited: AtomicBool::new(false),
            over: Notify::new(),
        }
    }

    /// Whether there is a reporter or a stream.
    pub(crate) fn is_observed(&self) -> bool {
        self.observers.load(SeqCst) > 0
    }

    pub(crate) fn observe(&self) {
        self.observers.fetch_add(1, SeqCst);
    }

    pub(crate) fn unobserve(&self) {
        self.observers.fetch_sub(1, SeqCst);
    }

    /// Waits until the reporters have received the end.
    pub(crate) async fn over(&self) {
        // Either the end finds this set, or this finds the end: each stores before it reads.
        self.is_awaited.store(true, SeqCst);
        loop {
            // Created before the flag is read, so a notification in between is not lost.
            let over = self.over.notified();
            if self.is_over.load(SeqCst) {
                return;
            }
            over.await;
        }
    }

    /// Dispatches an event, and those that are raised meanwhile.
    pub(crate) fn dispatch(&self, source: &dyn Source, event: Event) {
        self.dispatch_after(source, || Some(event));
    }

    /// Makes a change while no event is being dispatched, then dispatches the event that it
    /// returns.
    pub(crate) fn dispatch_after(
        &self,
        source: &dyn Source,
        change: impl FnOnce() -> Option<Event>,
    ) {
        let me = thread_key();
        if self.active.load(Relaxed) == me {
            // Called inside a reporter, whose call has to end first.
            let event = change();
            lock(&self.queue).extend(event);
            self.has_queued.store(true, Relaxed);
            return;
        }
        self.take_turn(lock(&self.turn), me, source, change);
    }

    /// Samples, unless a dispatch is under way.
    pub(crate) fn sample(&self, source: &dyn Source) {
        let turn = match self.turn.try_lock() {
            Ok(turn) => turn,
            Err(TryLockError::Poisoned(turn)) => turn.into_inner(),
            Err(TryLockError::WouldBlock) => return,
        };
        self.take_turn(turn, thread_key(), source, || Some(Event::Sample));
    }

    /// Dispatches the end of an item as a transition, or leaves it to the next sample.
    pub(crate) fn dispatch_item(&self, source: &dyn Source) {
        if self.items.is_due(|| source.now()) {
            self.dispatch(source, Event::Transition);
        }
    }

    fn take_turn(
        &self,
        mut turn: MutexGuard<'_, Turn>,
        me: usize,
        source: &dyn Source,
        change: impl FnOnce() -> Option<Event>,
    ) {
        let active = Active::enter(&self.active, me);
        let mut next = change();
        while let Some(event) = next {
            self.deliver(&mut turn, source, event);
            next = self.next_queued();
        }
        let warnings = std::mem::take(&mut turn.warnings);
        drop(active);
        drop(turn);
        for warning in warnings {
            logging::warn(format_args!("{warning}"));
        }
    }

    /// An event that was queued; only the active thread asks.
    fn next_queued(&self) -> Option<Event> {
        if !self.has_queued.load(Relaxed) {
            return None;
        }
        let event = lock(&self.queue).pop_front();
        self.has_queued.store(event.is_some(), Relaxed);
        event
    }

    fn deliver(&self, turn: &mut Turn, source: &dyn Source, event: Event) {
        if turn.ended && !matches!(event, Event::Attach(_)) {
            return;
        }
        let made = OnceLock::new();
        let snapshot = || Arc::clone(made.get_or_init(|| source.snapshot()));
        let call = Call { source, snapshot: &snapshot, limit: EndLimit::default() };
        match event {
            Event::Attach(reporter) => {
                let kind = if turn.ended { UpdateKind::Ended } else { UpdateKind::Attached };
                self.observe();
                turn.reporters.push(Attached { reporter, called: Duration::ZERO });
                let newcomer = turn.reporters.len() - 1;
                self.call_from(newcomer, turn, &call, |_| Some(kind));
            }
            Event::Transition => {
                self.items.take_left();
                self.call_from(0, turn, &call, |_| Some(UpdateKind::Transition));
                self.latest.send(snapshot);
            }
            Event::Sample => self.deliver_sample(turn, &call),
            Event::End => {
                turn.ended = true;
                self.call_from(0, turn, &call, |_| Some(UpdateKind::Ended));
                self.latest.send(snapshot);
            }
        }
        if turn.ended {
            for attached in std::mem::take(&mut turn.reporters) {
                self.detach(attached, &mut turn.warnings);
            }
            if !self.is_over.swap(true, SeqCst) && self.is_awaited.load(SeqCst) {
                let _ = catch(|| self.over.notify_waiters());
            }
        }
    }

    fn deliver_sample(&self, turn: &mut Turn, call: &Call<'_>) {
        let signature = call.source.signature();
        let moved = std::mem::replace(&mut turn.signature, signature) != signature;
        let kind = match (self.items.take_left(), moved) {
            (true, _) => Some(UpdateKind::Transition),
            (false, true) => Some(UpdateKind::Progress),
            (false, false) => None,
        };
        let now = call.source.now();
        self.call_from(0, turn, call, |attached| {
            let since = now.saturating_sub(attached.called);
            let is_due = || attached.reporter.heartbeat().is_some_and(|every| since >= every);
            kind.or_else(|| is_due().then_some(UpdateKind::Heartbeat))
        });
        if kind.is_some() {
            self.latest.send(call.snapshot);
        }
    }

    /// Calls each reporter from this one on, if there is a kind of update for it. Those that fail
    /// are detached.
    fn call_from(
        &self,
        first: usize,
        turn: &mut Turn,
        call: &Call<'_>,
        kind: impl Fn(&Attached) -> Option<UpdateKind>,
    ) {
        let mut index = first;
        while let Some(attached) = turn.reporters.get_mut(index) {
            match call.report(attached, &kind) {
                Ok(()) => index += 1,
                Err(warning) => {
                    turn.warnings.push(warning);
                    let attached = turn.reporters.remove(index);
                    self.detach(attached, &mut turn.warnings);
                }
            }
        }
    }

    fn detach(&self, attached: Attached, warnings: &mut Vec<String>) {
        self.unobserve();
        if catch(|| drop(attached)).is_err() {
            warnings.push("a progress reporter panicked in its drop".to_owned());
        }
    }
}

/// One event, as the reporters are called for it.
struct Call<'a> {
    source: &'a dyn Source,
    snapshot: &'a dyn Fn() -> Arc<Snapshot>,
    limit: EndLimit,
}

impl Call<'_> {
    /// Calls a reporter, or returns why it is to be detached.
    fn report(
        &self,
        attached: &mut Attached,
        kind: &impl Fn(&Attached) -> Option<UpdateKind>,
    ) -> Result<(), String> {
        let reported = catch(|| {
            let Some(kind) = kind(attached) else { return Ok(()) };
            if kind != UpdateKind::Ended && self.source.has_ended() {
                // A reporter has just ended the run. The end is the next event.
                return Ok(());
            }
            let report = || self.source.report();
            let update = Update::new(kind, self.snapshot).within(&self.limit);
            let result = attached.reporter.report(&match kind {
                UpdateKind::Ended => update.with_report(&report),
                _ => update,
            });
            result.map_err(|error| detached_for(&error))?;
            if attached.reporter.heartbeat().is_some() {
                attached.called = self.source.now();
            }
            Ok(())
        });
        reported
            .unwrap_or_else(|panic| Err(format!("a progress reporter is taken off: it {panic}")))
    }
}

fn detached_for(error: &ReportError) -> String {
    format!("a progress reporter failed and is taken off: {}", panics::display(error))
}

/// Marks this thread as the active one, until it is dropped.
struct Active<'a>(&'a AtomicUsize);

impl<'a> Active<'a> {
    fn enter(active: &'a AtomicUsize, me: usize) -> Self {
        active.store(me, Relaxed);
        Self(active)
    }
}

impl Drop for Active<'_> {
    fn drop(&mut self) {
        self.0.store(0, Relaxed);
    }
}

/// A key that no other live thread has; never 0.
fn thread_key() -> usize {
    thread_local!(static KEY: u8 = const { 0 });
    // A thread whose thread-locals are gone cannot be inside a reporter any more.
    KEY.try_with(|key| std::ptr::from_ref(key).addr()).unwrap_or(1)
}

#[cfg(test)]
mod tests;
