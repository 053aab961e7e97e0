use progress_runtime::{Progress, workflow};

workflow!(
    async fn flow(progress: Progress);
);

fn main() {}
