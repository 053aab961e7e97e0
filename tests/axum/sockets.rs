//! Streams over real sockets: clients that leave, clients that do not read, and graceful shutdowns.

use std::future::IntoFuture;
use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use futures::StreamExt;
use progress_axum::Runs;
use progress_runtime::{ManualClock, Progress, Run, RunStatus, Snapshot};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::time::advance;

use crate::client::Event;
use crate::work::{TICK, Work, settle};

/// A server that shuts down gracefully once `stop` is sent.
struct Server {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    stopped: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Server {
    async fn start(app: Router) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopping) = oneshot::channel();
        let serve =
            axum::serve(listener, app).with_graceful_shutdown(async { drop(stopping.await) });
        Self { address, stop, stopped: tokio::spawn(serve.into_future()) }
    }

    async fn open(&self, path: &str) -> Client {
        Client::open(TcpStream::connect(self.address).await.unwrap(), path).await
    }

    /// A client with a small receive buffer.
    async fn open_narrow(&self, path: &str) -> Client {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        Client::open(socket.connect(self.address).await.unwrap(), path).await
    }
}

/// An event stream over a socket.
struct Client(BufReader<TcpStream>);

impl Client {
    async fn open(mut socket: TcpStream, path: &str) -> Self {
        let request = format!("GET {path} HTTP/1.1\r\nhost: shown.example\r\n\r\n");
        socket.write_all(request.as_bytes()).await.unwrap();
        Self(BufReader::new(socket))
    }

    async fn head(&mut self) -> String {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(self.0.read_line(&mut head).await.unwrap() > 0, "{head}");
        }
        head
    }

    /// The next piece of the body; `None` after the last.
    async fn chunk(&mut self) -> Option<String> {
        let mut size = String::new();
        self.0.read_line(&mut size).await.unwrap();
        let size = usize::from_str_radix(size.trim_end(), 16).unwrap();
        let mut chunk = vec![0; size + 2];
        self.0.read_exact(&mut chunk).await.unwrap();
        assert_eq!(chunk.split_off(size), b"\r\n");
        (size > 0).then(|| String::from_utf8(chunk).unwrap())
    }

    /// All remaining events, each of which comes in its own piece.
    async fn rest(mut self) -> Vec<Event> {
        let mut rest = Vec::new();
        while let Some(chunk) = self.chunk().await {
            rest.push(Event::parse(chunk.strip_suffix("\n\n").unwrap()));
        }
        rest
    }
}

#[tokio::test]
async fn each_event_is_sent_at_once() {
    let runs = Runs::new();
    let server = Server::start(runs.router("/workflows")).await;
    let work = Work::start(&runs, "Import").await;
    let mut client = server.open(&format!("/workflows/runs/{}/events", work.run.id())).await;
    let head = client.head().await;
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    for header in ["content-type: text/event-stream", "x-accel-buffering: no", "nosniff"] {
        assert!(head.contains(header), "{head}");
    }
    assert_eq!(client.chunk().await.unwrap(), "retry: 2000\n\n");
    let first = client.chunk().await.unwrap();
    assert!(first.ends_with("\n\n") && first.contains("\"status\":\"running\""));
    work.finish().await;
    let end = client.rest().await.pop().unwrap().snapshot();
    assert_eq!((end.status, end.progress), (RunStatus::Completed, 10_000));
}

/// Sends to a channel when the server drops the response.
async fn watched(dropped: mpsc::UnboundedSender<()>, request: Request, next: Next) -> Response {
    struct Gone(mpsc::UnboundedSender<()>);
    impl Drop for Gone {
        fn drop(&mut self) {
            let _ = self.0.send(());
        }
    }
    let gone = Gone(dropped);
    next.run(request).await.map(|body| {
        Body::from_stream(body.into_data_stream().inspect(move |_| {
            let _held_with_the_stream = &gone;
        }))
    })
}

#[tokio::test]
async fn the_stream_of_a_client_that_leaves_is_dropped() {
    let runs = Runs::new();
    let (dropped, mut drops) = mpsc::unbounded_channel();
    let app = runs
        .router("")
        .layer(from_fn(move |request, next| watched(dropped.clone(), request, next)));
    let server = Server::start(app).await;
    let work = Work::start(&runs, "Import").await;
    let path = format!("/runs/{}/events", work.run.id());
    let mut stays = server.open(&path).await;
    stays.head().await;
    let mut goes = server.open(&path).await;
    goes.head().await;
    goes.chunk().await;
    drop(goes);
    drops.recv().await.unwrap();
    assert!(drops.try_recv().is_err(), "the other one stays");
    work.finish().await;
    assert_eq!(stays.rest().await.pop().unwrap().snapshot().status, RunStatus::Completed);
    drops.recv().await.unwrap();
}

