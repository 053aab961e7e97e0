use progress_runtime::{Interrupted, Progress, workflow};

async fn job(_: Progress) -> Result<u32, Interrupted> {
    Ok(1)
}

workflow!(
    async fn flow(progress: Progress) -> Result<(), Interrupted> {
        #[step(1, "Reading")]
        #[parallel]
        let [a, b] = [
            #[step(1, "A")]
            job(progress).await?,
            #[step(1, "B")]
            job(progress).await?,
        ];
        Ok(())
    }
);

fn main() {}
