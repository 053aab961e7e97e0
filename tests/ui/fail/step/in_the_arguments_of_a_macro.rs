use progress_runtime::{Interrupted, Progress, workflow};

async fn job(_: Progress, number: u32) -> Result<u32, Interrupted> {
    Ok(number)
}

workflow!(
    async fn flow(numbers: Vec<u32>, progress: Progress) -> Result<u32, Interrupted> {
        let values = vec![
            #[step(1, "Working")]
            job(progress, 1).await?,
        ];
        println!("{}", #[step(1, "Printing")] values.len());
        Ok(values[0])
    }
);

fn main() {
    let _ = flow(Vec::new(), Progress::hidden());
}
