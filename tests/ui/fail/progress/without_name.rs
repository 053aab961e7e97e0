use progress_runtime::{Progress, workflow};

workflow!(
    async fn flow(_: Progress) {}
);

fn main() {}
