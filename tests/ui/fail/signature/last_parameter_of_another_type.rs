use progress_runtime::workflow;

workflow!(
    async fn flow(progress: u32) {
        #[step(1, "Working")]
        drop(progress);
    }
);

fn main() {}
