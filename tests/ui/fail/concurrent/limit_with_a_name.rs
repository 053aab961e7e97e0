use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    async fn flow(progress: Progress) -> Result<(), String> {
        #[step(1, "First")]
        #[concurrent(limit = 4)]
        for n in [1, 2] {
            drop(n);
        }
        Ok(())
    }
);

fn main() {}
