//! Three runs of one workflow whose weights are wrong. The first one can only go by them; the others
//! know how long the steps took. At half of the time, the number should say 50 %.
//!
//! ```text
//! cargo run --release --example honest
//! ```

use std::time::Duration;

use progress_runtime::{History, Progress, Run, workflow};
use tokio::time::sleep;

workflow!(
    async fn deploy(progress: Progress) {
        #[step(10, "Building")]
        work(400, progress).await;

        #[step(10, "Uploading")]
        work(3_200, progress).await;

        #[step(10, "Restarting")]
        work(400, progress).await;
    }
);

/// Work that says nothing of how far it is.
async fn work(millis: u64, mut progress: Progress) {
    progress.set_message("working");
    sleep(Duration::from_millis(millis)).await;
}

#[tokio::main]
async fn main() {
    let history = History::in_memory(); // `History::file("deploy.history")` outlives the process
    println!("      half time   by weights   time left");
    for number in 1..=3 {
        let (run, progress) = Run::builder("Deploy").history(history.clone()).start();
        let half = async {
            sleep(Duration::from_secs(2)).await;
            let snapshot = run.snapshot();
            let left = snapshot.eta_ms.map_or("unknown".to_owned(), |left| format!("{left} ms"));
            println!("run {number}  {:>7.2} %  {:>9.2} %  {left:>10}", run.percent(), run.done());
        };
        tokio::join!(deploy(progress), half);
    }
    print!("\n{}", deploy_plan().measured(&history).to_table());
}
