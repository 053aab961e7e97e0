//! Weights and ranges, from literals and from constants.

use progress_runtime::{Progress, workflow};

async fn job<T>(value: T, mut progress: Progress) -> Result<T, String> {
    progress.set_length(2);
    progress.inc(2);
    Ok(value)
}

fn run<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(future)
}

const SCANNING: u32 = 35;
const HALF: u32 = 50;

workflow!(
    #[total(100)]
    async fn weights(progress: Progress) -> Result<(), String> {
        #[step(15u32, "Downloading")]
        job(1, progress).await?;
        #[step(SCANNING, "Scanning")]
        job(1, progress).await?;
        #[step(SCANNING + 15, "Publishing")]
        job(1, progress).await?;
        Ok(())
    }

    #[total(SCANNING * 2)]
    async fn computed(progress: Progress) -> Result<(), String> {
        #[step(30, "Downloading")]
        job(1, progress).await?;
        #[step(40, "Scanning")]
        job(1, progress).await?;
        Ok(())
    }

    async fn ranges(progress: Progress) -> Result<(), String> {
        #[step(5..20, "Downloading")]
        job(1, progress).await?;
        #[step(20..HALF, "Scanning")]
        job(1, progress).await?;
        #[step(HALF..100, "Publishing")]
        {
            #[step(1, "Writing")]
            job(1, progress).await?;
            #[step(3, "Sending")]
            job(1, progress).await?;
        }
        Ok(())
    }
);

struct Jobs;

impl Jobs {
    const WEIGHT: u32 = 3;

    workflow!(
        #[total(Self::WEIGHT + 1)]
        async fn of_the_type(&self, progress: Progress) -> Result<(), String> {
            #[step(Self::WEIGHT, "Downloading")]
            job(1, progress).await?;
            #[step(1, "Scanning")]
            job(1, progress).await?;
            Ok(())
        }
    );
}

#[test]
fn runs() {
    assert_eq!(run(weights(Progress::hidden())), Ok(()));
    assert_eq!(run(computed(Progress::hidden())), Ok(()));
    assert_eq!(run(ranges(Progress::hidden())), Ok(()));
    assert_eq!(run(Jobs.of_the_type(Progress::hidden())), Ok(()));

    let weights: Vec<_> = weights_plan().steps().iter().map(|step| step.weight()).collect();
    assert_eq!(weights, [15, 35, 50]);
    let ranges: Vec<_> = ranges_plan().steps().iter().map(|step| step.weight()).collect();
    assert_eq!(ranges, [15, 30, 50]);
    assert_eq!(Jobs::of_the_type_plan().steps().len(), 2);
}
