use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    async fn flow(progress: Progress) -> Result<(), String> {
        #[step(1, "Reading")]
        let all: Vec<u32> = for _ in 0..3 {
            #[step(1, "One")]
            let one = job(progress).await?;
            drop(one);
        };
        drop(all);
        Ok(())
    }
);

fn main() {}
