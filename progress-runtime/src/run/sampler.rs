//! The background threads that sample the numbers of observed runs, ten times a second.
//!
//! One thread, the ticker, keeps the time. It never runs a sample itself, because a sample calls
//! reporters: it puts the runs into a queue, from which workers take them. One worker is usually
//! enough. When a tick finds runs in the queue and every worker busy, it starts another one. So a
//! reporter that hangs keeps one worker, and only its own run loses its numbers.
//!
//! The ticker is parked while there is no run to sample. Of the workers, one waits for a second
//! when the queue is empty; the others end at once.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};
use std::{io, mem};

use super::standstill::Standstill;
use crate::clock::Sample;
use crate::logging;
use crate::panics;
use crate::sync::lock;

/// The time between two ticks.
pub(super) const PERIOD: Duration = Duration::from_millis(100);

/// How long a worker with nothing to do waits before it ends.
const LINGER: Duration = Duration::from_secs(1);

static SAMPLER: Sampler = Sampler {
    schedule: Mutex::new(Schedule::new()),
    standstill: Mutex::new(Standstill::new()),
    watched: Condvar::new(),
    queued: Condvar::new(),
};

/// A run that is sampled. It is sampled no more when this is dropped.
pub(super) struct Watch(u64);

impl Drop for Watch {
    fn drop(&mut self) {
        let run = lock(&SAMPLER.schedule).runs.remove(&self.0);
        drop(run); // what a sample holds is dropped without the lock
    }
}

/// Has `sample` called ten times a second once the ticker is awake, until it returns `false`.
pub(super) fn watch(sample: Sample) -> Watch {
    Watch(lock(&SAMPLER.schedule).watch(sample))
}

/// Wakes the ticker for a run that is watched. It logs if there is none, so no lock may be held.
pub(super) fn wake() {
    let is_first = !mem::replace(&mut lock(&SAMPLER.schedule).ticker, true);
    if is_first && let Err(error) = spawn(|| SAMPLER.tick()) {
        lock(&SAMPLER.schedule).ticker = false;
        logging::warn(format_args!(
            "no thread to sample progress with, only changes of state are reported: {error}"
        ));
    }
    SAMPLER.watched.notify_one();
}

/// How long this process has stood still so far, as the ticker knows it.
pub(super) fn standstill() -> Duration {
    lock(&SAMPLER.standstill).until(Instant::now())
}

struct Sampler {
    schedule: Mutex<Schedule>,
    standstill: Mutex<Standstill>,
    /// Wakes the ticker: there is a run to sample.
    watched: Condvar,
    /// Wakes a worker: the queue is not empty.
    queued: Condvar,
}

impl Sampler {
    /// The ticker's thread.
    fn tick(&self) {
        loop {
            let schedule = lock(&self.schedule);
            let parked = self.watched.wait_while(schedule, |schedule| schedule.runs.is_empty());
            drop(parked);
            lock(&self.standstill).begin(Instant::now());
            thread::sleep(PERIOD);
            lock(&self.standstill).tick(Instant::now());
            let needs = lock(&self.schedule).tick();
            match needs {
                Needs::Nothing => {}
                Needs::IdleWorker => self.queued.notify_one(),
                Needs::NewWorker => {
                    if let Err(error) = spawn(|| SAMPLER.work()) {
                        // The queue waits for a busy worker, or for the next tick.
                        logging::warn(format_args!("no thread to report progress on: {error}"));
                    }
                }
            }
        }
    }

    /// A worker's thread.
    fn work(&self) {
        let mut schedule = lock(&self.schedule);
        loop {
            if let Some((id, sample)) = schedule.queue.pop_front() {
                drop(schedule);
                let again = panics::catch(|| sample()).unwrap_or(true);
                schedule = lock(&self.schedule);
                schedule.finish(id, again);
                continue;
            }
            if schedule.idle > 0 {
                return; // one that waits is enough
            }
            schedule.idle += 1;
            (schedule, _) = self
                .queued
                .wait_timeout_while(schedule, LINGER, |schedule| schedule.queue.is_empty())
                .unwrap_or_else(PoisonError::into_inner);
            schedule.idle -= 1;
            if schedule.queue.is_empty() {
                return;
            }
        }
    }
}

fn spawn(work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    thread::Builder::new().name("progress".to_owned()).spawn(work).map(drop)
}

/// What a tick needs done.
#[derive(Debug, PartialEq, Eq)]
enum Needs {
    Nothing,
    /// The queue is not empty, and a worker waits for it.
    IdleWorker,
    /// The queue is not empty, and all workers are busy.
    NewWorker,
}

/// Which runs are sampled, and which of them are due. It starts no thread and knows no time.
struct Schedule {
    runs: BTreeMap<u64, Watched>,
    queue: VecDeque<(u64, Sample)>,
    next_id: u64,
    /// Whether the ticker's thread was started.
    ticker: bool,
    /// How many workers wait.
    idle: usize,
}

