use progress_runtime::Progress;
use progress_runtime::attr::durable;

#[durable]
async fn flow(progress: Progress) {
    drop(progress);
}

fn main() {}
