//! The server: runs of six steps that are as long as they are told to be, behind the routes.

use std::io::{self, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;

use progress_axum::Runs;
use progress_runtime::{Interrupted, Progress, workflow};
use tokio::sync::watch;
use tokio::time::interval;

/// The time between two updates of a run.
const PERIOD: Duration = Duration::from_millis(20);

/// Where the server is, and the ids of its runs.
#[derive(serde::Deserialize, serde::Serialize)]
pub struct Address {
    pub port: u16,
    pub runs: Vec<String>,
}

workflow!(
    async fn six_steps(time: Duration, progress: Progress) -> Result<(), Interrupted> {
        #[step(15, "Processing downloads")]
        work(time * 15 / 100, progress).await;

        #[step(15, "Scanning metadata")]
        work(time * 15 / 100, progress).await;

        #[step(10, "Syncing the catalogue")]
        work(time * 10 / 100, progress).await;

        #[step(35, "Analysing batches")]
        work(time * 35 / 100, progress).await;

        #[step(15, "Generating previews and index")]
        work(time * 15 / 100, progress).await;

        #[step(10, "Completing")]
        work(time * 10 / 100, progress).await;

        Ok(())
    }
);

async fn work(time: Duration, mut progress: Progress) {
    let updates = time.as_millis() / PERIOD.as_millis();
    progress.set_length(updates as u64);
    let mut turn = interval(PERIOD);
    for update in 1..=updates {
        turn.tick().await;
        progress.set_message(format!("item {update} of {updates}"));
        progress.inc(1);
    }
}

/// Says where it is, has the runs begin at the first line of its input, and ends with the input.
pub fn serve(count: usize, time: Duration) {
    let executor = tokio::runtime::Runtime::new().expect("there are threads");
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
    listener.set_nonblocking(true).expect("sockets can wait");
    let port = listener.local_addr().expect("it is bound").port();
    let runs = Runs::new();
    let (begin, begun) = watch::channel(false);
    let ids = (0..count).map(|number| {
        let (id, progress) = runs.start(format!("Process new scenes {number}"));
        let mut begun = begun.clone();
        executor.spawn(async move {
            let _ = begun.wait_for(|begun| *begun).await;
            six_steps(time, progress).await
        });
        id
    });
    let address = Address { port, runs: ids.collect() };
    let router = runs.router("/workflows");
    executor.spawn(async move {
        let listener = tokio::net::TcpListener::from_std(listener).expect("sockets can wait");
        axum::serve(listener, router).await
    });
    println!("{}", serde_json::to_string(&address).expect("numbers and texts"));
    let _ = io::stdout().flush();
    for _ in io::stdin().lines() {
        begin.send_replace(true);
    }
    executor.shutdown_background();
}
