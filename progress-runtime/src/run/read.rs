//! Reading a run: its number, its snapshots, and its final report.

use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use super::default_message::default_message;
use super::state::RunState;
use super::view::Latest;
use crate::report::Report;
use crate::scale::{FULL, basis_points};
use crate::text::Text;
use crate::tree::TreeReader;
use crate::{RunStatus, Snapshot};

impl RunState {
    /// The number shown, in basis points.
    pub(crate) fn shown(&self) -> u16 {
        self.show(self.status(), || self.tree.value())
    }

    /// The percentage as it was last read.
    #[inline]
    pub(crate) fn last_percent(&self) -> f64 {
        self.view.percent()
    }

    pub(super) fn show(&self, status: RunStatus, value: impl FnOnce() -> u64) -> u16 {
        let number = match status.ended_well() {
            true => 10_000,
            // Only a good end shows 100 %.
            false => basis_points(value()).min(9_999),
        };
        self.view.keep_percent(f64::from(number) / 100.0);
        number
    }

    /// The final report; `None` until the run has ended.
    pub(crate) fn report(&self) -> Option<Arc<Report>> {
        self.report_in(&mut self.view.pause())
    }

    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        let mut latest = self.view.pause();
        match self.report_in(&mut latest) {
            Some(report) => Arc::clone(&report.snapshot),
            None => Arc::new(self.read(&mut latest)),
        }
    }

    fn report_in(&self, latest: &mut Latest) -> Option<Arc<Report>> {
        latest.ended.as_ref()?;
        let report = self.view.report.get_or_init(|| {
            let snapshot = Arc::new(self.read(latest));
            let (errors, jobs, job_count) = self.log.take();
            Arc::new(Report { job_count, ..Report::new(snapshot, errors, jobs) })
        });
        Some(Arc::clone(report))
    }

    fn read(&self, latest: &mut Latest) -> Snapshot {
        latest.seq += 1;
        let status = self.status();
        let epoch = self.clock.epoch();
        let reading = TreeReader::new(epoch, status == RunStatus::Cancelling).read(&self.tree);
        let progress = self.show(status, || reading.value);
        let ended = latest.ended.as_ref();
        let error = ended.and_then(|ended| ended.error.as_deref()).map(Text::clean);
        let ended = ended.map(|ended| ended.at);
        let now = ended.unwrap_or_else(|| self.now());
        let left = match status {
            RunStatus::Running => {
                latest.estimator.sample(now, reading.value);
                latest.estimator.left(now, FULL)
            }
            _ => None,
        };
        let started = self.status.started();
        let millis = |at: Duration| epoch.saturating_add(at.as_millis() as u64);
        let errors = self.log.error_count();
        let message = reading
            .message
            .filter(|_| status.is_active())
            .unwrap_or_else(|| default_message(status, &self.title, errors, error.as_ref()));
        Snapshot {
            v: 1,
            run: self.id.get().clone(),
            seq: latest.seq,
            now: millis(now),
            workflow: Text::from_static(self.plan.get().map_or("", |plan| plan.name())),
            title: self.title.clone(),
            status,
            progress,
            step: reading.count,
            message: message.text,
            started: started.map(millis),
            ended: ended.map(millis),
            eta_ms: left.and_then(|left| u64::try_from(left.as_millis()).ok()),
            cancellable: self.cancellable.load(SeqCst) && !status.is_terminal(),
            errors,
            error,
            steps: reading.steps,
            message_kind: message.kind,
            own_count: reading.own_count,
        }
    }
}
