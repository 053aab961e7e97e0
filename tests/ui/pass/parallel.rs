//! Branches of every kind, with and without `?`.

use std::error::Error;

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
    async fn both(scene: String, count: u32, progress: Progress) -> Result<usize, String> {
        #[step(1, "Fallible")]
        #[parallel]
        let (previews, sprites, moved) = (
            #[step(2, "Previews")]
            job(&scene, progress).await?,
            #[step(1, "Sprites")]
            {
                #[step(1, "Cutting")]
                let cut = job(3, progress).await?;
                #[step(1, "Joining")]
                job(cut, progress).await?
            },
            #[step(1, "Several")]
            if count > 3 { job(count, progress).await? } else { count },
        );

        #[step(1, "Infallible")]
        #[parallel]
        let (left, right) = (
            #[step(2, "Left")]
            job(1, progress).await,
            #[step(1, "Right")]
            match job(1, progress).await {
                Ok(value) => value,
                Err(_) => 0,
            },
        );

        #[step(1, "Nested, as a statement")]
        #[parallel]
        (
            #[step(1, "Items")]
            for item in [1, 2] {
                job(item, progress).await?;
            },
            #[step(1, "Inner")]
            {
                #[step(1, "Deeper")]
                #[parallel]
                let (one, two) = (
                    #[step(1, "One")]
                    job(1, progress).await?,
                    #[step(1, "Two")]
                    job(2, progress).await?,
                );
                assert_eq!((one, two), (1, 2));
            },
        );

        Ok(previews.len() + sprites + moved as usize + left? + right)
    }

    async fn infallible(progress: Progress) {
        #[step(1, "Both")]
        #[parallel]
        let (left, right) = (
            #[step(2, "Left")]
            job(1, progress).await,
            #[step(1, "Right")]
            job(2, progress).await,
        );
        drop((left, right));
    }

    async fn optional(progress: Progress) -> Option<u32> {
        #[step(1, "Both")]
        #[parallel]
        let (left, right) = (
            #[step(2, "Left")]
            job(1, progress).await.ok()?,
            #[step(1, "Right")]
            job(2, progress).await.ok()?,
        );
        Some(left + right)
    }

    async fn boxed(progress: Progress) -> Result<u32, Box<dyn Error + Send + Sync>> {
        #[step(1, "Both")]
        #[parallel]
        let (left, right) = (
            #[step(2, "Left")]
            job(1, progress).await?,
            #[step(1, "Right")]
            job(2, progress).await?,
        );
        Ok(left + right)
    }
);

fn sent<T: Send>(value: T) -> T {
    value
}

#[test]
fn runs() {
    assert_eq!(run(both("scene".to_owned(), 2, Progress::hidden())), Ok(5 + 3 + 2 + 1 + 1));
    run(infallible(Progress::hidden()));
    assert_eq!(run(optional(Progress::hidden())), Some(3));
    assert_eq!(run(sent(boxed(Progress::hidden()))).ok(), Some(3));
}
