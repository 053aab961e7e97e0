//! A service with workflows on the loopback interface, which counts its event streams.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::{Html, Response};
use axum::routing::get;
use futures::StreamExt;
use progress_axum::Runs;
use tokio::runtime::Runtime;
use tokio::sync::watch;

/// The longest wait for an event; longer than anything takes on a slow machine.
pub const LIMIT: Duration = Duration::from_secs(60);

/// The event streams.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Streams {
    pub open: usize,
    /// How many were opened in total.
    pub ever: usize,
}

pub struct Site {
    pub runs: Runs,
    address: SocketAddr,
    /// The runtime of the server and its connections; `None` while the server is down.
    server: Option<Runtime>,
    streams: watch::Sender<Streams>,
    page: Arc<str>,
}

impl Site {
    /// Serves runs; there is none yet.
    pub fn open() -> Self {
        Self::with_page("")
    }

    /// Serves a page of the test too, at `/page`.
    pub fn with_page(html: &str) -> Self {
        let address = (Ipv4Addr::LOCALHOST, 0).into();
        let mut site = Self {
            runs: Runs::new(),
            address,
            server: None,
            streams: watch::Sender::default(),
            page: html.into(),
        };
        site.come_back();
        site
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Stops the server and all its connections abruptly.
    pub fn vanish(&mut self) {
        let Some(server) = self.server.take() else { return };
        // A runtime can wait for its tasks only outside of another runtime.
        let end = std::thread::spawn(move || server.shutdown_timeout(LIMIT));
        end.join().expect("the server ends");
    }

    /// Starts the server again at its address.
    pub fn come_back(&mut self) {
        let listener = TcpListener::bind(self.address).expect("the port is free");
        self.address = listener.local_addr().expect("an address");
        listener.set_nonblocking(true).expect("a socket");
        let html = Arc::clone(&self.page);
        let streams = self.streams.clone();
        let app: Router = Router::new()
            .route("/page", get(async move || Html(html.to_string())))
            .merge(self.runs.router("/workflows"))
            .merge(self.runs.read_only().router("/status"))
            .layer(from_fn(move |request, next| count(streams.clone(), request, next)));
        let server = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        server.spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a socket");
            axum::serve(listener, app).await.expect("it serves");
        });
        self.server = Some(server);
    }

    pub fn streams(&self) -> Streams {
        *self.streams.borrow()
    }

    /// Waits until the numbers of streams satisfy a condition.
    pub async fn until_streams(&self, are: impl Fn(Streams) -> bool) {
        let mut streams = self.streams.subscribe();
        let wait = streams.wait_for(|streams| are(*streams));
        let ended = tokio::time::timeout(LIMIT, wait).await.map(|streams| streams.is_ok());
        assert_eq!(ended, Ok(true), "{:?}", self.streams());
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.vanish();
    }
}

/// Counts a stream for as long as its body lives.
async fn count(streams: watch::Sender<Streams>, request: Request, next: Next) -> Response {
    let counted = request.uri().path().ends_with("/events");
    let response = next.run(request).await;
    if !counted {
        return response;
    }
    streams.send_modify(|streams| {
        streams.open += 1;
        streams.ever += 1;
    });
    let open = Open(streams);
    response.map(|body| {
        let frames = body.into_data_stream();
        Body::from_stream(frames.map(move |frame| {
            let _ = &open;
            frame
        }))
    })
}

struct Open(watch::Sender<Streams>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.send_modify(|streams| streams.open -= 1);
    }
}
