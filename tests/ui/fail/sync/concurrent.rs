use progress_runtime::{Interrupted, Progress, workflow};

fn job(_: Progress) -> Result<u32, Interrupted> {
    Ok(1)
}

workflow!(
    fn flow(progress: Progress) -> Result<(), Interrupted> {
        #[step(1, "Working")]
        #[concurrent(2)]
        for _ in 0..3 {
            job(progress)?;
        }
        Ok(())
    }
);

fn main() {
    let _done = flow(Progress::hidden()).is_ok();
}
