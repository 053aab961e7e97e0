//! The server: runs of six steps that are as long as they are told to be, behind the routes. Or, to compare with,
//! streams of the same bytes that know of no run.

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

/// The time between two events of a stream that knows of no run …
const TENTH: Duration = Duration::from_millis(100);
/// … and what each of them is filled up to, which is the length of a snapshot of such a run.
const LENGTH: usize = 1_720;

/// Where the server is, and its event streams.
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
    let mut turn = interval(PERIOD);
    for update in 1..=updates {
        turn.tick().await;
        progress.set_message(format!("item {update} of {updates}"));
        progress.inc(1);
    }
}

/// A stream that sends the same bytes ten times a second, and then an end.
fn plain(time: Duration, begun: watch::Receiver<bool>, bytes: Bytes) -> Response {
    let events = (time.as_millis() / TENTH.as_millis()) as u64;
    let body = stream::unfold((0, begun, interval(TENTH)), move |(sent, mut begun, mut turn)| {
        let bytes = bytes.clone();
        async move {
            match sent {
                0 => {}
                1 => {
                    begun.wait_for(|begun| *begun).await.ok()?;
                    turn.reset();
                    turn.tick().await;
                }
                _ if sent <= events => drop(turn.tick().await),
                _ => return None,
            }
            let bytes = if sent == events { event("completed") } else { bytes };
            Some((Ok::<_, Infallible>(bytes), (sent + 1, begun, turn)))
        }
    });
    ([(CONTENT_TYPE, "text/event-stream")], Body::from_stream(body)).into_response()
}

fn event(status: &str) -> Bytes {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let mut event = format!(
        "id: plain:1\ndata: {{\"status\":\"{status}\",\"progress\":10000,\"ended\":{now},\"filled\":\""
    );
    event.extend(std::iter::repeat_n('.', LENGTH.saturating_sub(event.len() + 4)));
    event += "\"}\n\n";
    Bytes::from(event)
}

/// Says where it is, has the runs, or without any the plain stream, begin at the first line of its input, and ends with
/// the input.
pub fn serve(count: usize, time: Duration) {
    let executor = tokio::runtime::Runtime::new().expect("there are threads");
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
    listener.set_nonblocking(true).expect("sockets can wait");
    let port = listener.local_addr().expect("it is bound").port();
    let runs = Runs::new();
    let (begin, begun) = watch::channel(false);
    let paths = (0..count).map(|number| {
        let (run, progress) = runs.start(format!("Process new scenes {number}"));
        let mut begun = begun.clone();
        executor.spawn(async move {
            let _ = begun.wait_for(|begun| *begun).await;
            six_steps(time, progress).await
        });
        format!("/workflows/runs/{}/events", run.id())
    });
    let streams = if count == 0 { vec!["/plain".to_owned()] } else { paths.collect() };
    let address = Address { port, streams };
    let same = event("running");
    let plain = get(async move || plain(time, begun.clone(), same.clone()));
    let router = runs.router("/workflows").route("/plain", plain);
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
