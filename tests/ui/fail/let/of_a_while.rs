use progress_runtime::{Interrupted, Progress, workflow};

async fn job(_: Progress, number: u32) -> Result<u32, Interrupted> {
    Ok(number)
}

workflow!(
    async fn flow(numbers: Vec<u32>, progress: Progress) -> Result<u32, Interrupted> {
        #[step(1, "Working")]
        let values: Vec<u32> = while numbers.len() > 3 {
            progress.inc(1);
        };
        Ok(values[0])
    }
);

fn main() {
    let _ = flow(Vec::new(), Progress::hidden());
}
