use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    async fn flow(progress: Progress) -> Result<(), String> {
        let mut n = 0;
        #[step(1, "Each")]
        #[concurrent(4)]
        while n < 3 {
            n += 1;
            progress.inc(1);
        }
        Ok(())
    }
);

fn main() {}
