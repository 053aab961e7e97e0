use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    async fn flow(progress: Progress) -> Result<(), String> {
        #[step(1, "Reading")]
        #[concurrent(2)]
        let all: u32 = for _ in 0..3 {
            job(progress).await?
        };
        drop(all);
        Ok(())
    }
);

fn main() {}
