use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    async fn flow(progress: Progress) -> Result<(), String> {
        #[step(1, "Reading")]
        let all = for _ in 0..3 {
            job(progress).await?
        };
        assert!(all.len() > 1);
        Ok(())
    }
);

fn main() {}
