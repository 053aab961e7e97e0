use progress_runtime::Progress;

#[progress_runtime::attr::workflow(crate = "progress_runtime")]
async fn flow(progress: Progress) {
    #[step(1, "Reading")]
    drop(progress);
}

fn main() {}
