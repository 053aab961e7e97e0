//! The jobs at work in this process.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use progress_runtime::{Run, RunStatus};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::slots::{Slot, Slots};
use crate::state::JobState;
use crate::store::{Begun, Ending, Fence, Shown, Standing};
use crate::sync::lock;

/// The largest snapshot that is written, in bytes of JSON.
const MAX_SNAPSHOT: usize = 64 << 10;

/// All attempts at work in this process, by the id of their job.
#[derive(Debug, Default)]
pub(crate) struct Roster {
    attempts: Mutex<HashMap<String, Arc<Attempt>>>,
    /// Notify when an attempt has begun, and when one has ended.
    begun: Notify,
    ended: Notify,
}

/// What becomes of an attempt. It leaves [`AtWork`](Fate::AtWork) once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    AtWork,
    /// Its end is being written: the row may already say so.
    Ending,
    /// The worker shuts down, and gives the job back.
    GivenBack,
    /// Another worker has the job.
    Fenced,
}

/// One attempt at a job.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(crate) fence: Fence,
    pub(crate) worker: String,
    pub(crate) run: Run,
    /// The number that the attempts before this one had reached.
    base: u16,
    /// Where the attempt's own run begins: above 0 if it goes on with a journal.
    begins_at: u16,
    /// Whether the attempt has a journal.
    kept: Arc<AtomicBool>,
    fate: Mutex<Fate>,
    /// Cancelled when the attempt no longer has the job. What it follows goes on without it.
    pub(crate) detached: CancellationToken,
    slots: Arc<Slots>,
    held: Mutex<Held>,
    /// The signature of the run when its progress was last written; `None` if it must be again.
    flushed: Mutex<Option<u64>>,
    /// Whether the row says that the job is cancelled.
    cancelled: AtomicBool,
}

/// The slot of an attempt, and how many sub-jobs it waits for.
#[derive(Debug)]
struct Held {
    slot: Option<Slot>,
    waits: u32,
}

impl Roster {
    /// Takes a job that was begun onto the roster.
    pub(crate) fn add(
        &self,
        begun: &Begun,
        worker: &str,
        run: Run,
        kept: Arc<AtomicBool>,
        slots: &Arc<Slots>,
        slot: Slot,
    ) -> Arc<Attempt> {
        let job = &begun.job;
        let begins_at = run.snapshot().progress;
        let attempt = Arc::new(Attempt {
            fence: Fence { id: job.id.clone(), attempt: begun.attempt, knock: begun.knock.clone() },
            worker: worker.to_owned(),
            base: job.progress.max(begins_at),
            begins_at,
            kept,
            fate: Mutex::new(Fate::AtWork),
            detached: CancellationToken::new(),
            slots: Arc::clone(slots),
            held: Mutex::new(Held { slot: Some(slot), waits: 0 }),
            // The row of a job that begins at nothing says all that there is.
            flushed: Mutex::new((begins_at == 0).then(|| run.signature())),
            run,
            cancelled: AtomicBool::new(false),
        });
        lock(&self.attempts).insert(job.id.clone(), Arc::clone(&attempt));
        self.begun.notify_waiters();
        attempt
    }

    /// Takes an attempt off, unless a later one has its place.
    pub(crate) fn remove(&self, attempt: &Arc<Attempt>) {
        let removed = {
            let mut attempts = lock(&self.attempts);
            let id = &attempt.fence.id;
            let same = attempts.get(id).is_some_and(|known| Arc::ptr_eq(known, attempt));
            if same { attempts.remove(id) } else { None }
        };
        drop(removed);
        let slot = lock(&attempt.held).slot.take();
        drop(slot);
        self.ended.notify_waiters();
    }

    /// The attempt whose run has the id.
    pub(crate) fn get(&self, id: &str) -> Option<Arc<Attempt>> {
        lock(&self.attempts).get(id).cloned()
    }

    pub(crate) fn ids(&self) -> Vec<String> {
        lock(&self.attempts).keys().cloned().collect()
    }

    /// The attempts of one worker.
    pub(crate) fn of(&self, worker: &str) -> Vec<Arc<Attempt>> {
        let attempts = lock(&self.attempts);
        attempts.values().filter(|attempt| attempt.worker == worker).cloned().collect()
    }

    /// Waits until a worker has no attempts.
    pub(crate) async fn idle(&self, worker: &str) {
        loop {
            let ended = self.ended.notified();
            if self.of(worker).is_empty() {
                return;
            }
            ended.await;
        }
    }

    /// Waits until there are attempts.
    pub(crate) async fn busy(&self) {
        loop {
            let begun = self.begun.notified();
            if !lock(&self.attempts).is_empty() {
                return;
            }
            begun.await;
        }
    }