#[tokio::test]
async fn streams_do_not_delay_a_graceful_shutdown() {
    let runs = Runs::new();
    let server = Server::start(runs.router("")).await;
    let work = Work::start(&runs, "Import").await;
    let run = format!("/runs/{}/events", work.run.id());
    let mut clients = Vec::new();
    for path in [&run, "/events?list", &run] {
        let mut client = server.open(path).await;
        client.head().await;
        clients.push(client);
    }
    runs.shutdown();
    server.stop.send(()).unwrap();
    server.stopped.await.unwrap().unwrap();
    for client in clients {
        assert!(client.rest().await.pop().unwrap().is_named("bye"));
    }
    assert_eq!(work.run.status(), RunStatus::Running);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_does_not_delay_a_graceful_shutdown() {
    let runs = Runs::new();
    let (mut progress, clock, mut shares) = large(&runs, 300);
    let server = Server::start(runs.router("")).await;
    let mut client = server.open_narrow("/runs/r/events").await;
    client.head().await;
    for state in 0..300 {
        set_messages(&mut shares, state);
        progress.inc(1);
        clock.advance(TICK);
        settle().await;
        advance(TICK).await;
    }
    runs.shutdown();
    server.stop.send(()).unwrap();
    server.stopped.await.unwrap().unwrap();
    drop(client);
}

#[tokio::test]
async fn the_end_of_a_run_closes_the_streams_of_hundreds_of_sockets() {
    let runs = Runs::new();
    let server = Server::start(runs.router("")).await;
    let work = Work::start(&runs, "Import").await;
    let path = format!("/runs/{}/events", work.run.id());
    let mut clients = Vec::new();
    for _ in 0..300 {
        let mut client = server.open(&path).await;
        client.head().await;
        clients.push(client);
    }
    work.finish().await;
    for client in clients {
        assert_eq!(client.rest().await.pop().unwrap().snapshot().progress, 10_000);
    }
}

/// A run of fifty shares with a message of a kilobyte each: 60 kB a snapshot.
fn large(runs: &Runs, states: u64) -> (Progress, ManualClock, Vec<Progress>) {
    let clock = ManualClock::new();
    let (run, mut progress) = Run::builder("Large").id("r").clock(&clock).start();
    runs.add(run);
    progress.set_length(states + 50);
    let mut shares: Vec<_> = (0..50).map(|_| progress.split(1)).collect();
    set_messages(&mut shares, 0);
    (progress, clock, shares)
}

fn set_messages(shares: &mut [Progress], state: u64) {
    for share in shares {
        share.set_message(format!("{state} {}", "x".repeat(1_000)));
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_builds_up_no_queue() {
    const STATES: u64 = 600;
    let runs = Runs::new();
    let (mut progress, clock, mut shares) = large(&runs, STATES);
    let server = Server::start(runs.router("")).await;
    let mut client = server.open_narrow("/runs/r/events").await;
    client.head().await;
    for state in 0..STATES {
        set_messages(&mut shares, state);
        progress.inc(1);
        clock.advance(TICK);
        settle().await;
        advance(TICK).await;
    }
    drop(shares);
    progress.finish();
    let seen = client.rest().await;
    let snapshots: Vec<Snapshot> =
        seen.iter().filter(|event| event.id.is_some()).map(Event::snapshot).collect();
    assert!(snapshots[0].to_json().len() > 50_000);
    // The sockets buffer a few megabytes; all snapshots together are 36 MB.
    assert!(snapshots.len() < 200, "{}", snapshots.len());
    assert_eq!(snapshots.last().unwrap().status, RunStatus::Completed);
    assert!(snapshots.windows(2).all(|pair| pair[0].seq < pair[1].seq));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_stream_misses_the_end_of_a_run_on_many_threads() {
    let runs = Runs::new();
    let server = Server::start(runs.router("")).await;
    let mut watchers = Vec::new();
    for number in 0..50 {
        let (run, progress) = runs.start(format!("Run {number}"));
        let id = run.id();
        for path in [format!("/runs/{id}/events"), format!("/events?run={id}")] {
            let client = server.open(&path).await;
            watchers.push(tokio::spawn(async move {
                let mut client = client;
                client.head().await;
                client.rest().await
            }));
        }
        tokio::spawn(async move {
            let mut progress = progress;
            progress.set_length(1_000);
            for _ in 0..1_000 {
                progress.inc(1);
                tokio::task::yield_now().await;
            }
            progress.finish();
        });
    }
    for watcher in watchers {
        let seen = watcher.await.unwrap();
        assert_eq!(seen.last().unwrap().snapshot().progress, 10_000);
    }
}
