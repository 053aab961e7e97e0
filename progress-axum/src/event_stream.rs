//! An event stream: the events of several feeds, at the pace of one client.
//!
//! # Invariants
//!
//! - At most one routine event is in flight: handed to the connection and not yet written. The
//!   single permit of `in_flight` ensures it.
//! - At most one event of each feed waits, the latest.
//! - The last event of a feed does not wait for the one in flight.

use std::collections::VecDeque;
use std::io::{Error, ErrorKind};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName};
use axum::response::{IntoResponse, Response};
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use futures::stream::{self, BoxStream, SelectAll};
use progress_runtime::Run;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep, sleep, timeout};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use crate::feed::SseEvent;
use crate::wire;

/// The longest silence on the connection. Many proxies close a connection that is silent for
/// longer.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(15);

/// How long a server that shuts down waits for a client that does not read.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(1);

/// Disables the response buffer of nginx and similar proxies.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// The state of one client's stream.
pub(crate) struct EventStream {
    /// Events to send before all others.
    immediate: VecDeque<Bytes>,
    feeds: SelectAll<BoxStream<'static, (usize, SseEvent)>>,
    /// The run of each feed. `None` if the feed is not that of a run, or has sent its last event.
    runs: Vec<Option<Run>>,
    /// The latest event of each feed that was not sent yet.
    waiting: Vec<Option<SseEvent>>,
    /// The feeds with a waiting event, in the order in which they began to wait.
    queue: VecDeque<usize>,
    /// How many feeds have sent their last event.
    ended: usize,
    shutdown: Pin<Box<WaitForCancellationFutureOwned>>,
    keep_alive: Pin<Box<Sleep>>,
    last_sent: Instant,
    in_flight: Arc<Semaphore>,
    phase: Phase,
}

#[derive(Clone, Copy)]
enum Phase {
    Open,
    /// The goodbye is in flight.
    Closing,
    Closed,
}

impl EventStream {
    /// A stream without feeds, which ends early when `shutdown` is cancelled.
    pub(crate) fn new(shutdown: &CancellationToken) -> Self {
        Self {
            immediate: VecDeque::from([wire::RECONNECT_DELAY]),
            feeds: SelectAll::new(),
            runs: Vec::new(),
            waiting: Vec::new(),
            queue: VecDeque::new(),
            ended: 0,
            shutdown: Box::pin(shutdown.clone().cancelled_owned()),
            keep_alive: Box::pin(sleep(KEEP_ALIVE_INTERVAL)),
            last_sent: Instant::now(),
            in_flight: Arc::new(Semaphore::new(1)),
            phase: Phase::Open,
        }
    }

    /// Adds an event to send at the beginning.
    pub(crate) fn push(&mut self, event: Bytes) {
        self.immediate.push_back(event);
    }

    /// Adds the feed of a run of this process. If the run has ended when the server shuts down, its
    /// end is sent first.
    pub(crate) fn add_run(&mut self, run: &Run, events: BoxStream<'static, SseEvent>) {
        self.add_feed(Some(run.clone()), events);
    }

    /// Adds a feed of something else: a list, or a job, which outlives this process.
    pub(crate) fn add(&mut self, events: BoxStream<'static, SseEvent>) {
        self.add_feed(None, events);
    }

    fn add_feed(&mut self, run: Option<Run>, events: BoxStream<'static, SseEvent>) {
        let feed = self.waiting.len();
        self.runs.push(run);
        self.waiting.push(None);
        self.feeds.push(events.map(move |event| (feed, event)).boxed());
    }

    /// Sends the events until all feeds have ended, the server shuts down, or the client leaves.
    pub(crate) fn into_response(self) -> Response {
        let body = stream::unfold(self, |mut stream| async {
            let next = match stream.phase {
                Phase::Open => stream.next().await,
                Phase::Closing => stream.finish().await,
                Phase::Closed => None,
            };
            Some((next?, stream))
        });
        let headers = [
            (CONTENT_TYPE, "text/event-stream"),
            // `no-transform` forbids compression: a proxy that compresses waits for more data.
            (CACHE_CONTROL, "no-cache, no-transform"),
            (X_ACCEL_BUFFERING, "no"),
        ];
        (headers, Body::from_stream(body)).into_response()
    }

