//! Plain statements between steps, early returns, and names that only look like the share.

#![deny(warnings)]

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

struct Job {
    progress: u32,
}

workflow!(
    async fn early(stop: u32, progress: Progress) -> Result<u32, Box<dyn std::error::Error>> {
        let record = Job { progress: 3 };
        let percent = record.progress * 2;
        let show = |progress: u32| format!("{progress} %");
        println!("{} {}", show(percent), record.progress);

        #[step(1, "A return")]
        if stop == 1 {
            drop(progress);
            return Ok(1);
        }

        #[step(1, "A question")]
        let parsed: u32 = job("7", progress).await?.parse()?;

        for number in 0..3 {
            if number == stop {
                break;
            }
        }

        let found = 'search: {
            if parsed > 3 {
                break 'search parsed;
            }
            3
        };

        #[step(1, "A break out of a step")]
        for number in 0..10 {
            job(number, progress).await?;
            if number == stop {
                return Err("stopped".into());
            }
        }

        Ok(found.into())
    }
);

fn main() {
    assert_eq!(run(early(1, Progress::hidden())).ok(), Some(1));
    assert_eq!(run(early(20, Progress::hidden())).ok(), Some(7));
    assert!(run(early(4, Progress::hidden())).is_err());
}
