//! Who has a run sampled, and until when.

use std::sync::Arc;

use super::dispatch::Event;
use super::sampler::{self, Watch};
use super::state::RunState;
use crate::RunStatus;
use crate::clock::{Clock, Sample};
use crate::sync::lock;

/// What has the run sampled.
#[derive(Default)]
pub(super) enum Sampling {
    #[default]
    Nothing,
    /// The sampler, until this or the run is dropped.
    Sampler {
        _watch: Watch,
    },
    ManualClock,
}

impl RunState {
    /// Has the run sampled from now on, if it is not.
    pub(super) fn sample(self: &Arc<Self>) {
        let mut sampling = lock(&self.sampling);
        if self.status().is_terminal() || !matches!(*sampling, Sampling::Nothing) {
            return;
        }
        let run = Arc::downgrade(self);
        match &self.clock {
            Clock::System { .. } => {
                let _watch = sampler::watch(sample(move || {
                    let run = run.upgrade()?;
                    run.dispatcher.sample(&*run);
                    run.keep_sampling().then_some(())
                }));
                *sampling = Sampling::Sampler { _watch };
                drop(sampling);
                sampler::wake();
            }
            Clock::Manual { clock, .. } => {
                clock.on_advance(sample(move || {
                    let run = run.upgrade()?;
                    if run.dispatcher.is_observed() {
                        run.dispatcher.dispatch(&*run, Event::Sample);
                    }
                    Some(())
                }));
                *sampling = Sampling::ManualClock;
            }
        }
    }

    /// Takes a sample of the recent speed at each advance of a manual clock, as at the start, so
    /// that the time left by that speed does not depend on who observes the run.
    pub(super) fn follow_manual_clock(self: &Arc<Self>) {
        if let Clock::Manual { clock, .. } = &self.clock {
            let run = Arc::downgrade(self);
            clock.on_advance(sample(move || {
                let run = run.upgrade()?;
                run.sample_speed(run.status(), run.tree.value());
                (!run.status().is_terminal()).then_some(())
            }));
        }
    }

    pub(super) fn sample_speed(&self, status: RunStatus, value: u64) {
        if status == RunStatus::Running {
            self.view.pause().speed.sample(self.now(), value);
        }
    }

    /// Whether somebody looks at the run: an observer, or the estimator, which learns by looking.
    fn is_watched(&self) -> bool {
        self.dispatcher.is_observed() || self.timing.is_some()
    }

    /// Whether the sampler is to come back.
    fn keep_sampling(&self) -> bool {
        // An observer that comes meanwhile waits for the lock, and has the run sampled anew.
        let mut sampling = lock(&self.sampling);
        let keeps = !self.status().is_terminal() && self.is_watched();
        if !keeps {
            *sampling = Sampling::Nothing;
        }
        keeps
    }
}

fn sample(again: impl Fn() -> Option<()> + Send + Sync + 'static) -> Sample {
    Arc::new(move || again().is_some())
}
