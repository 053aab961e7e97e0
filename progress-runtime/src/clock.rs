//! The one clock of a run: the system's, or one that a test drives.

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex, OnceLock, Weak};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::run::RunState;
use crate::sync::lock;

/// A clock that stands still until it is told to advance, for tests.
///
/// All times of a run come from its clock. A run on a manual clock is not sampled by the background thread:
/// [`advance`](Self::advance) samples it, on the calling thread, so that what a reporter gets is exactly known.
///
/// ```
/// use std::time::Duration;
/// use progress_runtime::{ManualClock, Run};
///
/// let clock = ManualClock::new();
/// let (run, mut progress) = Run::builder("Import").clock(&clock).start();
/// progress.set_length(10);
/// clock.advance(Duration::from_secs(5));
/// assert_eq!(run.snapshot().elapsed(), Duration::from_secs(5));
/// ```
#[derive(Clone, Debug, Default)]
pub struct ManualClock {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    nanos: AtomicU64,
    runs: Mutex<Vec<Weak<RunState>>>,
}

impl ManualClock {
    /// A clock that stands at the Unix epoch.
    pub fn new() -> Self {
        Self::default()
    }

    /// How far the clock has come.
    pub fn now(&self) -> Duration {
        Duration::from_nanos(self.inner.nanos.load(SeqCst))
    }

    /// Moves on by `time`, and samples the runs on this clock.
    pub fn advance(&self, time: Duration) {
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.inner.nanos.fetch_add(nanos, SeqCst);
        let runs: Vec<_> = {
            let mut runs = lock(&self.inner.runs);
            runs.retain(|run| run.strong_count() > 0);
            runs.iter().filter_map(Weak::upgrade).collect()
        };
        for run in runs {
            run.tick();
        }
    }
}

/// What a run reads its times from.
#[derive(Clone, Debug)]
pub(crate) enum Clock {
    System { start: Instant, epoch: OnceLock<u64> },
    Manual { clock: ManualClock, start: Duration },
}

impl Clock {
    pub(crate) fn system() -> Self {
        Self::System { start: Instant::now(), epoch: OnceLock::new() }
    }

    pub(crate) fn manual(clock: &ManualClock) -> Self {
        Self::Manual { clock: clock.clone(), start: clock.now() }
    }

    /// The time since the run was made.
    pub(crate) fn now(&self) -> Duration {
        match self {
            Self::System { start, .. } => start.elapsed(),
            Self::Manual { clock, start } => clock.now().saturating_sub(*start),
        }
    }

    /// When the run was made, in milliseconds since the Unix epoch.
    pub(crate) fn epoch(&self) -> u64 {
        match self {
            // Asked for when it is first needed, and the same from then on.
            Self::System { start, epoch } => *epoch.get_or_init(|| {
                let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                now.saturating_sub(start.elapsed()).as_millis() as u64
            }),
            Self::Manual { start, .. } => start.as_millis() as u64,
        }
    }

    /// Has the run sampled while it is observed.
    pub(crate) fn sample(&self, run: &Arc<RunState>) {
        match self {
            Self::System { .. } => crate::run::sampler::watch(run),
            Self::Manual { clock, .. } => {
                let mut runs = lock(&clock.inner.runs);
                let run = Arc::downgrade(run);
                if !runs.iter().any(|known| known.ptr_eq(&run)) {
                    runs.push(run);
                }
            }
        }
    }
}
