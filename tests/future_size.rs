//! The future of a sequential workflow is hardly larger than that of the same code by hand.

use std::mem::size_of_val;

use progress_runtime::{Interrupted, Progress, workflow};

/// The most bytes that a workflow's future may have beyond the same code by hand.
const ALLOWANCE: usize = 96;

async fn job(input: u64, mut progress: Progress) -> Result<u64, Interrupted> {
    progress.inc(1);
    tokio::task::yield_now().await;
    progress.inc(1);
    Ok(input + 1)
}

/// The same calls as a workflow and by hand.
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

both!(three_steps three_by_hand: "1" "2" "3");
both!(hundred_steps hundred_by_hand:
    "1" "2" "3" "4" "5" "6" "7" "8" "9" "10"
    "11" "12" "13" "14" "15" "16" "17" "18" "19" "20"
    "21" "22" "23" "24" "25" "26" "27" "28" "29" "30"
    "31" "32" "33" "34" "35" "36" "37" "38" "39" "40"
    "41" "42" "43" "44" "45" "46" "47" "48" "49" "50"
    "51" "52" "53" "54" "55" "56" "57" "58" "59" "60"
    "61" "62" "63" "64" "65" "66" "67" "68" "69" "70"
    "71" "72" "73" "74" "75" "76" "77" "78" "79" "80"
    "81" "82" "83" "84" "85" "86" "87" "88" "89" "90"
    "91" "92" "93" "94" "95" "96" "97" "98" "99" "100"
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

/// What is kept over an `.await` counts as much in the one as in the other.
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
