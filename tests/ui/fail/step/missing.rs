use progress_runtime::{Progress, workflow};

workflow!(
    async fn flow(progress: Progress) {
        drop(1);
    }
);

fn main() {}
