use progress_runtime::{Progress, workflow};

workflow!(
    async extern "C" fn flow(progress: Progress) {
        #[step(1, "Working")]
        drop(progress);
    }
);

fn main() {}
