use progress_runtime::{Interrupted, Progress, workflow};

async fn job(_: Progress, number: u32) -> Result<u32, Interrupted> {
    Ok(number)
}

workflow!(
    async fn flow(numbers: Vec<u32>, progress: Progress) -> Result<u32, Interrupted> {
        let #[step(1, "Working")] value = job(progress, 1).await?;
        Ok(value)
    }
);

fn main() {
    let _ = flow(Vec::new(), Progress::hidden());
}
