//! One worker at work: what it begins, how its jobs end, and what it leaves to others.

use std::collections::HashMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use apalis_core::worker::context::WorkerContext;
use progress_runtime::{Journal, Progress, Run};
use sqlx::Error;
use tokio::task::{JoinError, JoinHandle};
use tokio::time::{Instant, sleep, timeout};

use crate::handler::{Handler, Returned};
use crate::journal;
use crate::judgement::{Judgement, Moment};
use crate::logging::{self, Faults};
use crate::roster::{Attempt, Fate, Roster};
use crate::signal::Wake;
use crate::slots::{Slot, Slots};
use crate::store::{Batch, Begun, Fence, Holder, Lines, Result, Store, Taken, is_unreadable};
use crate::sync::lock;

/// The pause before the database is tried again.
const PAUSE: Duration = Duration::from_millis(200);
/// The most jobs that are begun in one transaction.
const MAX_BATCH: usize = 16;
/// A worker leaves the rest of those that wait to others: it takes one of so many.
const SHARE: i64 = 4;
/// How long a worker that shuts down waits for the database.
const FAREWELL: Duration = Duration::from_secs(3);
/// How long it waits for the code of a job that it gives back.
const LET_GO: Duration = Duration::from_millis(100);

/// One worker. Its name is new at each start: nothing that an earlier process left is its own.
pub(crate) struct Crew {
    pub(crate) store: Store,
    pub(crate) roster: Arc<Roster>,
    pub(crate) context: WorkerContext,
    pub(crate) wake: Arc<Wake>,
    pub(crate) slots: Arc<Slots>,
    pub(crate) beat: Duration,
    pub(crate) dead_after: Duration,
    handlers: HashMap<&'static str, Handler>,
    journals: JournalSettings,
    queues: Vec<String>,
    closing: AtomicBool,
    judgement: Mutex<Judgement>,
    faults: Mutex<Faults>,
}

/// A job that has begun, on its way to the task that runs it.
pub(crate) struct Started {
    pub(crate) attempt: Arc<Attempt>,
    kind: String,
    args: String,
    progress: Progress,
    /// Why the job cannot begin.
    fault: Option<String>,
}

/// What the user sets of the journals of jobs.
pub(crate) type JournalSettings = Arc<dyn Fn(Journal) -> Journal + Send + Sync>;

/// What a crew is made of.
pub(crate) struct Terms {
    pub(crate) store: Store,
    pub(crate) roster: Arc<Roster>,
    pub(crate) wake: Arc<Wake>,
    pub(crate) concurrency: usize,
    pub(crate) beat: Duration,
    pub(crate) dead_after: Duration,
    pub(crate) handlers: HashMap<&'static str, Handler>,
    pub(crate) journals: JournalSettings,
}

impl Crew {
    pub(crate) fn new(name: &str, terms: Terms) -> Arc<Self> {
        let queues = terms.handlers.values().flat_map(|handler| handler.terms.queues()).collect();
        Arc::new(Self {
            store: terms.store,
            roster: terms.roster,
            context: WorkerContext::new(name),
            slots: Slots::new(terms.concurrency, Arc::clone(&terms.wake)),
            wake: terms.wake,
            beat: terms.beat,
            dead_after: terms.dead_after,
            handlers: terms.handlers,
            journals: terms.journals,
            queues,
            closing: AtomicBool::new(false),
            judgement: Mutex::new(Judgement::new(terms.beat, terms.dead_after)),
            faults: Mutex::default(),
        })
    }

    pub(crate) fn name(&self) -> &str {
        self.context.name()
    }

    /// Logs a fault of the database in what is tried again.
    fn log(&self, error: &Error, message: fmt::Arguments<'_>) {
        lock(&self.faults).log(error, message);
    }

    /// Begins the next jobs, if there are any and a slot for each. Never waits for a slot: the
    /// engine does not beat meanwhile.
    pub(crate) async fn begin(self: &Arc<Self>) -> Vec<Started> {
        while !self.closing.load(SeqCst) {
            let Some(slot) = self.slots.try_take() else { return Vec::new() };
            if !self.wake.take() {
                slot.unused();
                return Vec::new();
            }
            let mut slots = vec![slot];
            match self.claim(&mut slots).await {
                Ok(Claimed::Begun(begun)) => {
                    self.wake.wake();
                    return self.start_all(begun, slots).await;
                }
                Ok(Claimed::Settled) => self.wake.wake(),
                Ok(Claimed::Empty) => slots.into_iter().for_each(Slot::unused),
                Err(error) => {
                    self.log(&error, format_args!("no job was taken, and one will be: {error}"));
                    sleep(PAUSE).await;
                    self.wake.wake();
                    return Vec::new();
                }
            }
        }
        Vec::new()
    }

