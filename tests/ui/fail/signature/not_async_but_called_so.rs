use progress_runtime::{Progress, workflow};

fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    fn flow(progress: Progress) -> Result<u32, String> {
        #[step(1, "Working")]
        let done = job(progress).await?;
        Ok(done)
    }
);

fn main() -> Result<(), String> {
    let number: u32 = flow(Progress::hidden())?;
    println!("{number} {}", flow(Progress::hidden()).unwrap());
    Ok(())
}
