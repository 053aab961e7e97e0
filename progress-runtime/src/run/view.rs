//! How a run is seen: its number, its snapshots, and its final report.

use std::sync::atomic::{AtomicU16, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::time::Duration;

use super::estimate::eta_ms;
use super::message::default_message;
use super::state::RunState;
use crate::report::Report;
use crate::scale::{FULL, basis_points};
use crate::sync::lock;
use crate::text::Text;
use crate::tree::TreeReader;
use crate::{RunStatus, Snapshot};

/// What is kept of the snapshots that were taken.
#[derive(Default)]
pub(super) struct View {
    latest: Mutex<Latest>,
    report: OnceLock<Arc<Report>>,
    /// The largest number that was read, in basis points.
    number: AtomicU16,
}

/// Snapshots are taken one after the other, under the lock of this.
#[derive(Default)]
pub(super) struct Latest {
    /// The number of the latest snapshot.
    seq: u64,
    ended: Option<Ended>,
}

/// When a run ended, and the error it failed with. The tree does not change after that, so the report can be
/// made when somebody first asks for it.
struct Ended {
    at: Duration,
    error: Option<Arc<str>>,
}

impl View {
    /// Keeps snapshots from being taken meanwhile.
    pub(super) fn pause(&self) -> MutexGuard<'_, Latest> {
        lock(&self.latest)
    }

    /// The number as it was last read, in basis points.
    #[inline]
    pub(super) fn number(&self) -> u16 {
        self.number.load(Relaxed)
    }

    /// Keeps a number that was read. The largest is the latest, since the number never falls.
    fn keep_number(&self, number: u16) {
        if number > self.number() {
            self.number.fetch_max(number, Relaxed);
        }
    }
}

impl Latest {
    pub(super) fn end(&mut self, at: Duration, error: Option<Arc<str>>) {
        self.ended = Some(Ended { at, error });
    }
}

impl RunState {
    /// The number shown, in basis points.
    pub(crate) fn shown(&self) -> u16 {
        self.show(self.status(), || self.tree().value())
    }

    /// The number as it was last read, in basis points.
    #[inline]
    pub(crate) fn last_shown(&self) -> u16 {
        self.view().number()
    }

    pub(super) fn show(&self, status: RunStatus, value: impl FnOnce() -> u64) -> u16 {
        let number = match status.ended_well() {
            true => 10_000,
            // Only a good end shows 100 %.
            false => basis_points(value(), FULL).min(9_999),
        };
        self.view().keep_number(number);
        number
    }

    /// The final report; `None` until the run has ended.
    pub(crate) fn report(&self) -> Option<Arc<Report>> {
        self.report_in(&mut self.view().pause())
    }

    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        let mut latest = self.view().pause();
        match self.report_in(&mut latest) {
            Some(report) => Arc::clone(&report.snapshot),
            None => Arc::new(self.read(&mut latest)),
        }
    }

    fn report_in(&self, latest: &mut Latest) -> Option<Arc<Report>> {
        latest.ended.as_ref()?;
        let report = self.view().report.get_or_init(|| {
            let snapshot = Arc::new(self.read(latest));
            let (errors, jobs, job_count) = self.log().take();
            Arc::new(Report { job_count, ..Report::new(snapshot, errors, jobs) })
        });
        Some(Arc::clone(report))
    }

    fn read(&self, latest: &mut Latest) -> Snapshot {
        latest.seq += 1;
        let status = self.status();
        let epoch = self.clock().epoch();
        let reading = TreeReader::new(epoch, status == RunStatus::Cancelling).read(self.tree());
        let progress = self.show(status, || reading.value);
        let ended = latest.ended.as_ref();
        let error = ended.and_then(|ended| ended.error.as_deref()).map(Text::clean);
        let ended = ended.map(|ended| ended.at);
        let now = ended.unwrap_or_else(|| self.now());
        let started = self.started();
        let millis = |at: Duration| epoch.saturating_add(at.as_millis() as u64);
        let errors = self.log().error_count();
        let message = reading
            .message
            .filter(|_| status.is_active())
            .unwrap_or_else(|| default_message(status, self.title(), errors, error.as_ref()));
        Snapshot {
            v: 1,
            run: self.id_text().clone(),
            seq: latest.seq,
            now: millis(now),
            workflow: Text::from_static(self.plan().map_or("", |plan| plan.name())),
            title: self.title().clone(),
            status,
            progress,
            step: reading.count,
            message: message.text,
            started: started.map(millis),
            ended: ended.map(millis),
            eta_ms: started
                .filter(|_| status == RunStatus::Running)
                .and_then(|started| eta_ms(progress, now.saturating_sub(started))),
            cancellable: self.is_cancellable() && !status.is_terminal(),
            errors,
            error,
            steps: reading.steps,
            message_kind: message.kind,
        }
    }
}
