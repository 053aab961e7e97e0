use progress_runtime::{Interrupted, Progress, workflow};

fn job(_: Progress) -> Result<u32, Interrupted> {
    Ok(1)
}

workflow!(
    #[durable]
    fn flow(progress: Progress) -> Result<(), Interrupted> {
        #[step(1, "Working")]
        job(progress)?;
        Ok(())
    }
);

fn main() {
    let _done = flow(Progress::hidden()).is_ok();
}
