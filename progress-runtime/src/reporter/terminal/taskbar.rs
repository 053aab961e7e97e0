//! The progress in the taskbar or on the tab of the terminal: OSC 9;4.

use super::model::Model;
use crate::{RunStatus, StepStatus};

/// The state of the taskbar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Taskbar {
    #[default]
    Nothing,
    Normal(u16),
    Error(u16),
    Indeterminate,
    Paused(u16),
}

impl Taskbar {
    /// The state for several runs: that of the run which is furthest from its end.
    pub(super) fn of<'a>(models: impl Iterator<Item = &'a Model>) -> Self {
        let Some(model) = models.min_by_key(|model| model.snapshot.progress) else {
            return Self::Nothing;
        };
        let snapshot = &model.snapshot;
        let percent = snapshot.progress / 100;
        let is_retrying = snapshot.steps.iter().any(|step| step.status == StepStatus::Retrying);
        let is_unknown = snapshot.steps.is_empty()
            || snapshot.active_step().is_some_and(|step| step.is_indeterminate());
        match snapshot.status {
            RunStatus::Cancelling => Self::Paused(percent),
            _ if model.has_failed() => Self::Error(percent),
            _ if is_retrying => Self::Paused(percent),
            _ if percent == 0 && is_unknown => Self::Indeterminate,
            _ => Self::Normal(percent),
        }
    }

    pub(super) fn encode(self) -> String {
        let (state, percent) = match self {
            Self::Nothing => (0, 0),
            Self::Normal(percent) => (1, percent),
            Self::Error(percent) => (2, percent),
            Self::Indeterminate => (3, 0),
            Self::Paused(percent) => (4, percent),
        };
        format!("\x1b]9;4;{state};{percent}\x1b\\")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::Taskbar;
    use crate::reporter::terminal::model::Model;
    use crate::snapshot::sample::{run, step};
    use crate::{RunStatus, Snapshot, StepStatus};

    fn shown(change: impl FnOnce(&mut Snapshot)) -> Taskbar {
        let mut snapshot = run(1_000, RunStatus::Running, 4_817);
        snapshot.steps = vec![step("fetch", "Fetch", StepStatus::Running, 1_000)];
        change(&mut snapshot);
        Taskbar::of([Model::new(Arc::new(snapshot))].iter())
    }

    #[test]
    fn each_state_of_a_run_has_a_state_of_the_taskbar() {
        assert_eq!(shown(|_| ()), Taskbar::Normal(48));
        assert_eq!(shown(|run| run.progress = 0), Taskbar::Indeterminate);
        assert_eq!(shown(|run| run.errors = 1), Taskbar::Error(48));
        assert_eq!(shown(|run| run.status = RunStatus::Cancelling), Taskbar::Paused(48));
        assert_eq!(shown(|run| run.steps[0].status = StepStatus::Retrying), Taskbar::Paused(48));
        assert_eq!(Taskbar::of(std::iter::empty()), Taskbar::Nothing);
    }

    #[test]
    fn the_bytes_are_those_of_osc_9_4() {
        assert_eq!(Taskbar::Normal(48).encode(), "\x1b]9;4;1;48\x1b\\");
        assert_eq!(Taskbar::Error(48).encode(), "\x1b]9;4;2;48\x1b\\");
        assert_eq!(Taskbar::Indeterminate.encode(), "\x1b]9;4;3;0\x1b\\");
        assert_eq!(Taskbar::Paused(48).encode(), "\x1b]9;4;4;48\x1b\\");
        assert_eq!(Taskbar::Nothing.encode(), "\x1b]9;4;0;0\x1b\\");
    }
}
