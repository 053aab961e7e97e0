use progress_runtime::{Progress, attr::workflow};

#[workflow(runtime = progress_runtime)]
async fn flow(progress: Progress) {
    #[step(1, "Working")]
    drop(progress);
}

fn main() {}