    async fn next(&mut self) -> Option<Result<Bytes, Error>> {
        loop {
            if let Some(bytes) = self.immediate.pop_front() {
                return Some(Ok(bytes));
            }
            if self.feeds.is_empty() {
                self.phase = Phase::Closed;
                return self.all_ended().map(Ok);
            }
            tokio::select! {
                biased;
                () = &mut self.shutdown => return Some(self.say_goodbye().await),
                next = self.feeds.next() => {
                    let Some((feed, event)) = next else { continue };
                    if event.is_last {
                        self.runs[feed] = None;
                        self.waiting[feed] = None;
                        self.ended += 1;
                        return Some(Ok(event.bytes));
                    }
                    if self.waiting[feed].replace(event).is_none() {
                        self.queue.push_back(feed);
                    }
                }
                Ok(permit) = Arc::clone(&self.in_flight).acquire_owned(),
                    if !self.queue.is_empty() =>
                {
                    let feed = self.queue.pop_front();
                    // A feed that has ended since it was queued has no waiting event.
                    if let Some(event) = feed.and_then(|feed| self.waiting[feed].take()) {
                        self.last_sent = Instant::now();
                        return Some(Ok(with_permit(event.bytes, permit)));
                    }
                }
                () = &mut self.keep_alive => {
                    if self.is_keep_alive_due() {
                        return Some(Ok(wire::KEEP_ALIVE));
                    }
                }
            }
        }
    }

    /// The event that tells a client of several runs that all of them have ended. A client of a
    /// single run knows it from the id of the last snapshot.
    fn all_ended(&self) -> Option<Bytes> {
        let feeds = self.waiting.len();
        (feeds != 1 && self.ended == feeds).then_some(wire::ALL_ENDED)
    }

    /// Sets the next keep-alive timer. Returns whether the connection was silent for the interval
    /// and has nothing in flight: a keep-alive event must not queue up behind an event that the
    /// client does not read.
    fn is_keep_alive_due(&mut self) -> bool {
        let now = Instant::now();
        let is_silent = now >= self.last_sent + KEEP_ALIVE_INTERVAL;
        if is_silent {
            self.last_sent = now;
        }
        self.keep_alive.as_mut().reset(self.last_sent + KEEP_ALIVE_INTERVAL);
        is_silent && self.in_flight.available_permits() > 0
    }

    /// Announces the shutdown, after the final snapshots of the runs that have ended by now.
    async fn say_goodbye(&mut self) -> Result<Bytes, Error> {
        self.phase = Phase::Closing;
        let permit = self.acquire_slot().await?;
        let mut bytes = BytesMut::new();
        for run in self.runs.iter().flatten().filter(|run| run.status().is_terminal()) {
            bytes.extend(wire::snapshot(&run.snapshot()));
        }
        bytes.extend(wire::GOODBYE);
        Ok(with_permit(bytes.freeze(), permit))
    }

    /// Ends the stream when the goodbye was written.
    async fn finish(&mut self) -> Option<Result<Bytes, Error>> {
        self.phase = Phase::Closed;
        self.acquire_slot().await.err().map(Err)
    }

    /// Waits until nothing is in flight.
    ///
    /// # Errors
    ///
    /// A client that does not read within [`SHUTDOWN_TIMEOUT`]. The error closes the connection,
    /// which would otherwise delay a graceful shutdown indefinitely.
    async fn acquire_slot(&mut self) -> Result<OwnedSemaphorePermit, Error> {
        let permit = Arc::clone(&self.in_flight).acquire_owned();
        match timeout(SHUTDOWN_TIMEOUT, permit).await {
            Ok(Ok(permit)) => Ok(permit),
            _ => Err(Error::new(
                ErrorKind::TimedOut,
                "the client does not read, and the server is shutting down",
            )),
        }
    }
}

/// Attaches a permit to bytes. The connection releases it when it has written the bytes and drops
/// them.
fn with_permit(bytes: Bytes, permit: OwnedSemaphorePermit) -> Bytes {
    struct InFlight {
        bytes: Bytes,
        _permit: OwnedSemaphorePermit,
    }

    impl AsRef<[u8]> for InFlight {
        fn as_ref(&self) -> &[u8] {
            &self.bytes
        }
    }

    Bytes::from_owner(InFlight { bytes, _permit: permit })
}
