//! A `let` in front of a `for` step collects what the items give, in the order of the items.

use std::collections::BTreeMap;
use std::pin::pin;

use anyhow::{Result, anyhow};
use futures::executor::block_on;
use futures::poll;
use progress_runtime::{Progress, RunStatus, StepStatus, workflow};
use tokio::sync::oneshot;

use crate::support::{observed, step};

type Doors = Vec<oneshot::Receiver<u32>>;

fn doors() -> (Vec<oneshot::Sender<u32>>, Doors) {
    (0..3).map(|_| oneshot::channel()).unzip()
}

async fn pass(door: oneshot::Receiver<u32>, _progress: Progress) -> Result<u32> {
    Ok(door.await?)
}

workflow!(
    async fn at_once(doors: Doors, progress: Progress) -> Result<Vec<(usize, u32)>> {
        #[step(1, "Passing")]
        #[concurrent(3)]
        let passed: Vec<_> = for (number, door) in doors.into_iter().enumerate() {
            let through = pass(door, progress).await?;
            if through == 0 {
                continue;
            }
            (number, through)
        };
        Ok(passed)
    }
);

#[tokio::test]
async fn concurrent_values_have_the_order_of_the_items_and_not_of_the_ends() {
    let (run, progress, ..) = observed("R");
    let (keys, doors) = doors();
    let mut work = pin!(at_once(doors, progress));
    assert!(poll!(work.as_mut()).is_pending());
    let mut keys = keys.into_iter().zip([7, 8, 9]).rev();
    for done in 1..3 {
        let (key, value) = keys.next().unwrap();
        key.send(value).unwrap();
        assert!(poll!(work.as_mut()).is_pending());
        assert_eq!(step(&run, "passed").done, done);
    }
    let (key, value) = keys.next().unwrap();
    key.send(value).unwrap();
    assert_eq!(work.await.unwrap(), [(0, 7), (1, 8), (2, 9)]);
    assert_eq!(run.percent(), 100.0);
}

#[tokio::test]
async fn a_concurrent_item_that_continues_gives_no_value() {
    let (keys, doors) = doors();
    for (value, key) in [7, 0, 9].into_iter().zip(keys).rev() {
        key.send(value).unwrap();
    }
    assert_eq!(at_once(doors, Progress::hidden()).await.unwrap(), [(0, 7), (2, 9)]);
}

#[tokio::test]
async fn an_error_of_a_concurrent_item_is_that_of_the_workflow() {
    let (run, progress, ..) = observed("R");
    let (mut keys, doors) = doors();
    drop(keys.remove(1));
    assert!(at_once(doors, progress).await.is_err());
    assert_eq!(run.status(), RunStatus::Failed);
    assert_eq!(step(&run, "passed").status, StepStatus::Failed);
}

async fn square(number: u32, _progress: Progress) -> Result<u32> {
    if number == 13 { Err(anyhow!("13 is unlucky")) } else { Ok(number * number) }
}

workflow!(
    async fn squares(numbers: &[u32], progress: Progress) -> Result<BTreeMap<u32, u32>> {
        #[step(1, "Squaring")]
        #[skip("no numbers")]
        let squares = for &number in numbers {
            if number == 100 {
                break;
            }
            if number % 2 == 0 {
                continue;
            }
            #[step(1, "One")]
            let square = square(number, progress).await?;
            (number, square)
        };
        #[step(1, "Reporting")]
        progress.finish();
        Ok(squares)
    }
);

#[test]
fn a_continue_leaves_its_item_out_and_a_break_ends_the_values() {
    let (run, progress, ..) = observed("R");
    let squares = block_on(squares(&[3, 4, 5, 100, 7], progress)).unwrap();
    assert_eq!(squares.into_iter().collect::<Vec<_>>(), [(3, 9), (5, 25)]);
    assert_eq!(run.percent(), 100.0);
}

#[test]
fn a_loop_without_items_is_skipped_and_gives_an_empty_collection() {
    let (run, progress, ..) = observed("R");
    assert!(block_on(squares(&[], progress)).unwrap().is_empty());
    let squaring = step(&run, "squares");
    assert_eq!(squaring.status, StepStatus::Skipped);
    assert_eq!(squaring.reason.as_deref(), Some("no numbers"));
}

#[test]
fn an_error_of_an_item_fails_the_step() {
    let (run, progress, ..) = observed("R");
    block_on(squares(&[3, 13, 5], progress)).unwrap_err();
    assert_eq!(run.status(), RunStatus::Failed);
    assert_eq!(step(&run, "squares").status, StepStatus::Failed);
}

workflow!(
    async fn survives(numbers: &[u32], progress: Progress) -> Result<bool> {
        #[step(1, "Squaring")]
        let squares: Result<Vec<u32>> = for &number in numbers {
            square(number, progress).await
        };
        #[step(1, "Reporting")]
        progress.finish();
        Ok(squares.is_ok())
    }
);

#[test]
fn a_collected_result_is_judged_as_that_of_any_other_let() {
    for (numbers, status, good) in [
        ([1, 2, 3], RunStatus::Completed, true),
        ([1, 13, 3], RunStatus::CompletedWithErrors, false),
    ] {
        let (run, progress, ..) = observed("R");
        assert_eq!(block_on(survives(&numbers, progress)).unwrap(), good);
        assert_eq!(run.status(), status);
        let errors: Vec<_> =
            run.report().unwrap().errors.iter().map(|error| error.text.clone()).collect();
        assert_eq!(errors.len(), usize::from(!good), "{errors:?}");
    }
}
