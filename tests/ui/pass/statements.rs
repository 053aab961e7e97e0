//! Every kind of statement that can be a step.

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

workflow!(
    async fn kinds(found: Option<u32>, progress: Progress) -> Result<u32, String> {
        #[step(1, "An expression")]
        job(1, progress).await?;

        #[step(1, "A let")]
        let simple = job(1, progress).await?;

        #[step(1, "A let with a type")]
        let typed: u32 = job(2, progress).await?;

        #[step(1, "A let with a type that is not full")]
        let parsed: Vec<_> = job(vec!["3"; 1], progress).await?.into_iter().map(str::len).collect();

        #[step(1, "A value that is kept as it is")]
        let kept = job(4, progress).await;

        #[step(1, "A let that may not match", id = "refutable")]
        let Some(found) = job(found, progress).await? else {
            return Err("nothing was found".to_owned());
        };

        #[step(1, "An operand on the right")]
        let more = job(2, progress).await? + 1;

        #[step(1, "An if")]
        if found > 3 {
            job((), progress).await?;
        }

        #[step(1, "An if let")]
        #[skip("it failed")]
        if let Ok(kept) = &kept {
            job(kept, progress).await?;
        }

        #[step(1, "A chain")]
        let chain = if found > 9 {
            job(9, progress).await?
        } else if let Some(first) = parsed.first() {
            job(*first, progress).await?
        } else {
            0
        };

        #[step(1, "An if with steps")]
        if found > 2 {
            #[step(1, "First")]
            let first = job(found, progress).await?;
            #[step(2, "Second")]
            job(first, progress).await?;
        }

        #[step(1, "A match")]
        #[skip("{found} is too many")]
        let matched = match found {
            0 => 0,
            few if few < 10 => job(few, progress).await?,
            _ => {
                let many = found / 2;
                many + 1
            }
        };

        #[step(1, "A match on what the job gives")]
        let rescued = match job(1, progress).await {
            Ok(value) => value,
            Err(_) => 0,
        };

        #[step(1, "A for")]
        #[skip("there were no items")]
        for item in 0..3 {
            job(item, progress).await?;
        }

        #[step(1, "A for that counts by itself")]
        'items: for item in [1, 2, 3] {
            for other in 0..item {
                if other == 2 {
                    continue 'items;
                }
            }
            if item == 3 {
                break;
            }
        }

        #[step(1, "A for with steps")]
        for item in vec![1, 2, 3] {
            if item == 2 {
                continue;
            }
            #[step(3, "Analysis")]
            let plan = job(item, progress).await?;
            #[step(1, "Applying")]
            if plan > 1 {
                job(plan, progress).await?;
            }
        }

        #[step(1, "A group")]
        let grouped = {
            #[step(1, "One")]
            let one = job(1, progress).await?;
            #[step(1, "Two")]
            let two = job(2, progress).await?;
            one + two
        };

        #[step(1, "A while")]
        while simple > 3 {
            let mut progress = progress;
            progress.inc(1);
            break;
        }

        #[step(1, "A loop")]
        loop {
            job(1, progress).await?;
            break;
        }

        #[step(1, "Without a share")]
        #[untracked]
        std::future::ready(()).await;

        #[step(1, "A macro")]
        drop(tokio::join!(job(1, progress)));

        #[step(1, "A block")]
        {
            let mut progress = progress;
            progress.set_fraction(0.5);
        }

        #[step(1, "The last expression")]
        job(simple + typed + found + more + chain as u32 + matched + rescued + grouped, progress)
            .await
    }
);

workflow!(
    async fn guard(number: u32, progress: Progress) -> Result<u32, String> {
        #[step(1, "A guard that uses the share")]
        let found = match number {
            0 => 0,
            other if job(other, progress).await? > 2 => other,
            _ => 1,
        };
        Ok(found)
    }
);

#[test]
fn runs() {
    assert_eq!(run(kinds(Some(4), Progress::hidden())), Ok(1 + 2 + 4 + 3 + 1 + 4 + 1 + 3));
    assert_eq!(run(kinds(None, Progress::hidden())), Err("nothing was found".to_owned()));
    assert_eq!(run(guard(3, Progress::hidden())), Ok(3));
}
