use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    async fn one(progress: Progress) {
        #[step(0, "Reading")]
        drop(progress);
    }

    async fn two(progress: Progress) {
        #[step(1.5, "Reading")]
        drop(progress);
    }
);

fn main() {}
