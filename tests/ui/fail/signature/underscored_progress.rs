use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> u32 {
    1
}

workflow!(
    async fn flow(_progress: Progress) -> u32 {
        #[step(1, "Working")]
        job(progress).await
    }
);

fn main() {
    let _ = flow(Progress::hidden());
}
