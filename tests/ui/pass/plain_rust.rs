//! Plain statements between steps, early returns, and names that only look like the share.

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

macro_rules! negative {
    ($value:expr) => {
        -$value
    };
}

workflow!(
    /// Values that begin with a block, which would end a statement.
    async fn blocks_go_on(progress: Progress) -> Result<(usize, [i64; 4]), String> {
        #[step(1, "A match in a sum")]
        let sum = match job(2, progress).await? {
            2 => 3,
            other => other,
        } - 1;

        #[step(1, "An if in a cast")]
        let cast = if job(true, progress).await? { 4_u32 } else { 5 } as usize;

        #[step(1, "A block that is a range")]
        let range = { job(1, progress).await? }..4;

        #[step(1, "A macro in braces")]
        let product = negative! { job(3, progress).await? } * 2;

        #[step(1, "A match that is asked")]
        let asked = match job(1, progress).await? {
            1 => Ok(1),
            _ => Err("another"),
        }? + 1;

        Ok((cast, [sum, range.end, product, asked]))
    }
);

#[test]
fn runs() {
    assert_eq!(run(blocks_go_on(Progress::hidden())), Ok((4, [2, 4, -6, 2])));
    assert_eq!(run(early(1, Progress::hidden())).ok(), Some(1));
    assert_eq!(run(early(20, Progress::hidden())).ok(), Some(7));
    assert!(run(early(4, Progress::hidden())).is_err());
}