    /// Takes the progress of all attempts that have some.
    pub(crate) fn take_shown(&self) -> Vec<(Arc<Attempt>, Shown)> {
        let attempts: Vec<_> = lock(&self.attempts).values().cloned().collect();
        let at_work = attempts.into_iter().filter(|attempt| attempt.fate() == Fate::AtWork);
        at_work
            .filter(|attempt| attempt.has_changed())
            .map(|attempt| {
                let shown = attempt.shown();
                (attempt, shown)
            })
            .collect()
    }

    /// Heeds what the row of a job says: a cancel, or that another worker has it.
    pub(crate) fn heed(&self, standing: &Standing) {
        let Some(attempt) = self.get(&standing.id) else { return };
        match standing.state {
            JobState::Cancelling if standing.attempt == attempt.fence.attempt => {
                attempt.cancelled.store(true, SeqCst);
                attempt.run.cancel();
            }
            JobState::Running if standing.attempt == attempt.fence.attempt => {}
            // A row that was read before this attempt began.
            _ if standing.attempt < attempt.fence.attempt => {}
            _ => attempt.fence_off(),
        }
    }
}

impl Attempt {
    pub(crate) fn fate(&self) -> Fate {
        *lock(&self.fate)
    }

    /// Decides the fate of the attempt. Returns `false` if it was decided before.
    pub(crate) fn decide(&self, fate: Fate) -> bool {
        let mut decided = lock(&self.fate);
        if *decided != Fate::AtWork {
            return false;
        }
        *decided = fate;
        true
    }

    /// Another worker has the job: this attempt stops, and what it follows goes on.
    pub(crate) fn fence_off(&self) {
        if self.decide(Fate::Fenced) {
            self.detached.cancel();
        }
    }

    /// The worker gives the job back.
    pub(crate) fn give_back(&self) -> bool {
        let given_back = self.decide(Fate::GivenBack);
        if given_back {
            self.detached.cancel();
        }
        given_back
    }

    /// Whether the run has changed since this was last asked.
    fn has_changed(&self) -> bool {
        let now = Some(self.run.signature());
        std::mem::replace(&mut *lock(&self.flushed), now) != now
    }

    /// The progress was not written, after all.
    pub(crate) fn unflush(&self) {
        *lock(&self.flushed) = None;
    }

    /// The number over all attempts: an attempt fills what the ones before have left.
    fn overall(&self, progress: u16) -> u16 {
        let (base, begins_at) = (u32::from(self.base), u32::from(self.begins_at.min(9_999)));
        let done = u32::from(progress.min(10_000)).saturating_sub(begins_at);
        let shown = base + (10_000 - base) * done / (10_000 - begins_at);
        u16::try_from(shown).unwrap_or(10_000)
    }

    /// The progress so far. Only the end that the row records fills it: the run may have ended, and
    /// its result be none.
    fn shown(&self) -> Shown {
        let snapshot = self.run.snapshot();
        let json = snapshot.to_json();
        Shown {
            id: self.fence.id.clone(),
            attempt: self.fence.attempt,
            shown: self.overall(snapshot.progress).min(9_999),
            // What a run says by itself, the parent can say as well.
            message: match snapshot.status.is_active() && !snapshot.message_is_default() {
                true => snapshot.message.to_string(),
                false => String::new(),
            },
            snapshot: (json.len() <= MAX_SNAPSHOT).then_some(json),
        }
    }

    /// The end of the attempt, with the last state of its run.
    pub(crate) fn end(&self, result: Result<String, String>) -> Ending {
        let last = self.shown();
        let (result, error) = match result {
            Ok(result) => (Some(result), None),
            Err(error) => (None, Some(error)),
        };
        // Without a cancel, a run that was dropped is that of a job that could not begin.
        let state = match &error {
            None if self.run.status() == RunStatus::CompletedWithErrors => {
                JobState::CompletedWithErrors
            }
            None => JobState::Completed,
            Some(_) if self.cancelled.load(SeqCst) => JobState::Cancelled,
            Some(_) => JobState::Failed,
        };
        let good = error.is_none();
        Ending {
            state,
            shown: if good { 10_000 } else { last.shown },
            snapshot: last.snapshot,
            result,
            error: error.filter(|_| state == JobState::Failed),
            kept: self.kept.load(SeqCst),
        }
    }

    /// The attempt waits for a sub-job, and another job may have its slot meanwhile.
    pub(crate) fn wait(self: &Arc<Self>) -> Waiting {
        let slot = {
            let mut held = lock(&self.held);
            held.waits += 1;
            held.slot.take()
        };
        drop(slot);
        Waiting { attempt: Arc::clone(self) }
    }
}

/// An attempt waits for a sub-job. When this is dropped, it no longer does.
#[derive(Debug)]
pub(crate) struct Waiting {
    attempt: Arc<Attempt>,
}

