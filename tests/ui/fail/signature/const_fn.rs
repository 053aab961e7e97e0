use progress_runtime::{Progress, workflow};

workflow!(
    const async fn flow(progress: Progress) {
        #[step(1, "Working")]
        drop(progress);
    }
);

fn main() {}
