use progress_runtime::{Interrupted, Progress, workflow};

fn job(_: Progress) -> Result<u32, Interrupted> {
    Ok(1)
}

workflow!(
    fn flow(progress: Progress) -> Result<(), Interrupted> {
        #[step(1, "Working")]
        #[parallel]
        let (one, two) = (
            #[step(1, "One")]
            job(progress)?,
            #[step(1, "Two")]
            job(progress)?,
        );
        drop((one, two));
        Ok(())
    }
);

fn main() {
    let _done = flow(Progress::hidden()).is_ok();
}
