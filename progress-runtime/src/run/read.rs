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
use crate::snapshot::UnitCount;
use crate::text::Text;
use crate::tree::TreeReader;
use crate::{RunStatus, Snapshot};

impl RunState {
    /// The number shown, in basis points.
    pub(crate) fn shown(&self) -> u16 {
        let status = self.status();
        let look = self.look(status);
        let number = self.show(status, look.as_ref(), || self.tree.value());
        self.keep_shown(number);
        number
    }

    /// The part of the plan that is done, in basis points.
    pub(crate) fn done(&self) -> u16 {
        by_weights(self.status(), || self.tree.value())
    }

    /// What the estimator says now. The number of a run that was cancelled or has failed holds.
    pub(super) fn look(&self, status: RunStatus) -> Option<Look> {
        let timing = self.timing.as_ref()?;
        match status {
            RunStatus::Running => timing.look(&self.tree, self.now()),
            _ => timing.latest(),
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
        let measures_time = self.timing.as_ref().is_some_and(|timing| timing.is_by_time());
        match look.filter(|_| measures_time && !status.ended_well()) {
            // What was shown before a workflow took the root holds.
            Some(look) => by_time(look).max((self.view.percent() * 100.0).round() as u16),
            None => by_weights(status, value),
        }
    }

    /// A number is about to be shown: no later one is below it. Called without a lock, because the
    /// store of a journal may be the user's.
    pub(super) fn keep_shown(&self, number: u16) {
        #[cfg(feature = "journal")]
        self.mark(number);
        self.view.keep_percent(f64::from(number) / 100.0);
    }

    /// The final report; `None` until the run has ended.
    pub(crate) fn report(&self) -> Option<Arc<Report>> {
        self.report_in(&mut self.view.pause())
    }

    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        let mut latest = self.view.pause();
        let snapshot = match self.report_in(&mut latest) {
            Some(report) => Arc::clone(&report.snapshot),
            None => Arc::new(self.read(&mut latest)),
        };
        drop(latest);
        self.keep_shown(snapshot.progress);
        snapshot
    }

    fn report_in(&self, latest: &mut Latest) -> Option<Arc<Report>> {
        latest.ended.as_ref()?;
        let report = self.view.report.get_or_init(|| {
            let snapshot = Arc::new(self.read(latest));
            let (errors, jobs, job_count) = self.log.take();
            Arc::new(Report {
                job_count,
                #[cfg(feature = "journal")]
                resumed: self.resumed(),
                ..Report::new(snapshot, errors, jobs)
            })
        });
        Some(Arc::clone(report))
    }

    fn read(&self, latest: &mut Latest) -> Snapshot {
        latest.seq += 1;
        let status = self.status();
        let look = self.look(status);
        let epoch = self.clock.epoch();
        let ended = latest.ended.as_ref();
        let error = ended.and_then(|ended| ended.error.as_deref()).map(Text::clean);
        let ended = ended.map(|ended| ended.at);
        let now = ended.unwrap_or_else(|| self.now());
        let reading = TreeReader::new(epoch, now, status == RunStatus::Cancelling).read(&self.tree);
        // Counting alone does not say that the work has begun, because it costs a store only.
        let has_counted = reading.own_count.as_ref().is_some_and(|count| count.done > 0);
        let begins = status == RunStatus::Pending && has_counted && self.status.begin(now);
        let status = if begins { RunStatus::Running } else { status };
        let progress = self.show(status, look.as_ref(), || reading.value);
        let result = reading.result.filter(|_| status.ended_well());
        let count = reading
            .own_count
            .map(|count| UnitCount { rate: count.rate.filter(|_| status.is_active()), ..count });
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
        #[cfg(feature = "journal")]
        let epoch_of_work = epoch.saturating_sub(self.elapsed_before().as_millis() as u64);
        #[cfg(not(feature = "journal"))]
        let epoch_of_work = epoch;
        let millis = |at: Duration| epoch.saturating_add(at.as_millis() as u64);
        let errors = self.log.error_count();
        let message = reading.message.filter(|_| status.is_active()).unwrap_or_else(|| {
            let ends = error.as_ref().or(result.as_ref());
            default_message(status, &self.title, errors, ends)
        });
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
            started: started.map(|at| epoch_of_work.saturating_add(at.as_millis() as u64)),
            ended: ended.map(millis),
            plan_done: by_weights(status, || reading.value),
            eta_ms: eta.map(|eta| eta.likely.as_millis() as u64),
            eta_range_ms: eta
                .filter(is_wide)
                .map(|eta| [eta.low, eta.high].map(|bound| bound.as_millis() as u64)),
            cancellable: self.cancellable.load(SeqCst) && !status.is_terminal(),
            errors,
            error,
            count,
            result,
            steps: reading.steps,
            message_kind: message.kind,
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
