use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    async fn flow(progress: Progress) -> Result<(), String> {
        #[step(1, "First")]
        #[allow(unused_must_use)]
        [1, 2].iter().for_each(|_| drop(progress));
        Ok(())
    }
);

fn main() {}
