//! The job that a share follows, and the steps of the job's own run, which are shown below the
//! share.
//!
//! The steps come from another process, so nothing in them is trusted: their texts are cleaned, and
//! they are bounded in number and depth. They never move the number of the share.

use std::sync::Arc;

use super::data::{Details, MAX_DEPTH, Node};
use crate::snapshot::{JobSnapshot, MAX_CHILDREN, StepSnapshot};
use crate::text::Text;
use crate::unit::Unit;

/// The most grafted steps that one snapshot lists, and that are kept of one job.
pub(super) const MAX_GRAFTED: usize = 500;

/// The job that a share follows.
#[derive(Clone, Debug)]
pub(crate) struct FollowedJob {
    pub(crate) id: Arc<str>,
    pub(crate) kind: Arc<str>,
    /// How often it has begun, if its system says so.
    pub(crate) attempt: Option<u32>,
}

impl FollowedJob {
    pub(super) fn snapshot(&self) -> JobSnapshot {
        JobSnapshot {
            id: Text::clean(&self.id),
            kind: Text::clean(&self.kind),
            attempt: self.attempt,
        }
    }
}

/// The steps of a run elsewhere.
#[derive(Debug)]
pub(crate) struct Graft {
    steps: Vec<StepSnapshot>,
    /// How many live steps of the outermost list are left out.
    more: u32,
    /// How many steps there are on all levels.
    count: usize,
}

impl Graft {
    /// The steps, without those that lie too deep: only whole levels are shown.
    fn new(steps: &[StepSnapshot], depth: u32) -> Self {
        let (levels, count) = levels(steps, depth);
        let (steps, more) = copy(steps, levels);
        Self { steps, more, count }
    }

    /// Whether the same steps are there, in the same states.
    fn has_same_states(&self, other: &Self) -> bool {
        have_same_states(&self.steps, &other.steps)
    }
}

/// How many levels fit, and how many steps they have.
fn levels(steps: &[StepSnapshot], depth: u32) -> (u32, usize) {
    let mut level: Vec<_> = steps.iter().take(MAX_CHILDREN).collect();
    let (mut levels, mut count) = (0, 0);
    while levels < depth && !level.is_empty() && count + level.len() <= MAX_GRAFTED {
        (levels, count) = (levels + 1, count + level.len());
        let below = level.iter().flat_map(|step| step.children.iter().take(MAX_CHILDREN));
        level = below.collect();
    }
    (levels, count)
}

/// The steps of so many levels, and how many live ones of the first are left out.
fn copy(steps: &[StepSnapshot], levels: u32) -> (Vec<StepSnapshot>, u32) {
    let (listed, others) = match levels {
        0 => steps.split_at(0),
        _ => steps.split_at(steps.len().min(MAX_CHILDREN)),
    };
    let copy_one = |step: &StepSnapshot| {
        let (children, more) = copy(&step.children, levels - 1);
        let text = |text: &Option<Text>| text.as_deref().map(Text::clean);
        StepSnapshot {
            id: Text::clean(&step.id),
            title: Text::clean(&step.title),
            message: text(&step.message),
            name: text(&step.name),
            item: text(&step.item),
            unit: step.unit.as_ref().map(Unit::clean),
            result: text(&step.result),
            error: text(&step.error),
            reason: text(&step.reason),
            progress: step.progress.min(10_000),
            job: step.job.as_deref().map(|job| {
                Box::new(JobSnapshot {
                    id: Text::clean(&job.id),
                    kind: Text::clean(&job.kind),
                    attempt: job.attempt,
                })
            }),
            children,
            more: step.more.saturating_add(more),
            ..*step
        }
    };
    let more = others.iter().filter(|step| step.status.is_active()).count();
    (listed.iter().map(copy_one).collect(), u32::try_from(more).unwrap_or(u32::MAX))
}

fn have_same_states(some: &[StepSnapshot], others: &[StepSnapshot]) -> bool {
    let state = |step: &StepSnapshot| {
        (step.status, step.attempt, step.job.as_ref().and_then(|job| job.attempt))
    };
    some.len() == others.len()
        && some.iter().zip(others).all(|(step, other)| {
            (&step.id, state(step)) == (&other.id, state(other))
                && have_same_states(&step.children, &other.children)
        })
}

impl Node {
    /// Shows the job that the owner follows, or no longer does.
    pub(crate) fn show_job(&self, job: Option<FollowedJob>) {
        self.with_place(|own| own.details.rare().job = job);
    }

    /// Shows these steps below the share, in place of those before. Returns whether a state among
    /// them has moved.
    pub(crate) fn graft(&self, steps: &[StepSnapshot]) -> bool {
        // The share's children lie one level below it.
        let graft = Arc::new(Graft::new(steps, MAX_DEPTH.saturating_sub(self.depth)));
        let before = self.with_place(|own| own.details.rare().graft.replace(Arc::clone(&graft)));
        match before {
            None => false,
            Some(None) => true,
            Some(Some(before)) => !before.has_same_states(&graft),
        }
    }
}

