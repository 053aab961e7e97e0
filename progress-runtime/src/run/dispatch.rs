//! Delivery: one update after the other, on the thread that made the change.
//!
//! A desk is worked by one thread at a time, its courier. Another thread with something to deliver waits its
//! turn, so that when a call returns its change has been seen, and neither the drop of a future nor the return of
//! `main` can lose the end. What a reporter itself brings about is put aside and delivered before the courier
//! leaves. No lock of the tree is held meanwhile.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use tokio::sync::watch;

use super::RunState;
use crate::Snapshot;
use crate::reporter::{ReportError, Reporter, Update, UpdateKind};
use crate::sync::lock;

/// Something to be delivered.
pub(crate) enum Parcel {
    Attach(Box<dyn Reporter>),
    Transition,
    Tick,
    End,
}

pub(crate) struct Delivery {
    observers: AtomicUsize,
    /// The thread that works the desk. Only that thread finds itself here, and needs no order to see what it wrote.
    courier: AtomicUsize,
    desk: Mutex<Desk>,
    /// Whether the courier has put something aside.
    interrupted: AtomicBool,
    aside: Mutex<VecDeque<Parcel>>,
    streams: OnceLock<watch::Sender<Arc<Snapshot>>>,
}

#[derive(Default)]
struct Desk {
    reporters: Vec<Seat>,
    signature: u64,
    ended: bool,
}

struct Seat {
    reporter: Box<dyn Reporter>,
    /// When it was last called; known only of one that has a heartbeat.
    called: Duration,
}

impl Delivery {
    pub(crate) fn new() -> Self {
        Self {
            observers: AtomicUsize::new(0),
            courier: AtomicUsize::new(0),
            desk: Mutex::default(),
            interrupted: AtomicBool::new(false),
            aside: Mutex::default(),
            streams: OnceLock::new(),
        }
    }

    /// Whether anybody looks.
    pub(crate) fn is_observed(&self) -> bool {
        self.observers.load(SeqCst) > 0
    }

    pub(crate) fn observe(&self) {
        self.observers.fetch_add(1, SeqCst);
    }

    pub(crate) fn unobserve(&self) {
        self.observers.fetch_sub(1, SeqCst);
    }

    /// The stream side: what is sent there is the latest snapshot, never a queue.
    pub(crate) fn subscribe(
        &self,
        now: impl FnOnce() -> Arc<Snapshot>,
    ) -> watch::Receiver<Arc<Snapshot>> {
        self.streams.get_or_init(|| watch::Sender::new(now())).subscribe()
    }

    /// Delivers a parcel, and what comes up meanwhile.
    pub(crate) fn deliver(&self, source: &RunState, parcel: Parcel) {
        self.deliver_after(source, || Some(parcel));
    }

    /// Makes a change while nothing is being delivered, then delivers it.
    pub(crate) fn deliver_after(&self, source: &RunState, change: impl FnOnce() -> Option<Parcel>) {
        let me = thread_key();
        if self.courier.load(Relaxed) == me {
            // Called by a reporter: its own call has to end first.
            lock(&self.aside).extend(change());
            self.interrupted.store(true, Relaxed);
            return;
        }
        let mut desk = lock(&self.desk);
        self.courier.store(me, Relaxed);
        let mut next = change();
        while let Some(parcel) = next {
            self.hand_over(&mut desk, source, parcel);
            next = self.put_aside();
        }
        self.courier.store(0, Relaxed);
    }

    /// What the courier has put aside; it alone asks.
    fn put_aside(&self) -> Option<Parcel> {
        if !self.interrupted.load(Relaxed) {
            return None;
        }
        let parcel = lock(&self.aside).pop_front();
        self.interrupted.store(parcel.is_some(), Relaxed);
        parcel
    }

