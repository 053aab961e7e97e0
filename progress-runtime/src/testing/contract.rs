//! What holds for each run, whatever happens in it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex};

use crate::snapshot::UnitCount;
use crate::sync::lock;
use crate::{
    ReportError, Reporter, RunStatus, Snapshot, StepSnapshot, StepStatus, Update, UpdateKind,
};

/// The reporter that compares each update with those before it.
#[derive(Clone, Default)]
pub(super) struct Contract {
    seen: Arc<Mutex<Seen>>,
}

/// What the updates of a run have shown so far.
#[derive(Default)]
pub(super) struct Seen {
    last: Option<Arc<Snapshot>>,
    /// The state of each step, by its path with the attempts in it: a new attempt starts over.
    states: HashMap<String, StepStatus>,
    /// The steps that follow a job. What is listed below them is the job's own matter.
    followers: HashSet<String>,
    /// What was broken first.
    broken: Option<String>,
    pub(super) is_cancellable: bool,
    /// Whether the run was cancelled before it ended, by whomever.
    pub(super) was_cancelling: bool,
    /// The states of the steps, by their path without the numbers of items.
    pub(super) steps: BTreeMap<String, Vec<StepStatus>>,
}

impl Reporter for Contract {
    fn report(&mut self, update: &Update<'_>) -> Result<(), ReportError> {
        lock(&self.seen).look(update.kind(), update.snapshot());
        Ok(())
    }
}

impl Contract {
    /// Returns what was seen.
    ///
    /// # Errors
    /// Fails with what was broken first.
    pub(super) fn judge(&self) -> Result<Seen, String> {
        let mut seen = std::mem::take(&mut *lock(&self.seen));
        match (seen.broken.take(), seen.last.clone()) {
            (Some(broken), _) => Err(broken),
            (None, Some(last)) => {
                seen.judge_end(&last)?;
                Ok(seen)
            }
            (None, None) => Err("no reporter was called".to_owned()),
        }
    }
}

impl Seen {
    fn look(&mut self, kind: UpdateKind, snapshot: &Arc<Snapshot>) {
        let result = self.compare(kind, snapshot);
        let broken = result.and_then(|()| self.look_at_steps(&snapshot.steps, "", ""));
        self.is_cancellable |= snapshot.cancellable;
        self.was_cancelling |= snapshot.status == RunStatus::Cancelling;
        self.last = Some(Arc::clone(snapshot));
        if let (Err(broken), None) = (broken, &self.broken) {
            self.broken = Some(broken);
        }
    }

    fn compare(&self, kind: UpdateKind, now: &Snapshot) -> Result<(), String> {
        let (shown, status) = (now.percent(), now.status);
        if let Some(before) = &self.last {
            if before.status.is_terminal() {
                return Err(format!("the run ended as {}, and then was {status}", before.status));
            }
            if now.progress < before.progress {
                return Err(format!("the number fell from {} % to {shown} %", before.percent()));
            }
        }
        if (kind == UpdateKind::Ended) != status.is_terminal() {
            return Err(format!("an update of the kind {kind:?} says {status}"));
        }
        if (now.progress == 10_000) != status.ended_well() {
            return Err(format!("the run is {status} at {shown} %"));
        }
        Ok(())
    }

    /// Compares the states of steps with those before. `place` is where the steps are, and `key`
    /// has the attempts too.
    fn look_at_steps(
        &mut self,
        steps: &[StepSnapshot],
        place: &str,
        key: &str,
    ) -> Result<(), String> {
        for step in steps {
            let is_item = step.id.bytes().all(|byte| byte.is_ascii_digit());
            let name = match (is_item, place) {
                (true, _) => place.to_owned(),
                (false, "") => step.id.to_string(),
                (false, _) => format!("{place}/{}", step.id),
            };
            let key = format!("{key}/{}", step.id);
            if let Some(before) = self.states.insert(key.clone(), step.status)
                && !may_follow(before, step.status)
            {
                return Err(format!("the step {key} was {before}, and then {}", step.status));
            }
            if !is_item {
                let states = self.steps.entry(name.clone()).or_default();
                if !states.contains(&step.status) {
                    states.push(step.status);
                }
            }
            if step.status.is_terminal()
                && let Some(total) = step.total
                && step.done > total
            {
                return Err(format!("the step {key} has counted {} of {total}", step.done));
            }
            if step.job.is_some() {
                self.followers.insert(key.clone());
            }
            if !self.followers.contains(&key) {
                self.look_at_steps(&step.children, &name, &format!("{key}#{}", step.attempt))?;
            }
        }
        Ok(())
    }

