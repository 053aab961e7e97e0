//! A workflow's own cost, where its steps have nothing to wait for.

use crate::measure::again;
use crate::plan::{Section, Target};
use crate::workflow::{by_hand, empty, observed, unobserved};

const BY_HAND: &str = "by hand";
const UNOBSERVED: &str = "progress-runtime, unobserved";

pub fn sections() -> Vec<Section> {
    vec![
        Section::timed("a workflow of 10 steps that await ready futures, start to end")
            .limit(BY_HAND, || again(by_hand()))
            .own(UNOBSERVED, &[Target::More(1.5e3, BY_HAND)], || again(unobserved()))
            .own(
                "progress-runtime, an inline reporter that does nothing",
                &[Target::More(1e3, UNOBSERVED)],
                || again(observed()),
            )
            .own("progress-runtime, a run without steps", &[], || again(empty())),
    ]
}