    /// Begins jobs, and takes the slots for those after the first one.
    async fn claim(&self, slots: &mut Vec<Slot>) -> Result<Claimed> {
        // A look is a read; only a knock that is there costs a write.
        let Some(knock) = self.store.peek(&self.queues).await? else {
            return Ok(Claimed::Empty);
        };
        while slots.len() < MAX_BATCH && (slots.len() as i64) < knock.waiting / SHARE {
            let Some(slot) = self.slots.try_take() else { break };
            slots.push(slot);
        }
        let mut count = slots.len();
        let claimed = loop {
            let batch = Batch { queue: &knock.queue, count, dead_after: self.dead_after };
            match self.store.claim(&self.context, &batch, |taken| self.keeps(taken)).await {
                // One by one, it is known which.
                Err(error) if count > 1 && is_unreadable(&error) => count = 1,
                claimed => break claimed,
            }
        };
        match claimed {
            Ok(begun) if begun.is_empty() => Ok(Claimed::Settled),
            Ok(begun) => Ok(Claimed::Begun(begun)),
            Err(error) if is_unreadable(&error) => {
                // It would stand before all others for ever.
                let id = &knock.id;
                logging::warn(format_args!(
                    "the knock {id} cannot be read, and is dropped: {error}"
                ));
                self.store.discard(id).await?;
                Ok(Claimed::Settled)
            }
            Err(error) => Err(error),
        }
    }

    /// Whether the knock is that of an attempt at work here.
    fn keeps(&self, taken: &Taken) -> bool {
        self.roster.get(&taken.job).is_some_and(|attempt| attempt.fence.knock == taken.knock)
    }

    async fn start_all(&self, begun: Vec<Begun>, slots: Vec<Slot>) -> Vec<Started> {
        let mut all = Vec::with_capacity(begun.len());
        for (begun, slot) in begun.into_iter().zip(slots) {
            match self.start(begun, slot).await {
                Ok(started) => all.push(started),
                // The row is this worker's, and it is not on the roster: the next heartbeat
                // disowns it.
                Err(error) => self.log(&error, format_args!("a journal was not read: {error}")),
            }
        }
        all
    }

    async fn start(&self, begun: Begun, slot: Slot) -> Result<Started> {
        let (id, kind) = (begun.job.id.clone(), begun.job.kind.clone());
        let holder = Holder::Job { id: id.clone(), attempt: begun.attempt };
        let lines = match begun.is_kept {
            true => self.store.recall(&holder).await?,
            false => Lines::default(),
        };
        let kept = Arc::default();
        let journal = journal::of_attempt(&self.store, holder, lines, &kept).optional();
        let run = || Run::builder(kind.clone()).id(id.clone());
        let adjusted = catch_unwind(AssertUnwindSafe(|| (self.journals)(journal)));
        let started = match adjusted {
            Ok(journal) => run().journal(journal).start().await.map_err(|error| error.to_string()),
            Err(_) => Err("the settings of the journals panicked".to_owned()),
        };
        let (fault, (run, progress)) = match started {
            Ok(started) => (None, started),
            Err(fault) => (Some(fault), run().start()),
        };
        let attempt = self.roster.add(&begun, self.name(), run, kept, &self.slots, slot);
        Ok(Started { attempt, kind, args: begun.args, progress, fault })
    }

    /// Runs a job in a task of its own, so that it may use the processor as long as it likes.
    pub(crate) fn run(self: &Arc<Self>, started: Started) -> JoinHandle<()> {
        let crew = Arc::clone(self);
        tokio::spawn(async move {
            let Started { attempt, kind, args, progress, fault } = started;
            let run = attempt.run.clone();
            // The queue says what the row's kind is, unless a hand has changed it.
            let handler = crew.handlers.get(kind.as_str());
            let handler = handler.ok_or_else(|| "no handler for the kind of the job".to_owned());
            let work = match fault.map_or(handler, Err) {
                Ok(handler) => tokio::spawn(handler.run(args, run, progress)),
                Err(fault) => {
                    drop(progress);
                    tokio::spawn(async { Err(fault) })
                }
            };
            crew.see_through(&attempt, work).await;
            crew.roster.remove(&attempt);
        })
    }

