//! Loops whose bodies run at once.

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

#[derive(Clone)]
struct Batch(u32);

workflow!(
    async fn batches(batches: Vec<Batch>, limit: usize, progress: Progress) -> Result<u32, String> {
        let seen = std::cell::Cell::new(0);

        #[step(1, "Fallible")]
        #[concurrent(2)]
        'batches: for Batch(batch) in batches.clone() {
            if batch == 1 {
                continue;
            }
            for number in 0..3 {
                if number == batch {
                    continue 'batches;
                }
                if number == 2 {
                    break;
                }
            }
            job(batch, progress).await?;
            seen.set(seen.get() + 1);
        }

        #[step(1, "With steps")]
        #[concurrent(limit)]
        for batch in &batches {
            #[step(1, "Reading")]
            let read = job(batch.0, progress).await?;
            if read == 0 {
                continue;
            }
            #[step(1, "Writing")]
            job(read, progress).await?;
        }

        #[step(1, "Infallible")]
        #[concurrent(2)]
        for batch in batches {
            if batch.0 == 1 {
                continue;
            }
            let _ = job(batch, progress).await;
        }

        Ok(seen.get())
    }
);

#[test]
fn runs() {
    let given = (0..6).map(Batch).collect();
    assert_eq!(run(batches(given, 3, Progress::hidden())), Ok(3));
}
