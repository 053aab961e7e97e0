//! The server: runs of six steps with a given duration, behind the routes of `progress-axum`. For
//! comparison, it also serves streams of constant bytes without a run.

use std::convert::Infallible;
use std::io::{self, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::body::{Body, Bytes};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures::stream;
use progress_axum::Runs;
use progress_runtime::{Interrupted, Progress, workflow};
use tokio::sync::watch;
use tokio::time::interval;

/// The time between two updates of a run.
const PERIOD: Duration = Duration::from_millis(20);

/// The time between two events of a constant stream.
const INTERVAL: Duration = Duration::from_millis(100);
/// The length of such an event in bytes: that of a snapshot of `six_steps`.
const LENGTH: usize = 1_720;

/// The address of the server, and the paths of its event streams.
#[derive(serde::Deserialize, serde::Serialize)]
pub struct Address {
    pub port: u16,
    pub streams: Vec<String>,
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
    let mut interval = interval(PERIOD);
    for update in 1..=updates {
        interval.tick().await;
        progress.set_message(format!("item {update} of {updates}"));
        progress.inc(1);
    }
}

/// A stream that sends the same bytes ten times a second, and then an end.
fn constant_stream(time: Duration, started: watch::Receiver<bool>, bytes: Bytes) -> Response {
    let events = (time.as_millis() / INTERVAL.as_millis()) as u64;
    let body = stream::unfold(
        (0, started, interval(INTERVAL)),
        move |(sent, mut started, mut interval)| {
            let bytes = bytes.clone();
            async move {
                match sent {
                    0 => {}
                    1 => {
                        started.wait_for(|started| *started).await.ok()?;
                        interval.reset();
                        interval.tick().await;
                    }
                    _ if sent <= events => drop(interval.tick().await),
                    _ => return None,
                }
                let bytes = if sent == events { event("completed") } else { bytes };
                Some((Ok::<_, Infallible>(bytes), (sent + 1, started, interval)))
            }
        },
    );
    ([(CONTENT_TYPE, "text/event-stream")], Body::from_stream(body)).into_response()
}

fn event(status: &str) -> Bytes {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let mut event = format!(
        "id: constant:1\ndata: {{\"status\":\"{status}\",\"progress\":10000,\"ended\":{now},\"filled\":\""
    );
    event.extend(std::iter::repeat_n('.', LENGTH.saturating_sub(event.len() + 4)));
    event += "\"}\n\n";
    Bytes::from(event)
}

/// Prints its address, starts the runs at the first line of its input, and exits at the end of its
/// input. Without a run, it serves the constant stream instead.
pub fn serve(count: usize, time: Duration) {
    let runtime = tokio::runtime::Runtime::new().expect("threads can be started");
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
    listener.set_nonblocking(true).expect("the socket can be non-blocking");
    let port = listener.local_addr().expect("the listener is bound").port();
    let runs = Runs::new();
    let (start, started) = watch::channel(false);
    let paths = (0..count).map(|number| {
        let (run, progress) = runs.start(format!("Process new scenes {number}"));
        let mut started = started.clone();
        runtime.spawn(async move {
            let _ = started.wait_for(|started| *started).await;
            six_steps(time, progress).await
        });
        format!("/workflows/runs/{}/events", run.id())
    });
    let streams = if count == 0 { vec!["/constant".to_owned()] } else { paths.collect() };
    let address = Address { port, streams };
    let bytes = event("running");
    let constant = get(async move || constant_stream(time, started.clone(), bytes.clone()));
    let router = runs.router("/workflows").route("/constant", constant);
    runtime.spawn(async move {
        let listener =
            tokio::net::TcpListener::from_std(listener).expect("the socket can be non-blocking");
        axum::serve(listener, router).await
    });
    println!("{}", serde_json::to_string(&address).expect("the address is valid JSON"));
    let _ = io::stdout().flush();
    for _ in io::stdin().lines() {
        start.send_replace(true);
    }
    runtime.shutdown_background();
}
