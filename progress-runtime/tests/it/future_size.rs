//! The future of a sequential workflow is only a few bytes larger than that of the same code
//! written by hand.

use std::mem::size_of_val;

use progress_runtime::{Interrupted, Progress, workflow};

/// How many bytes a workflow's future may add to the same code written by hand.
const ALLOWANCE: usize = 96 + JOURNAL;

/// With the feature `journal`, each of three shares has a pointer to its place in the journal.
const JOURNAL: usize = if cfg!(feature = "journal") { 3 * size_of::<usize>() } else { 0 };

async fn job(input: u64, mut progress: Progress) -> Result<u64, Interrupted> {
    progress.inc(1);
    tokio::task::yield_now().await;
    progress.inc(1);
    Ok(input + 1)
}

/// Defines the same calls as a workflow and as a plain function.
macro_rules! both {
    ($workflow:ident $by_hand:ident: $($step:literal)*) => {
        workflow!(
            async fn $workflow(input: u64, progress: Progress) -> Result<u64, Interrupted> {
                $(
                    #[step(1, $step)]
                    job(input, progress).await?;
                )*
                Ok(input)
            }
        );

        async fn $by_hand(input: u64) -> Result<u64, Interrupted> {
            $(
                let _: &str = $step;
                job(input, Progress::hidden()).await?;
            )*
            Ok(input)
        }
    };
}

both!(three_steps three_by_hand: "s1" "s2" "s3");
both!(hundred_steps hundred_by_hand:
    "s1" "s2" "s3" "s4" "s5" "s6" "s7" "s8" "s9" "s10"
    "s11" "s12" "s13" "s14" "s15" "s16" "s17" "s18" "s19" "s20"
    "s21" "s22" "s23" "s24" "s25" "s26" "s27" "s28" "s29" "s30"
    "s31" "s32" "s33" "s34" "s35" "s36" "s37" "s38" "s39" "s40"
    "s41" "s42" "s43" "s44" "s45" "s46" "s47" "s48" "s49" "s50"
    "s51" "s52" "s53" "s54" "s55" "s56" "s57" "s58" "s59" "s60"
    "s61" "s62" "s63" "s64" "s65" "s66" "s67" "s68" "s69" "s70"
    "s71" "s72" "s73" "s74" "s75" "s76" "s77" "s78" "s79" "s80"
    "s81" "s82" "s83" "s84" "s85" "s86" "s87" "s88" "s89" "s90"
    "s91" "s92" "s93" "s94" "s95" "s96" "s97" "s98" "s99" "s100"
);

fn assert_small(steps: usize, workflow: usize, by_hand: usize) {
    assert!(
        workflow <= by_hand + ALLOWANCE,
        "{steps} steps: the workflow's future has {workflow} bytes, by hand it has {by_hand}"
    );
}

#[test]
fn a_workflow_of_three_steps_is_small() {
    let workflow = three_steps(1, Progress::hidden());
    assert_small(3, size_of_val(&workflow), size_of_val(&three_by_hand(1)));
}

#[test]
fn a_workflow_of_a_hundred_steps_is_as_small() {
    let workflow = hundred_steps(1, Progress::hidden());
    assert_small(100, size_of_val(&workflow), size_of_val(&hundred_by_hand(1)));
}

/// Values that live across an `.await` take the same space in both.
mod with_values {
    use super::*;

    workflow!(
        async fn workflow(input: u64, progress: Progress) -> Result<u64, Interrupted> {
            #[step(1, "First")]
            let first = job(input, progress).await?;
            #[step(1, "Second")]
            let second = job(first, progress).await?;
            #[step(1, "Third {}", second)]
            let third = job(second, progress).await?;
            Ok(first + second + third)
        }
    );

    async fn by_hand(input: u64) -> Result<u64, Interrupted> {
        let first = job(input, Progress::hidden()).await?;
        let second = job(first, Progress::hidden()).await?;
        let third = job(second, Progress::hidden()).await?;
        Ok(first + second + third)
    }

    #[test]
    fn values_between_steps_are_kept_once() {
        assert_small(3, size_of_val(&workflow(1, Progress::hidden())), size_of_val(&by_hand(1)));
    }
}