    fn judge_end(&self, last: &Snapshot) -> Result<(), String> {
        if !last.status.is_terminal() {
            return Err("the end was never reported".to_owned());
        }
        if let Some(UnitCount { done, total: Some(total), .. }) = last.count
            && done > total
        {
            return Err(format!("the run has counted {done} of {total}"));
        }
        let active = self.find(&last.steps, "", "", |step| step.status.is_active());
        if let Some((key, status)) = active {
            return Err(format!("the run is {}, and its step {key} is {status}", last.status));
        }
        let pending = self.find(&last.steps, "", "", |step| step.status == StepStatus::Pending);
        if let (true, Some((key, _))) = (last.status.ended_well(), pending) {
            return Err(format!(
                "the run is {}, and its step {key} has not earned its weight",
                last.status
            ));
        }
        Ok(())
    }

    fn find(
        &self,
        steps: &[StepSnapshot],
        place: &str,
        key: &str,
        is_searched: fn(&StepSnapshot) -> bool,
    ) -> Option<(String, StepStatus)> {
        steps.iter().find_map(|step| {
            let name = format!("{place}/{}", step.id);
            let key = format!("{key}/{}", step.id);
            if is_searched(step) {
                return Some((name, step.status));
            }
            if self.followers.contains(&key) {
                return None;
            }
            self.find(&step.children, &name, &format!("{key}#{}", step.attempt), is_searched)
        })
    }
}

/// Whether a step may change from one state to another.
fn may_follow(before: StepStatus, now: StepStatus) -> bool {
    use StepStatus::{Cancelling, Pending, Retrying, Running};
    match before {
        Pending => true,
        Running | Retrying => now != Pending,
        Cancelling => now == Cancelling || now.is_terminal(),
        _ => now == before,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::Contract;
    use crate::snapshot::sample::{run, step};
    use crate::sync::lock;
    use crate::{RunStatus, Snapshot, StepStatus, UpdateKind};

    /// What is broken after these updates.
    fn broken(updates: &[(UpdateKind, Snapshot)]) -> Option<String> {
        let contract = Contract::default();
        for (kind, snapshot) in updates {
            lock(&contract.seen).look(*kind, &Arc::new(snapshot.clone()));
        }
        contract.judge().err()
    }

    fn at(progress: u16) -> (UpdateKind, Snapshot) {
        (UpdateKind::Progress, run(2_000, RunStatus::Running, progress))
    }

    fn end(status: RunStatus, progress: u16) -> (UpdateKind, Snapshot) {
        (UpdateKind::Ended, run(3_000, status, progress))
    }

    fn with_step(mut update: (UpdateKind, Snapshot), status: StepStatus) -> (UpdateKind, Snapshot) {
        update.1.steps = vec![step("fetch", "Fetching", status, 1_500)];
        update
    }

    #[test]
    fn a_run_that_keeps_the_contract_passes() {
        let updates = [
            with_step(at(0), StepStatus::Running),
            with_step(at(5_000), StepStatus::Retrying),
            with_step(end(RunStatus::Completed, 10_000), StepStatus::Completed),
        ];
        assert_eq!(broken(&updates), None);
    }

    #[test]
    fn each_fault_of_a_run_is_named() {
        let completed = || end(RunStatus::Completed, 10_000);
        let cases = [
            (vec![], "no reporter was called"),
            (vec![at(5_000), at(4_999)], "the number fell from 50 % to 49.99 %"),
            (vec![at(5_000)], "the end was never reported"),
            (vec![at(10_000)], "the run is running at 100 %"),
            (vec![end(RunStatus::Completed, 9_999)], "the run is completed at 99.99 %"),
            (vec![end(RunStatus::Failed, 10_000)], "the run is failed at 100 %"),
            (vec![completed(), completed()], "the run ended as completed, and then was completed"),
            (
                vec![(UpdateKind::Transition, completed().1)],
                "an update of the kind Transition says completed",
            ),
            (
                vec![with_step(at(0), StepStatus::Failed), with_step(at(0), StepStatus::Running)],
                "the step /fetch was failed, and then running",
            ),
            (
                vec![with_step(end(RunStatus::Cancelled, 0), StepStatus::Cancelling)],
                "the run is cancelled, and its step /fetch is cancelling",
            ),
            (
                vec![with_step(completed(), StepStatus::Pending)],
                "the run is completed, and its step /fetch has not earned its weight",
            ),
        ];
        for (updates, message) in cases {
            assert_eq!(broken(&updates).as_deref(), Some(message));
        }
    }
}