    async fn see_through(&self, attempt: &Attempt, mut work: JoinHandle<Returned>) {
        let returned = tokio::select! {
            biased;
            () = attempt.detached.cancelled() => {
                work.abort();
                // Code that uses the processor notices the abort at its next `.await`.
                let _ = timeout(LET_GO, work).await;
                return;
            }
            returned = &mut work => returned.unwrap_or_else(|error| Err(panic_text(error))),
        };
        if !attempt.decide(Fate::Ending) {
            return;
        }
        let end = attempt.end(returned);
        let mut faults = Faults::default();
        loop {
            match self.store.finish(self.name(), &attempt.fence, &end).await {
                Ok(written) => {
                    if !written {
                        let id = &attempt.fence.id;
                        logging::debug(format_args!("another worker has job {id}"));
                    }
                    return;
                }
                Err(error) => {
                    let id = &attempt.fence.id;
                    faults
                        .log(&error, format_args!("the end of job {id} will be written: {error}"));
                    sleep(PAUSE).await;
                }
            }
        }
    }

    /// Puts the worker on the list, as soon as there is a database.
    pub(crate) async fn register(&self) {
        while let Err(error) = self.store.register(&self.context, self.beat).await {
            self.log(&error, format_args!("a worker will be registered: {error}"));
            sleep(PAUSE).await;
        }
        let may_be_away = self.store.is_remote();
        lock(&self.judgement).begin(Moment::now(), may_be_away);
    }

    /// Says that the worker is alive, as soon as there is a database.
    pub(crate) async fn heartbeat(&self) {
        while let Err(error) = self.beat_once().await {
            self.log(&error, format_args!("a worker will say that it is alive: {error}"));
            sleep(PAUSE).await;
        }
        lock(&self.judgement).beat(Moment::now());
    }

    async fn beat_once(&self) -> Result<()> {
        let judge = || {
            let may_judge = lock(&self.judgement).is_allowed(Moment::now());
            may_judge.then_some(self.dead_after)
        };
        self.store.heartbeat(&self.context, self.beat, judge).await?;
        self.reconcile().await
    }

    /// Gives back the rows that are this worker's and that it knows nothing of: the answer to its
    /// claim was lost.
    async fn reconcile(&self) -> Result<()> {
        for held in self.store.held(self.name()).await? {
            let known = self.roster.get(&held.id);
            if known.is_none_or(|known| known.fence.attempt != held.attempt) {
                self.store.disown(self.name(), &held.id, held.attempt).await?;
            }
        }
        Ok(())
    }

    /// Gives back what was begun and not yet run.
    pub(crate) async fn decline(&self, started: Vec<Started>) {
        let mut fences = Vec::new();
        for started in started {
            if started.attempt.give_back() {
                fences.push(started.attempt.fence.clone());
            }
            self.roster.remove(&started.attempt);
        }
        if let Err(error) = self.store.give_back(self.name(), &fences).await {
            // The rows are this worker's, and it is not on the roster: the next heartbeat disowns
            // them.
            self.log(&error, format_args!("jobs that have not run will be given back: {error}"));
        }
    }

    /// Begins no more, lets the jobs go on for `drain`, and gives the rest back.
    pub(crate) async fn leave(&self, drain: Duration) {
        self.closing.store(true, SeqCst);
        let _ = timeout(drain, self.roster.idle(self.name())).await;
        let mut fences = Vec::new();
        for attempt in self.roster.of(self.name()) {
            if attempt.give_back() {
                fences.push(attempt.fence.clone());
            }
        }
        // Those whose end is being written are waited for as well.
        let _ = timeout(LET_GO * 2, self.roster.idle(self.name())).await;
        let deadline = Instant::now() + FAREWELL;
        let farewell = async {
            while let Err(error) = self.say_farewell(&fences).await {
                self.log(&error, format_args!("the jobs will be given back: {error}"));
                sleep(PAUSE).await;
            }
        };
        if tokio::time::timeout_at(deadline, farewell).await.is_err() {
            let count = fences.len();
            logging::warn(format_args!(
                "the database is away: others take {count} jobs when this worker counts as dead"
            ));
        }
    }

    /// Stops what is still at work, as if the process had died.
    pub(crate) fn abandon(&self) {
        for attempt in self.roster.of(self.name()) {
            attempt.fence_off();
            self.roster.remove(&attempt);
        }
    }

    async fn say_farewell(&self, fences: &[Fence]) -> Result<()> {
        if !fences.is_empty() {
            self.store.give_back(self.name(), fences).await?;
        }
        self.store.retire(self.name()).await
    }
}

enum Claimed {
    /// At least one job.
    Begun(Vec<Begun>),
    /// The knock meant nothing, or was taken by another worker. There may be more.
    Settled,
    Empty,
}

/// The text of a panic.
fn panic_text(error: JoinError) -> String {
    let Ok(panic) = error.try_into_panic() else { return "was aborted".to_owned() };
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    // The drop of what was thrown is code of the user's, too, and may panic in that task.
    drop(tokio::spawn(async move { drop(panic) }));
    format!("panicked: {}", text.unwrap_or_else(|| "a value that is no text".to_owned()))
}