/// How many grafted steps a snapshot still has room for.
pub(super) struct GraftRoom(usize);

impl Default for GraftRoom {
    fn default() -> Self {
        Self(MAX_GRAFTED)
    }
}

impl GraftRoom {
    /// Adds the grafted steps of a share to its children, or counts them where they do not fit.
    pub(super) fn list(
        &mut self,
        details: &Details,
        children: &mut Vec<StepSnapshot>,
        more: &mut u32,
    ) {
        let graft = details.rare.as_ref().and_then(|rare| rare.graft.as_deref());
        let Some(graft) = graft else { return };
        *more = more.saturating_add(graft.more);
        match self.0.checked_sub(graft.count) {
            Some(left) => {
                self.0 = left;
                children.extend_from_slice(&graft.steps);
            }
            None => {
                let live = graft.steps.iter().filter(|step| step.status.is_active()).count();
                *more = more.saturating_add(u32::try_from(live).unwrap_or(u32::MAX));
            }
        }
    }
}

#[cfg(all(test, not(progress_loom)))]
mod tests {
    use std::time::Duration;

    use super::{Graft, MAX_GRAFTED};
    use crate::StepStatus;
    use crate::end::End;
    use crate::snapshot::{MAX_CHILDREN, StepSnapshot, sample};
    use crate::tree::{Ending, Tree, TreeReader};

    fn step(id: &str, children: Vec<StepSnapshot>) -> StepSnapshot {
        StepSnapshot { children, ..sample::step(id, "A step", StepStatus::Running, 0) }
    }

    fn many(count: usize, below: &[StepSnapshot]) -> Vec<StepSnapshot> {
        (0..count).map(|n| step(&n.to_string(), below.to_vec())).collect()
    }

    fn depth(steps: &[StepSnapshot]) -> usize {
        steps.iter().map(|step| 1 + depth(&step.children)).max().unwrap_or(0)
    }

    #[test]
    fn a_graft_is_bounded_in_number_and_depth_by_whole_levels() {
        let deep = (0..200).fold(Vec::new(), |below, _| vec![step("s", below)]);
        assert_eq!(depth(&Graft::new(&deep, 7).steps), 7);

        let wide = Graft::new(&many(200, &[]), 60);
        assert_eq!((wide.steps.len(), wide.more), (MAX_CHILDREN, 150));

        let large = Graft::new(&many(20, &many(20, &many(20, &[]))), 60);
        assert_eq!((depth(&large.steps), large.count), (2, 20 + 400));
        assert_eq!(large.steps[3].children[4].more, 20);
        assert!(large.count <= MAX_GRAFTED);
    }

    #[test]
    fn the_grafts_of_many_shares_are_bounded_together() {
        let tree = Tree::new();
        tree.root().set_length(Some(4));
        let shares: Vec<_> = (0..4).map(|_| tree.root().split(1, Duration::ZERO)).collect();
        for share in &shares {
            assert!(share.graft(&many(10, &many(19, &[]))));
        }
        let reading = TreeReader::new(0, Duration::ZERO, false).read(&tree);
        let listed = reading.steps.iter().map(|step| (step.children.len(), step.more));
        assert_eq!(listed.collect::<Vec<_>>(), [(10, 0), (10, 0), (0, 10), (0, 10)]);
    }

    #[test]
    fn only_a_state_that_moves_counts() {
        let tree = Tree::new();
        let mut steps = many(2, &[step("inner", Vec::new())]);
        assert!(tree.root().graft(&steps));
        steps[1].progress = 5_000;
        steps[1].message = Some("half".into());
        assert!(!tree.root().graft(&steps));
        steps[1].children[0].status = StepStatus::Completed;
        assert!(tree.root().graft(&steps));
        steps[0].attempt += 1;
        assert!(tree.root().graft(&steps));
    }

    #[test]
    fn texts_of_another_process_are_cleaned() {
        let mut steps = many(1, &[]);
        steps[0].title = "\u{1b}[2J".into();
        steps[0].progress = u16::MAX;
        let graft = Graft::new(&steps, 60);
        assert!(!graft.steps[0].title.contains('\u{1b}'));
        assert_eq!(graft.steps[0].progress, 10_000);
    }

    #[test]
    fn a_share_that_has_ended_takes_no_graft() {
        let tree = Tree::new();
        let share = tree.root().split(1, Duration::ZERO);
        share.end(&End::Completed, &Ending::new(&|| Duration::ZERO));
        assert!(!share.graft(&many(1, &[])));
        assert!(TreeReader::new(0, Duration::ZERO, false).read(&tree).steps.is_empty());
    }
}
