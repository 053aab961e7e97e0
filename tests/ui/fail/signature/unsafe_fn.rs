use progress_runtime::{Progress, workflow};

workflow!(
    async unsafe fn flow(progress: Progress) {
        #[step(1, "Working")]
        drop(progress);
    }
);

fn main() {}
