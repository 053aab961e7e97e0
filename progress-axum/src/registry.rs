//! The registry: the runs of this process, and how long it remembers them.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use progress_runtime::{ReportError, Reporter, Run, RunStatus, Update, UpdateKind};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::access::Access;
use crate::feed::Feed;
use crate::run_list::{ListedRun, MAX_LISTED, RunList};
use crate::sync::lock;

/// How many ended runs the registry keeps, and for how long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Retention {
    pub(crate) max_ended: usize,
    pub(crate) max_age: Duration,
}

/// The runs of this process.
///
/// # Lock order
///
/// `index` and a run's `listed` are never locked together. Handles of runs are dropped outside the
/// locks, because the last handle drops values that belong to the user.
pub(crate) struct Registry {
    retention: Retention,
    index: Mutex<RunIndex>,
    /// Notifies when a run was added, removed or has changed its status.
    changes: watch::Sender<()>,
    /// Ends all event streams when it is cancelled.
    pub(crate) shutdown: CancellationToken,
}

/// A run in the registry.
pub(crate) struct RegisteredRun {
    number: u64,
    pub(crate) run: Run,
    pub(crate) feed: Feed,
    listed: Mutex<ListedRun>,
    /// Whether a status has changed since `listed` was made.
    is_stale: AtomicBool,
}

/// Finds runs by number and by id.
///
/// # Invariants
///
/// - Numbers grow, so the newest run has the largest.
/// - `numbers` contains the id of each run in `runs`, and no other.
/// - `ended` contains runs of `runs` only, in the order in which they ended.
#[derive(Default)]
struct RunIndex {
    next_number: u64,
    runs: BTreeMap<u64, Arc<RegisteredRun>>,
    numbers: HashMap<String, u64>,
    ended: VecDeque<(u64, Instant)>,
}

impl Registry {
    pub(crate) fn new(retention: Retention) -> Arc<Self> {
        Arc::new(Self {
            retention,
            index: Mutex::default(),
            changes: watch::Sender::new(()),
            shutdown: CancellationToken::new(),
        })
    }

    /// Adds a run. It replaces a run with the same id.
    pub(crate) fn add(self: &Arc<Self>, run: Run) {
        let listed = ListedRun::new(&run.snapshot());
        let status = listed.status;
        let listed = Mutex::new(listed);
        let (registered, replaced) = self.with_index(|index| {
            let number = index.next_number;
            index.next_number += 1;
            let (feed, is_stale) = (Feed::default(), AtomicBool::new(false));
            let registered = Arc::new(RegisteredRun { number, run, feed, listed, is_stale });
            index.runs.insert(number, Arc::clone(&registered));
            let replaced = index.numbers.insert(registered.run.id().to_owned(), number);
            (registered, replaced.and_then(|number| index.remove_replaced(number)))
        });
        drop(replaced);
        self.notify();
        registered.run.report_to(StatusReporter {
            registry: Arc::downgrade(self),
            registered: Arc::downgrade(&registered),
            status,
        });
    }

    pub(crate) fn get(&self, id: &str) -> Option<Arc<RegisteredRun>> {
        self.with_index(|index| index.runs.get(index.numbers.get(id)?).cloned())
    }

    /// All runs, newest first.
    pub(crate) fn newest_first(&self) -> Vec<Arc<RegisteredRun>> {
        self.with_index(|index| index.runs.values().rev().cloned().collect())
    }

    /// The list in its wire format.
    pub(crate) fn list(&self, access: Access) -> RunList {
        let registered = self.newest_first();
        let listed: Vec<_> = registered.iter().take(MAX_LISTED).map(|run| run.listed()).collect();
        let more = registered.len() - listed.len();
        RunList::new(access, listed, more)
    }

    /// Subscribes to changes: a run is added, removed or changes its status.
    pub(crate) fn changes(&self) -> watch::Receiver<()> {
        self.changes.subscribe()
    }

    fn notify(&self) {
        self.changes.send_replace(());
    }

    /// Records that a run has ended, unless another run has replaced it.
    fn record_end(&self, registered: &RegisteredRun) {
        self.with_index(|index| {
            if index.runs.contains_key(&registered.number) {
                index.ended.push_back((registered.number, Instant::now()));
            }
        });
    }

    /// Calls `operation` under the lock of the index, and removes expired runs before and after.
    fn with_index<R>(&self, operation: impl FnOnce(&mut RunIndex) -> R) -> R {
        let mut index = lock(&self.index);
        let mut expired = index.remove_expired(self.retention);
        let result = operation(&mut index);
        expired.extend(index.remove_expired(self.retention));
        drop(index);
        if !expired.is_empty() {
            self.notify();
        }
        drop(expired);
        result
    }
}

impl RunIndex {
    /// Removes a run whose id belongs to a newer run by now.
    fn remove_replaced(&mut self, number: u64) -> Option<Arc<RegisteredRun>> {
        self.ended.retain(|(ended, _)| *ended != number);
        self.runs.remove(&number)
    }

    /// Removes the ended runs that exceed the limits.
    fn remove_expired(&mut self, retention: Retention) -> Vec<Arc<RegisteredRun>> {
        let mut expired = Vec::new();
        let now = Instant::now();
        while let Some((number, ended)) = self.ended.front()
            && (self.ended.len() > retention.max_ended || now - *ended >= retention.max_age)
        {
            if let Some(registered) = self.runs.remove(number) {
                self.numbers.remove(registered.run.id());
                expired.push(registered);
            }
            self.ended.pop_front();
        }
        expired
    }
}

impl RegisteredRun {
    /// The run as the list shows it. The snapshot behind it is renewed only after a status change.
    fn listed(&self) -> ListedRun {
        let mut listed = lock(&self.listed);
        if self.is_stale.swap(false, SeqCst) {
            *listed = ListedRun::new(&self.run.snapshot());
        }
        let mut listed = listed.clone();
        if !listed.status.is_terminal() {
            // The run reaches 100 % a moment before its end is reported, and 100 % must not
            // appear beside a status that is not an end.
            let basis_points = (self.run.last_percent() * 100.0).round() as u16;
            listed.progress = basis_points.min(9_999);
        }
        listed
    }
}

/// Reports a run's status changes and its end to the registry.
struct StatusReporter {
    registry: Weak<Registry>,
    registered: Weak<RegisteredRun>,
    status: RunStatus,
}

impl Reporter for StatusReporter {
    fn report(&mut self, update: &Update<'_>) -> Result<(), ReportError> {
        if matches!(update.kind(), UpdateKind::Progress | UpdateKind::Heartbeat) {
            return Ok(());
        }
        if let (Some(registry), Some(registered)) =
            (self.registry.upgrade(), self.registered.upgrade())
        {
            registered.is_stale.store(true, SeqCst);
            let status = registered.run.status();
            if std::mem::replace(&mut self.status, status) != status {
                registry.notify();
            }
            if update.kind() == UpdateKind::Ended {
                registry.record_end(&registered);
            }
        }
        Ok(())
    }
}
