//! The clock of a run: the system's, or one that a test drives.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::sync::lock;

/// Called whenever it is time to sample. It returns whether it wants to be called again.
pub(crate) type Sample = Arc<dyn Fn() -> bool + Send + Sync>;

/// A clock for tests: it moves only when [`advance`](Self::advance) is called.
///
/// All times of a run come from its clock. The background thread does not sample a run that uses a
/// manual clock. `advance` samples it on the calling thread instead, so a test knows exactly which
/// updates its reporters receive. A clone is another handle to the same clock.
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
#[derive(Clone, Default)]
pub struct ManualClock {
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    nanos: AtomicU64,
    samples: Mutex<Vec<Sample>>,
}

impl ManualClock {
    /// Creates a clock that stands at the Unix epoch.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns how far the clock has been advanced since it was created.
    ///
    /// ```
    /// use std::time::Duration;
    /// use progress_runtime::ManualClock;
    ///
    /// let clock = ManualClock::new();
    /// clock.advance(Duration::from_secs(2));
    /// assert_eq!(clock.now(), Duration::from_secs(2));
    /// ```
    pub fn now(&self) -> Duration {
        Duration::from_nanos(self.inner.nanos.load(SeqCst))
    }

    /// Moves the clock forward, then samples the runs that use it. The clock stops at its maximum
    /// of about 584 years.
    pub fn advance(&self, time: Duration) {
        let add = |now: u64| Some(now.saturating_add(nanos(time)));
        let _ = self.inner.nanos.fetch_update(SeqCst, SeqCst, add);
        // Samples call reporters, so the list is not locked meanwhile.
        let samples = lock(&self.inner.samples).clone();
        let done: Vec<_> = samples.into_iter().filter(|sample| !sample()).collect();
        if !done.is_empty() {
            let is_done = |sample: &Sample| done.iter().any(|done| Arc::ptr_eq(done, sample));
            lock(&self.inner.samples).retain(|sample| !is_done(sample));
        }
    }

    /// Has `sample` called by each [`advance`](Self::advance) from now on.
    pub(crate) fn on_advance(&self, sample: Sample) {
        lock(&self.inner.samples).push(sample);
    }
}

impl fmt::Debug for ManualClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ManualClock").field("now", &self.now()).finish_non_exhaustive()
    }
}

/// A time in nanoseconds, up to some 584 years.
#[inline]
pub(crate) fn nanos(time: Duration) -> u64 {
    // Numbers of 128 bits cost more.
    time.as_secs().saturating_mul(1_000_000_000).saturating_add(time.subsec_nanos().into())
}

/// The source of a run's times.
#[derive(Clone, Debug)]
pub(crate) enum Clock {
    System { start: Instant, epoch: OnceLock<u64> },
    Manual { clock: ManualClock, start: Duration },
}

impl Clock {
    /// That of the system. Where there is none, the time stands still: the standard library's own
    /// clocks panic there.
    pub(crate) fn system() -> Self {
        if cfg!(all(target_family = "wasm", target_os = "unknown")) {
            return Self::manual(&ManualClock::new());
        }
        Self::System { start: Instant::now(), epoch: OnceLock::new() }
    }

    pub(crate) fn manual(clock: &ManualClock) -> Self {
        Self::Manual { clock: clock.clone(), start: clock.now() }
    }

    /// The time since the run was created.
    pub(crate) fn now(&self) -> Duration {
        match self {
            Self::System { start, .. } => start.elapsed(),
            Self::Manual { clock, start } => clock.now().saturating_sub(*start),
        }
    }

    /// When the run was created, in milliseconds since the Unix epoch.
    pub(crate) fn epoch(&self) -> u64 {
        match self {
            // Read when it is first needed, and kept: the system's date can be set while the run
            // goes on.
            Self::System { start, epoch } => *epoch.get_or_init(|| {
                let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                now.saturating_sub(start.elapsed()).as_millis() as u64
            }),
            Self::Manual { start, .. } => start.as_millis() as u64,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use super::ManualClock;

    #[test]
    fn an_advance_samples_until_the_sample_wants_no_more() {
        let clock = ManualClock::new();
        let calls = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&calls);
        clock.on_advance(Arc::new(move || counted.fetch_add(1, SeqCst) < 1));
        for _ in 0..3 {
            clock.advance(Duration::from_secs(1));
        }
        assert_eq!(calls.load(SeqCst), 2);
    }

    #[test]
    fn a_sample_may_add_another_one() {
        let clock = ManualClock::new();
        let times = Arc::new(Mutex::new(Vec::new()));
        let (inner, seen) = (clock.clone(), Arc::clone(&times));
        clock.on_advance(Arc::new(move || {
            let (clock, seen) = (inner.clone(), Arc::clone(&seen));
            inner.on_advance(Arc::new(move || {
                seen.lock().unwrap().push(clock.now());
                false
            }));
            false
        }));
        clock.advance(Duration::from_secs(1));
        clock.advance(Duration::from_secs(1));
        assert_eq!(*times.lock().unwrap(), [Duration::from_secs(2)]);
    }

    #[test]
    fn the_clock_never_goes_back() {
        let clock = ManualClock::new();
        clock.advance(Duration::from_secs(1));
        clock.advance(Duration::MAX);
        assert_eq!(clock.now(), Duration::from_nanos(u64::MAX));
    }
}
