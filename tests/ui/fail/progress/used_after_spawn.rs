use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    async fn flow(progress: Progress) -> Result<(), String> {
        #[step(1, "First")]
        {
            let a = progress.spawn(|p| job(p));
            let b = job(progress);
            let _ = (a.await, b.await);
        }
        Ok(())
    }
);

fn main() {}
