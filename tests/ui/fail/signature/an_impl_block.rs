use progress_runtime::workflow;

struct Jobs;

workflow!(
    impl Jobs {
        async fn flow(&self, progress: progress_runtime::Progress) {
            #[step(1, "Working")]
            drop(progress);
        }
    }
);

fn main() {}