impl Waiting {
    /// Goes on when there is a slot, unless the attempt still waits for another sub-job.
    pub(crate) async fn resume(self) {
        let attempt = Arc::clone(&self.attempt);
        drop(self);
        if lock(&attempt.held).waits > 0 {
            return;
        }
        let slot = attempt.slots.take().await;
        let mut held = lock(&attempt.held);
        if held.waits == 0 && held.slot.is_none() {
            held.slot = slot;
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        lock(&self.attempt.held).waits -= 1;
    }
}

#[cfg(test)]
mod tests {
    //! The roster decides from plain values; no database is needed.

    use std::sync::Arc;

    use progress_runtime::{Journal, Progress, Run, RunStatus};

    use super::{Attempt, Fate, Roster};
    use crate::signal::Signal;
    use crate::slots::Slots;
    use crate::state::{Job, JobState};
    use crate::store::{Begun, Standing};

    fn begun(progress: u16) -> Begun {
        let job = Job { attempt: 1, progress, ..Job::queued("job") };
        let (knock, args) = ("knock".to_owned(), String::new());
        Begun { knock, attempt: 2, job, args, is_kept: false }
    }

    struct Bench {
        roster: Roster,
        slots: Arc<Slots>,
        attempt: Arc<Attempt>,
        progress: Progress,
    }

    fn bench(base: u16) -> Bench {
        let (roster, slots) = (Roster::default(), Slots::new(1, Signal::default().worker()));
        let slot = slots.try_take().unwrap();
        let (run, progress) = Run::start("scan");
        let attempt = roster.add(&begun(base), "w", run, Arc::default(), &slots, slot);
        Bench { roster, slots, attempt, progress }
    }

    fn standing(attempt: i64, state: JobState) -> Standing {
        Standing { id: "job".to_owned(), attempt, state }
    }

    #[test]
    fn a_later_attempt_fills_what_the_earlier_ones_have_left() {
        let mut bench = bench(6_000);
        assert_eq!(bench.attempt.shown().shown, 6_000);
        bench.progress.set_fraction(0.5);
        assert_eq!(bench.attempt.shown().shown, 8_000);
    }

    #[tokio::test]
    async fn an_attempt_that_goes_on_with_a_journal_begins_where_its_run_does() {
        // The row had been written a little before, or after, or is that of another job.
        for (row, expected) in [(0, 5_000), (4_000, 5_000), (6_000, 6_000)] {
            let journal = Journal::in_memory();
            let start = async || Run::builder("scan").journal(journal.clone()).start().await;
            let (run, mut progress) = start().await.unwrap();
            progress.set_fraction(0.5);
            assert_eq!(run.percent(), 50.0);
            drop(progress);
            let (roster, slots) = (Roster::default(), Slots::new(1, Signal::default().worker()));
            let slot = slots.try_take().unwrap();
            let (run, mut progress) = start().await.unwrap();
            let attempt = roster.add(&begun(row), "w", run, Arc::default(), &slots, slot);
            assert_eq!(attempt.shown().shown, expected);
            progress.set_fraction(0.75);
            assert_eq!(attempt.shown().shown, expected + (10_000 - expected) / 2);
        }
    }

    #[test]
    fn the_row_cancels_the_attempt_that_it_names_and_fences_off_an_earlier_one() {
        let Bench { roster, attempt, progress, .. } = bench(0);
        roster.heed(&standing(1, JobState::Failed));
        roster.heed(&standing(2, JobState::Running));
        assert_eq!(attempt.fate(), Fate::AtWork, "a row from before is no news");
        roster.heed(&standing(2, JobState::Cancelling));
        assert_ne!(attempt.run.status(), RunStatus::Pending);
        assert!(progress.is_cancelled());
        roster.heed(&standing(3, JobState::Running));
        assert_eq!(attempt.fate(), Fate::Fenced);
        assert!(attempt.detached.is_cancelled());
    }

    #[test]
    fn an_end_that_is_being_written_is_not_fenced_off() {
        let Bench { roster, attempt, .. } = bench(0);
        assert!(attempt.decide(Fate::Ending));
        roster.heed(&standing(2, JobState::Completed));
        assert_eq!(attempt.fate(), Fate::Ending);
    }

    #[tokio::test]
    async fn a_job_that_waits_for_sub_jobs_lends_its_slot_until_it_has_waited_for_all() {
        let Bench { slots, attempt, .. } = bench(0);
        assert!(!slots.is_free());
        let (first, second) = (attempt.wait(), attempt.wait());
        assert!(slots.is_free());
        first.resume().await;
        assert!(slots.is_free());
        second.resume().await;
        assert!(!slots.is_free());
        drop(attempt.wait());
        assert!(slots.is_free(), "a wait that was dropped takes nothing back");
    }

    #[test]
    fn an_attempt_that_is_taken_off_frees_its_slot() {
        let Bench { roster, slots, attempt, .. } = bench(0);
        roster.remove(&attempt);
        assert_eq!((slots.is_free(), roster.ids().len()), (true, 0));
    }
}