struct Watched {
    sample: Sample,
    /// Whether the run is in the queue or with a worker.
    under_way: bool,
}

impl Schedule {
    const fn new() -> Self {
        Self { runs: BTreeMap::new(), queue: VecDeque::new(), next_id: 0, ticker: false, idle: 0 }
    }

    /// Adds a run, and returns its id.
    fn watch(&mut self, sample: Sample) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        self.runs.insert(id, Watched { sample, under_way: false });
        id
    }

    /// Queues every run but those that are still under way from an earlier tick.
    fn tick(&mut self) -> Needs {
        for (id, run) in self.runs.iter_mut().filter(|(_, run)| !run.under_way) {
            run.under_way = true;
            self.queue.push_back((*id, run.sample.clone()));
        }
        match self.idle {
            _ if self.queue.is_empty() => Needs::Nothing,
            0 => Needs::NewWorker,
            _ => Needs::IdleWorker,
        }
    }

    /// A worker is done with a run, which stays if it is to be sampled again.
    fn finish(&mut self, id: u64, again: bool) {
        if !again {
            self.runs.remove(&id);
        } else if let Some(run) = self.runs.get_mut(&id) {
            run.under_way = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
    use std::sync::mpsc::channel;
    use std::sync::{Arc, Mutex};

    use super::{Needs, Schedule, wake, watch};

    fn schedule(runs: u64) -> Schedule {
        let mut schedule = Schedule::new();
        for run in 0..runs {
            assert_eq!(schedule.watch(Arc::new(|| true)), run);
        }
        schedule
    }

    fn queued(schedule: &Schedule) -> Vec<u64> {
        schedule.queue.iter().map(|(id, _)| *id).collect()
    }

    #[test]
    fn nothing_is_needed_without_a_run() {
        assert_eq!(schedule(0).tick(), Needs::Nothing);
    }

    #[test]
    fn a_tick_queues_each_run_once() {
        let mut schedule = schedule(2);
        assert_eq!(schedule.tick(), Needs::NewWorker);
        assert_eq!(queued(&schedule), [0, 1]);
        schedule.tick();
        assert_eq!(queued(&schedule), [0, 1]);
    }

    #[test]
    fn a_run_with_a_stuck_reporter_is_left_out_and_the_others_go_on() {
        let mut schedule = schedule(2);
        schedule.tick();
        // The first worker takes run 0 and hangs. The next tick finds run 1 waiting, and nobody
        // idle.
        schedule.queue.pop_front();
        assert_eq!(schedule.tick(), Needs::NewWorker);
        assert_eq!(queued(&schedule), [1]);
        // The second worker samples run 1, and waits for more.
        schedule.queue.pop_front();
        schedule.finish(1, true);
        schedule.idle = 1;
        assert_eq!(schedule.tick(), Needs::IdleWorker);
        assert_eq!(queued(&schedule), [1]);
    }

    #[test]
    fn a_run_that_wants_no_more_is_forgotten() {
        let mut schedule = schedule(2);
        schedule.tick();
        schedule.queue.clear();
        schedule.finish(0, false);
        schedule.finish(1, true);
        schedule.tick();
        assert_eq!(queued(&schedule), [1]);
    }

    #[test]
    fn a_run_that_is_watched_anew_while_it_is_dropped_stays() {
        let mut schedule = schedule(1);
        schedule.tick();
        schedule.queue.clear();
        assert_eq!(schedule.watch(Arc::new(|| true)), 1);
        schedule.finish(0, false);
        schedule.tick();
        assert_eq!(queued(&schedule), [1]);
    }

    #[test]
    fn a_sample_that_hangs_or_panics_stops_no_other() {
        let (let_go, go) = channel::<()>();
        let go = Mutex::new(go);
        let _stuck = watch(Arc::new(move || {
            let _ = go.lock().unwrap().recv();
            false
        }));
        let panicked = AtomicBool::new(false);
        let _panicking = watch(Arc::new(move || match panicked.swap(true, SeqCst) {
            false => panic!("as the test wants it"),
            true => false,
        }));
        let (sampled, samples) = channel();
        let _sampled = watch(Arc::new(move || sampled.send(()).is_ok()));
        wake();
        for _ in 0..3 {
            samples.recv().unwrap();
        }
        drop(let_go);
    }

    #[test]
    fn a_sample_is_dropped_with_its_watch() {
        let (sampled, samples) = channel();
        let watched = watch(Arc::new(move || sampled.send(()).is_ok()));
        wake();
        samples.recv().unwrap();
        drop(watched);
        // Ends when the sample is gone, which a worker may have had meanwhile.
        samples.iter().for_each(drop);
    }
}
