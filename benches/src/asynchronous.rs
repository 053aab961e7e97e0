//! The overhead of a workflow whose steps do not wait.

use crate::limits;
use crate::measure::repeat_plain;
use crate::plan::{Section, Target};
use crate::workflow::{by_hand, empty, observed, unobserved};

const BY_HAND: &str = "by hand";
const UNOBSERVED: &str = "progress-runtime, without a reporter";
const EMPTY: &str = "progress-runtime, a run without steps";

pub fn sections() -> Vec<Section> {
    vec![
        Section::timed("a workflow of 10 steps that await ready futures, start to end")
            .limit(BY_HAND, || repeat_plain(by_hand()))
            .limit("a clock, a lock and two handles for each step", || {
                repeat_plain(limits::ten_steps())
            })
            // The goal of the steps, also beside a run that has none: it starts and ends too.
            .own(UNOBSERVED, &[Target::More(1.5e3, BY_HAND), Target::More(1.5e3, EMPTY)], || {
                repeat_plain(unobserved())
            })
            .own(
                "progress-runtime, with a reporter that does nothing",
                &[Target::More(1e3, UNOBSERVED)],
                || repeat_plain(observed()),
            )
            .own(EMPTY, &[], || repeat_plain(empty())),
    ]
}
