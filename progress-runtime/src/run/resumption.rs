//! A run that goes on with what an earlier process has done.

use std::time::Duration;

use super::state::RunState;
use crate::report::Resumed;
use crate::scale::value_of_basis_points;

impl RunState {
    /// Begins at the number that was shown last.
    pub(super) fn go_on(&self) {
        if let Some(journaling) = &self.journaling
            && journaling.resumed().is_some()
        {
            self.root().hold(value_of_basis_points(journaling.shown_before()));
            self.view.keep_percent(f64::from(journaling.shown_before()) / 100.0);
        }
    }

    /// How long the run was at work before this process.
    pub(super) fn elapsed_before(&self) -> Duration {
        self.journaling.as_ref().map_or(Duration::ZERO, |journaling| journaling.elapsed_before())
    }

    /// When the run's clock began, in milliseconds since the epoch.
    pub(crate) fn epoch(&self) -> u64 {
        self.clock.epoch()
    }

    /// The date on the run's clock, in milliseconds since the epoch.
    pub(crate) fn date(&self) -> u64 {
        self.epoch().saturating_add(self.now().as_millis() as u64)
    }

    /// How long this process has been at work.
    fn elapsed_now(&self) -> Duration {
        let started = self.status.started();
        started.map_or(Duration::ZERO, |started| self.now().saturating_sub(started))
    }

    /// Keeps a number before it is shown, so that the next process begins at it.
    pub(super) fn mark(&self, shown: u16) {
        if let Some(journaling) = &self.journaling
            && self.status().is_active()
        {
            journaling.mark(shown, self.elapsed_now());
        }
    }

    /// The number that was shown last, in basis points, and the time at work in this process.
    pub(crate) fn journal_place(&self) -> (u16, Duration) {
        ((self.last_percent() * 100.0).round() as u16, self.elapsed_now())
    }

    /// Counts the errors of a step that has ended in an earlier process.
    pub(crate) fn count_earlier_errors(&self, errors: u32) {
        self.log.count_earlier(errors);
    }

    /// Keeps where the run has ended, unless it ended well, and lets another run have the journal.
    pub(super) fn release_journal(&self) {
        if let Some(journaling) = &self.journaling {
            if !self.status().ended_well() && self.status.started().is_some() {
                journaling.mark_end(self.shown(), self.elapsed_now());
            }
            journaling.release();
        }
    }

    /// What the report says of a run that went on.
    pub(super) fn resumed(&self) -> Option<Resumed> {
        let journaling = self.journaling.as_ref()?;
        let times = journaling.resumed()?;
        let (not_repeated, not_repeated_count) = journaling.not_repeated();
        Some(Resumed { times, not_repeated, not_repeated_count })
    }
}
