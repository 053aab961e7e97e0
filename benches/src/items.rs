//! Loops of a thousand items whose futures are ready at once.

use std::hint::black_box;

use progress_runtime::{Interrupted, Progress, Run, workflow};

use crate::allocations::{Usage, per_call};
use crate::workflow::poll_once;

/// How many items a loop has.
const ITEMS: u32 = 1_000;

async fn job(item: u32, progress: Progress) -> Result<u32, Interrupted> {
    drop(progress);
    Ok(black_box(item))
}

workflow!(
    async fn unnamed(progress: Progress) -> Result<(), Interrupted> {
        #[step(1, "Items")]
        for item in 0..ITEMS {
            job(item, progress).await?;
        }
        Ok(())
    }

    async fn named(progress: Progress) -> Result<(), Interrupted> {
        #[step(1, "Items", item = "item {item}")]
        for item in 0..ITEMS {
            job(item, progress).await?;
        }
        Ok(())
    }

    async fn collected(progress: Progress) -> Result<Vec<u32>, Interrupted> {
        #[step(1, "Items")]
        let all: Vec<_> = for item in 0..ITEMS {
            job(item, progress).await?
        };
        Ok(all)
    }

    fn in_sync(progress: Progress) -> Result<(), Interrupted> {
        #[step(1, "Items")]
        for item in 0..ITEMS {
            poll_once(job(item, progress))?;
        }
        Ok(())
    }
);

/// The usage of an item, with its part of the run.
fn per_item(mut work: impl FnMut(Progress)) -> Usage {
    let run = || {
        let (run, progress) = Run::start("Bench");
        work(progress);
        assert_eq!(run.percent(), 100.0);
    };
    per_call(run).per(ITEMS)
}

pub fn without_a_name() -> Usage {
    per_item(|progress| assert_eq!(poll_once(unnamed(progress)), Ok(())))
}

pub fn with_a_name() -> Usage {
    per_item(|progress| assert_eq!(poll_once(named(progress)), Ok(())))
}

pub fn with_a_value() -> Usage {
    per_item(|progress| assert!(poll_once(collected(progress)).is_ok()))
}

pub fn in_a_sync_workflow() -> Usage {
    per_item(|progress| assert_eq!(in_sync(progress), Ok(())))
}
