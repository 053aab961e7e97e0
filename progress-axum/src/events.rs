//! An event stream: what its sources bring, as fast as its client takes it.
//!
//! A client that is slow has one frame of its own under way, and one of each source waiting, which is the latest.
//! Ends never wait.

use std::collections::VecDeque;
use std::io::{Error, ErrorKind};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName};
use axum::response::{IntoResponse, Response};
use bytes::{Bytes, BytesMut};
use futures::stream::{self, BoxStream, SelectAll};
use futures::{Stream, StreamExt};
use progress_runtime::Run;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep, sleep, timeout};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use crate::feed::Frame;
use crate::registry::Entry;
use crate::wire;

/// A connection on which nothing comes for longer is closed by many a proxy.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// How long a server that stops waits for a client that does not take what it is sent.
const PATIENCE: Duration = Duration::from_secs(1);

/// Tells nginx and its like to hand each event on as it comes.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// What a stream is made of.
pub(crate) struct Events {
    at_once: VecDeque<Bytes>,
    sources: SelectAll<BoxStream<'static, (usize, Frame)>>,
    /// The run of each source, unless it is the list or the client has had its end.
    runs: Vec<Option<Run>>,
    /// The latest frame of each source that the client has not yet had.
    waiting: Vec<Option<Frame>>,
    /// The sources in the order in which they began to wait.
    turns: VecDeque<usize>,
    /// How many sources have brought their last frame.
    ended: usize,
    closing: Pin<Box<WaitForCancellationFutureOwned>>,
    keep_alive: Pin<Box<Sleep>>,
    sent: Instant,
    /// Room for one frame under way.
    room: Arc<Semaphore>,
    phase: Phase,
}

#[derive(Clone, Copy)]
enum Phase {
    Open,
    /// The good-bye of a server that stops is under way.
    Leaving,
    Over,
}

impl Events {
    pub(crate) fn new(closing: &CancellationToken) -> Self {
        Self {
            at_once: VecDeque::from([wire::PRELUDE]),
            sources: SelectAll::new(),
            runs: Vec::new(),
            waiting: Vec::new(),
            turns: VecDeque::new(),
            ended: 0,
            closing: Box::pin(closing.clone().cancelled_owned()),
            keep_alive: Box::pin(sleep(KEEP_ALIVE)),
            sent: Instant::now(),
            room: Arc::new(Semaphore::new(1)),
            phase: Phase::Open,
        }
    }

    /// Adds what is said once.
    pub(crate) fn say(&mut self, event: Bytes) {
        self.at_once.push_back(event);
    }

    /// Adds a run.
    pub(crate) fn follow_run(&mut self, entry: &Entry) {
        self.follow(Some(entry.run.clone()), entry.feed.of_run(&entry.run));
    }

    /// Adds the list.
    pub(crate) fn follow_list(&mut self, frames: impl Stream<Item = Frame> + Send + 'static) {
        self.follow(None, frames);
    }

    fn follow(&mut self, run: Option<Run>, frames: impl Stream<Item = Frame> + Send + 'static) {
        let source = self.waiting.len();
        self.runs.push(run);
        self.waiting.push(None);
        self.sources.push(frames.map(move |frame| (source, frame)).boxed());
    }

    /// Sends the events until the last source is over, the server stops, or the client goes.
    pub(crate) fn respond(self) -> Response {
        let body = stream::unfold(self, |mut events| async {
            let next = match events.phase {
                Phase::Open => events.next().await,
                Phase::Leaving => events.left().await,
                Phase::Over => None,
            };
            Some((next?, events))
        });
        let headers = [
            (CONTENT_TYPE, "text/event-stream"),
            // Neither kept nor packed on the way: a proxy that packs waits for more.
            (CACHE_CONTROL, "no-cache, no-transform"),
            (X_ACCEL_BUFFERING, "no"),
        ];
        (headers, Body::from_stream(body)).into_response()
    }

    async fn next(&mut self) -> Option<Result<Bytes, Error>> {
        loop {
            if let Some(bytes) = self.at_once.pop_front() {
                return Some(Ok(bytes));
            }
            if self.sources.is_empty() {
                self.phase = Phase::Over;
                // Said of more than one run; of a single one the id of its end says it.
                let all = self.waiting.len() != 1 && self.ended == self.waiting.len();
                return all.then_some(Ok(wire::ALL_OVER));
            }
            tokio::select! {
                biased;
                () = &mut self.closing => return Some(self.leave().await),
                next = self.sources.next() => {
                    let Some((source, frame)) = next else { continue };
                    if frame.last {
                        self.runs[source] = None;
                        self.waiting[source] = None;
                        self.ended += 1;
                        return Some(Ok(frame.bytes));
                    }
                    if self.waiting[source].replace(frame).is_none() {
                        self.turns.push_back(source);
                    }
                }
                Ok(permit) = Arc::clone(&self.room).acquire_owned(), if !self.turns.is_empty() => {
                    let source = self.turns.pop_front();
                    // There is none where the source's end has gone out since.
                    if let Some(frame) = source.and_then(|source| self.waiting[source].take()) {
                        self.sent = Instant::now();
                        return Some(Ok(under_way(frame.bytes, permit)));
                    }
                }
                () = &mut self.keep_alive => {
                    let now = Instant::now();
                    let is_idle = now >= self.sent + KEEP_ALIVE;
                    if is_idle {
                        self.sent = now;
                    }
                    self.keep_alive.as_mut().reset(self.sent + KEEP_ALIVE);
                    // Not behind a frame that the client does not take.
                    if is_idle && self.room.available_permits() > 0 {
                        return Some(Ok(wire::ALIVE));
                    }
                }
            }
        }
    }

    /// Says good-bye, after the ends that are there.
    async fn leave(&mut self) -> Result<Bytes, Error> {
        self.phase = Phase::Leaving;
        let permit = self.taken().await?;
        let mut words = BytesMut::new();
        for run in self.runs.iter().flatten().filter(|run| run.status().is_terminal()) {
            words.extend(wire::snapshot(&run.snapshot()));
        }
        words.extend(wire::BYE);
        Ok(under_way(words.freeze(), permit))
    }

    /// The end, when the good-bye is written.
    async fn left(&mut self) -> Option<Result<Bytes, Error>> {
        self.phase = Phase::Over;
        self.taken().await.err().map(Err)
    }

    /// Waits until the client has taken what is under way. An error ends the connection, which would hold up a graceful
    /// shutdown for as long as the client likes.
    async fn taken(&mut self) -> Result<OwnedSemaphorePermit, Error> {
        let room = Arc::clone(&self.room).acquire_owned();
        match timeout(PATIENCE, room).await {
            Ok(Ok(permit)) => Ok(permit),
            _ => Err(Error::new(
                ErrorKind::TimedOut,
                "the client takes nothing, and the server stops",
            )),
        }
    }
}

/// Bytes that hold a permit until the connection has written them and lets them go.
fn under_way(bytes: Bytes, permit: OwnedSemaphorePermit) -> Bytes {
    struct UnderWay {
        bytes: Bytes,
        _permit: OwnedSemaphorePermit,
    }

    impl AsRef<[u8]> for UnderWay {
        fn as_ref(&self) -> &[u8] {
            &self.bytes
        }
    }

    Bytes::from_owner(UnderWay { bytes, _permit: permit })
}
