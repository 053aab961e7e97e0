//! The one background thread: it samples the numbers of observed runs, and parks while there are none.

use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use super::RunState;
use crate::sync::lock;

/// How often numbers are sampled.
const PERIOD: Duration = Duration::from_millis(100);

struct Sampler {
    runs: Mutex<Vec<Weak<RunState>>>,
    arrived: Condvar,
}

static SAMPLER: OnceLock<Sampler> = OnceLock::new();

/// Samples a run from now on, as long as it is observed and has not ended.
pub(crate) fn watch(run: &Arc<RunState>) {
    let sampler = SAMPLER.get_or_init(|| {
        let spawned = thread::Builder::new().name("progress".to_owned()).spawn(work);
        if let Err(error) = spawned {
            log::warn!(
                "no thread to sample progress with, only changes of state are reported: {error}"
            );
        }
        Sampler { runs: Mutex::new(Vec::new()), arrived: Condvar::new() }
    });
    lock(&sampler.runs).push(Arc::downgrade(run));
    sampler.arrived.notify_one();
}

fn work() {
    // The thread may be here before the place that started it has put the sampler there.
    let sampler = SAMPLER.wait();
    loop {
        let runs: Vec<_> = {
            let runs = lock(&sampler.runs);
            let runs = sampler.arrived.wait_while(runs, |runs| runs.is_empty());
            runs.unwrap_or_else(PoisonError::into_inner).iter().filter_map(Weak::upgrade).collect()
        };
        thread::sleep(PERIOD);
        let over: Vec<_> = runs
            .iter()
            .filter(|run| {
                run.tick();
                !run.keep_sampling()
            })
            .map(Arc::downgrade)
            .collect();
        lock(&sampler.runs)
            .retain(|run| run.strong_count() > 0 && !over.iter().any(|over| over.ptr_eq(run)));
        // Outside the lock, as the last handle of a run drops its reporters.
        drop(runs);
    }
}