    fn hand_over(&self, desk: &mut Desk, source: &RunState, parcel: Parcel) {
        if desk.ended && !matches!(parcel, Parcel::Attach(_)) {
            return;
        }
        let made = OnceLock::new();
        let snapshot = || Arc::clone(made.get_or_init(|| source.snapshot()));
        match parcel {
            Parcel::Attach(reporter) => {
                let kind = if desk.ended { UpdateKind::Ended } else { UpdateKind::Attached };
                self.observe();
                desk.reporters.push(Seat { reporter, called: Duration::ZERO });
                let newcomer = desk.reporters.split_off(desk.reporters.len() - 1);
                desk.reporters.extend(self.call(newcomer, source, &snapshot, |_| Some(kind)));
            }
            Parcel::Transition => {
                self.call_all(desk, source, &snapshot, |_| Some(UpdateKind::Transition));
                self.send(&snapshot);
            }
            Parcel::Tick => {
                let signature = source.signature();
                let moved = std::mem::replace(&mut desk.signature, signature) != signature;
                let now = source.now();
                source.shown(); // so that the number last read is a recent one
                self.call_all(desk, source, &snapshot, |seat| {
                    let since = now.saturating_sub(seat.called);
                    let is_due = || seat.reporter.heartbeat().is_some_and(|every| since >= every);
                    match moved {
                        true => Some(UpdateKind::Progress),
                        false => is_due().then_some(UpdateKind::Heartbeat),
                    }
                });
                if moved {
                    self.send(&snapshot);
                }
            }
            Parcel::End => {
                desk.ended = true;
                self.call_all(desk, source, &snapshot, |_| Some(UpdateKind::Ended));
                self.send(&snapshot);
            }
        }
        if desk.ended {
            desk.reporters.drain(..).for_each(|seat| self.take_off(seat));
        }
    }

    fn send(&self, snapshot: &dyn Fn() -> Arc<Snapshot>) {
        // A stream that begins later takes a snapshot of its own first.
        let watched = |streams: &&watch::Sender<_>| streams.receiver_count() > 0;
        if let Some(streams) = self.streams.get().filter(watched) {
            streams.send_replace(snapshot());
        }
    }

    fn call_all(
        &self,
        desk: &mut Desk,
        source: &RunState,
        snapshot: &dyn Fn() -> Arc<Snapshot>,
        kind: impl Fn(&Seat) -> Option<UpdateKind>,
    ) {
        let seats = std::mem::take(&mut desk.reporters);
        desk.reporters = self.call(seats, source, snapshot, kind);
    }

    /// Calls each reporter that there is a kind of update for. Those that fail are taken off.
    fn call(
        &self,
        mut seats: Vec<Seat>,
        source: &RunState,
        snapshot: &dyn Fn() -> Arc<Snapshot>,
        kind: impl Fn(&Seat) -> Option<UpdateKind>,
    ) -> Vec<Seat> {
        let mut index = 0;
        while let Some(seat) = seats.get_mut(index) {
            let called = catch_unwind(AssertUnwindSafe(|| {
                let Some(kind) = kind(seat) else { return Ok::<_, ReportError>(()) };
                if kind != UpdateKind::Ended && source.status().is_terminal() {
                    // A reporter has just ended the run, which all are told of next.
                    return Ok(());
                }
                let report = || source.report();
                let update = Update::new(kind, snapshot);
                seat.reporter.report(&match kind {
                    UpdateKind::Ended => update.with_report(&report),
                    _ => update,
                })?;
                if seat.reporter.heartbeat().is_some() {
                    seat.called = source.now();
                }
                Ok(())
            }));
            match called {
                Ok(Ok(())) => {
                    index += 1;
                    continue;
                }
                Ok(Err(error)) => {
                    log::warn!("a progress reporter failed and is taken off: {error:#}")
                }
                Err(panic) => {
                    log::warn!(
                        "a progress reporter is taken off: it {}",
                        crate::panics::text(&*panic)
                    );
                }
            }
            self.take_off(seats.remove(index));
        }
        seats
    }

    /// A reporter that panics in its drop harms nobody either.
    fn take_off(&self, seat: Seat) {
        self.unobserve();
        if catch_unwind(AssertUnwindSafe(|| drop(seat))).is_err() {
            log::warn!("a progress reporter panicked in its drop");
        }
    }
}

/// Another number for each live thread, never 0.
fn thread_key() -> usize {
    thread_local!(static KEY: u8 = const { 0 });
    // A thread that is past its thread-locals cannot be in a reporter any more.
    KEY.try_with(|key| std::ptr::from_ref(key).addr()).unwrap_or(1)
}
