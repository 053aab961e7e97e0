//! Reading a run: its number, its snapshots, and its final report.

use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use super::default_message::default_message;
use super::state::RunState;
use super::view::Latest;
use crate::estimate::{Eta, Look};
use crate::report::Report;
use crate::scale::{FULL, basis_points};
use crate::text::Text;
use crate::tree::TreeReader;
use crate::{RunStatus, Snapshot};

impl RunState {
    /// The number shown, in basis points.
    pub(crate) fn shown(&self) -> u16 {
        let status = self.status();
        let look = self.look(status);
        self.show(status, look.as_ref(), || self.tree.value())
    }

    /// The part of the plan that is done, in basis points.
    pub(crate) fn done(&self) -> u16 {
        by_weights(self.status(), || self.tree.value())
    }

    /// What the estimator says now. The number of a run that was cancelled or has failed holds.
    pub(super) fn look(&self, status: RunStatus) -> Option<Look> {
        let forecast = self.forecast.as_ref()?;
        match status {
            RunStatus::Running => forecast.look(&self.tree, self.now()),
            _ => forecast.latest(),
        }
    }

    /// The percentage as it was last read.
    #[inline]
    pub(crate) fn last_percent(&self) -> f64 {
        self.view.percent()
    }

    /// The number shown, in basis points, from the latest look of the estimator or by the weights.
    pub(super) fn show(
        &self,
        status: RunStatus,
        look: Option<&Look>,
        value: impl FnOnce() -> u64,
    ) -> u16 {
        let measures_time = self.forecast.as_ref().is_some_and(|forecast| forecast.is_by_time());
        let number = match look.filter(|_| measures_time && !status.ended_well()) {
            Some(look) => by_time(look),
            None => by_weights(status, value),
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
        let look = self.look(status);
        let epoch = self.clock.epoch();
        let reading = TreeReader::new(epoch, status == RunStatus::Cancelling).read(&self.tree);
        let progress = self.show(status, look.as_ref(), || reading.value);
        let ended = latest.ended.as_ref();
        let error = ended.and_then(|ended| ended.error.as_deref()).map(Text::clean);
        let ended = ended.map(|ended| ended.at);
        let now = ended.unwrap_or_else(|| self.now());
        let eta = match status {
            RunStatus::Running => {
                latest.speed.sample(now, reading.value);
                match look {
                    Some(look) => look.eta,
                    None => latest.speed.left(now, FULL).map(|left| Eta {
                        likely: left,
                        low: left,
                        high: left,
                    }),
                }
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
            plan_done: by_weights(status, || reading.value),
            eta_ms: eta.map(|eta| eta.likely.as_millis() as u64),
            eta_range_ms: eta
                .filter(is_wide)
                .map(|eta| [eta.low, eta.high].map(|bound| bound.as_millis() as u64)),
            cancellable: self.cancellable.load(SeqCst) && !status.is_terminal(),
            errors,
            error,
            steps: reading.steps,
            message_kind: message.kind,
            own_count: reading.own_count,
        }
    }
}

/// The part of the plan that is done, in basis points. Only a good end is 100 %.
fn by_weights(status: RunStatus, value: impl FnOnce() -> u64) -> u16 {
    match status.ended_well() {
        true => 10_000,
        false => basis_points(value()).min(9_999),
    }
}

/// The part of the time that has gone by, in basis points.
fn by_time(look: &Look) -> u16 {
    // What is lost where a decimal has no exact value in binary.
    const LOST: f64 = 1e-9;
    ((look.shown * 10_000.0 + LOST) as u16).min(9_999)
}

/// Whether the bounds of a time left lie so far apart that one time would mislead.
fn is_wide(eta: &Eta) -> bool {
    eta.high.as_secs_f64() > 1.75 * eta.low.as_secs_f64()
}
