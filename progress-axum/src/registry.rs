//! What is known of the runs of this process, and when a run is forgotten.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use progress_runtime::{ReportError, Reporter, Run, RunStatus, Update, UpdateKind};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::feed::Feed;
use crate::list::{List, Listed, MAX_LISTED};
use crate::lock;

/// How many runs that have ended are kept, and for how long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) ended: usize,
    pub(crate) age: Duration,
}

pub(crate) struct Registry {
    limits: Limits,
    kept: Mutex<Kept>,
    /// Says that a run came, went or changed its state.
    changes: watch::Sender<()>,
    /// Ends all event streams.
    pub(crate) closing: CancellationToken,
}

/// A run that is known.
pub(crate) struct Entry {
    number: u64,
    pub(crate) run: Run,
    pub(crate) feed: Feed,
    listed: Mutex<Listed>,
    /// Whether a state has changed since it was listed.
    stale: AtomicBool,
}

/// Runs by their number, which grows: the newest has the largest.
#[derive(Default)]
struct Kept {
    next: u64,
    entries: BTreeMap<u64, Arc<Entry>>,
    numbers: HashMap<String, u64>,
    /// Those that have ended, in the order of their ends.
    ended: VecDeque<(u64, Instant)>,
}

impl Registry {
    pub(crate) fn new(limits: Limits) -> Arc<Self> {
        Arc::new(Self {
            limits,
            kept: Mutex::default(),
            changes: watch::Sender::new(()),
            closing: CancellationToken::new(),
        })
    }

    /// Takes a run in, in place of another of the same id.
    pub(crate) fn add(self: &Arc<Self>, run: Run) {
        let listed = Listed::of(&run.snapshot());
        let status = listed.status;
        let listed = Mutex::new(listed);
        let (entry, replaced) = self.with(|kept| {
            let number = kept.next;
            kept.next += 1;
            let (feed, stale) = (Feed::default(), AtomicBool::new(false));
            let entry = Arc::new(Entry { number, run, feed, listed, stale });
            kept.entries.insert(number, Arc::clone(&entry));
            let replaced = kept.numbers.insert(entry.run.id().to_owned(), number);
            (entry, replaced.and_then(|number| kept.remove(number)))
        });
        drop(replaced);
        self.changed();
        let registry = Arc::downgrade(self);
        let observer = Observer { registry, entry: Arc::downgrade(&entry), status };
        entry.run.report_to(observer);
    }

    pub(crate) fn get(&self, id: &str) -> Option<Arc<Entry>> {
        self.with(|kept| kept.entries.get(kept.numbers.get(id)?).cloned())
    }

    /// All runs, newest first.
    pub(crate) fn newest_first(&self) -> Vec<Arc<Entry>> {
        self.with(|kept| kept.entries.values().rev().cloned().collect())
    }

    /// The list as the wire has it.
    pub(crate) fn list(&self, read_only: bool) -> List {
        let entries = self.newest_first();
        let runs: Vec<_> = entries.iter().take(MAX_LISTED).map(|entry| entry.listed()).collect();
        let more = entries.len() - runs.len();
        List::new(read_only, runs, more)
    }

    /// Tells of each change of the list from now on.
    pub(crate) fn changes(&self) -> watch::Receiver<()> {
        self.changes.subscribe()
    }

    fn changed(&self) {
        self.changes.send_replace(());
    }

    fn ended(&self, entry: &Entry) {
        self.with(|kept| {
            // It may have been replaced.
            if kept.entries.contains_key(&entry.number) {
                kept.ended.push_back((entry.number, Instant::now()));
            }
        });
    }

    /// Looks at what is kept, forgetting what is over the limits before and after.
    fn with<R>(&self, look: impl FnOnce(&mut Kept) -> R) -> R {
        let mut kept = lock(&self.kept);
        let mut forgotten = kept.forget(self.limits);
        let result = look(&mut kept);
        forgotten.extend(kept.forget(self.limits));
        drop(kept);
        if !forgotten.is_empty() {
            self.changed();
        }
        // Outside the lock: the last handle of a run drops what its owner has hung on it.
        drop(forgotten);
        result
    }
}

impl Kept {
    /// Lets go of a run whose id belongs to another one now.
    fn remove(&mut self, number: u64) -> Option<Arc<Entry>> {
        self.ended.retain(|(ended, _)| *ended != number);
        self.entries.remove(&number)
    }

    fn forget(&mut self, limits: Limits) -> Vec<Arc<Entry>> {
        let mut forgotten = Vec::new();
        let now = Instant::now();
        while let Some((number, ended)) = self.ended.front()
            && (self.ended.len() > limits.ended || now - *ended >= limits.age)
        {
            if let Some(entry) = self.entries.remove(number) {
                self.numbers.remove(entry.run.id());
                forgotten.push(entry);
            }
            self.ended.pop_front();
        }
        forgotten
    }
}

impl Entry {
    fn listed(&self) -> Listed {
        let mut listed = lock(&self.listed);
        if self.stale.swap(false, SeqCst) {
            *listed = Listed::of(&self.run.snapshot());
        }
        let mut listed = listed.clone();
        if !listed.status.is_terminal() {
            // All of it is shown with the end alone, which is heard of a moment later than it is there.
            listed.progress = self.run.last_shown().min(9_999);
        }
        listed
    }
}

/// Tells the registry of a run's states and of its end, on the thread that brought them about.
struct Observer {
    registry: Weak<Registry>,
    entry: Weak<Entry>,
    status: RunStatus,
}

impl Reporter for Observer {
    fn report(&mut self, update: &Update<'_>) -> Result<(), ReportError> {
        if matches!(update.kind(), UpdateKind::Progress | UpdateKind::Heartbeat) {
            return Ok(());
        }
        if let (Some(registry), Some(entry)) = (self.registry.upgrade(), self.entry.upgrade()) {
            entry.stale.store(true, SeqCst);
            let status = entry.run.status();
            if std::mem::replace(&mut self.status, status) != status {
                registry.changed();
            }
            if update.kind() == UpdateKind::Ended {
                registry.ended(&entry);
            }
        }
        Ok(())
    }
}
