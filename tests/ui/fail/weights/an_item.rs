use progress_runtime::{Interrupted, Progress, workflow};

async fn job(_: Progress, number: u32) -> Result<u32, Interrupted> {
    Ok(number)
}

workflow!(
    async fn flow(numbers: Vec<u32>, progress: Progress) -> Result<u32, Interrupted> {
        #[step(1, "Numbers")]
        for number in numbers {
            #[step(number, "Working")]
            job(progress, number).await?;
        }
        Ok(1)
    }
);

fn main() {
    let _ = flow(Vec::new(), Progress::hidden());
}
