//! An event stream: what its sources bring, as fast as its client takes it.
//!
//! A client that is slow has one frame of its own under way, and one of each source waiting, which is the latest.
//! Ends never wait.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::stream::{self, BoxStream, SelectAll};
use futures::{Stream, StreamExt};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep, sleep};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use crate::feed::Frame;
use crate::wire;

/// A connection on which nothing comes for longer is closed by many a proxy.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Tells nginx and its like to hand each event on as it comes.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// What a stream is made of.
pub(crate) struct Events {
    at_once: VecDeque<Bytes>,
    sources: SelectAll<BoxStream<'static, (usize, Frame)>>,
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
    over: bool,
}

impl Events {
    pub(crate) fn new(closing: &CancellationToken) -> Self {
        Self {
            at_once: VecDeque::from([wire::PRELUDE]),
            sources: SelectAll::new(),
            waiting: Vec::new(),
            turns: VecDeque::new(),
            ended: 0,
            closing: Box::pin(closing.clone().cancelled_owned()),
            keep_alive: Box::pin(sleep(KEEP_ALIVE)),
            sent: Instant::now(),
            room: Arc::new(Semaphore::new(1)),
            over: false,
        }
    }

    /// Adds what is said once.
    pub(crate) fn say(&mut self, event: Bytes) {
        self.at_once.push_back(event);
    }

    /// Adds frames.
    pub(crate) fn follow(&mut self, frames: impl Stream<Item = Frame> + Send + 'static) {
        let source = self.waiting.len();
        self.waiting.push(None);
        self.sources.push(frames.map(move |frame| (source, frame)).boxed());
    }

    /// Sends the events until the last source is over, the server stops, or the client goes.
    pub(crate) fn respond(self) -> Response {
        let body = stream::unfold(self, |mut events| async {
            let bytes = events.next().await?;
            Some((Ok::<_, Infallible>(bytes), events))
        });
        let headers = [
            (CONTENT_TYPE, "text/event-stream"),
            // Neither kept nor packed on the way: a proxy that packs waits for more.
            (CACHE_CONTROL, "no-cache, no-transform"),
            (X_ACCEL_BUFFERING, "no"),
        ];
        (headers, Body::from_stream(body)).into_response()
    }

    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if self.over {
                return None;
            }
            if let Some(bytes) = self.at_once.pop_front() {
                return Some(bytes);
            }
            if self.sources.is_empty() {
                self.over = true;
                // Said of more than one run; of a single one the id of its end says it.
                let all = self.waiting.len() != 1 && self.ended == self.waiting.len();
                return all.then_some(wire::ALL_OVER);
            }
            tokio::select! {
                biased;
                () = &mut self.closing => {
                    self.over = true;
                    return Some(wire::BYE);
                }
                next = self.sources.next() => {
                    let Some((source, frame)) = next else { continue };
                    if frame.last {
                        self.waiting[source] = None;
                        self.ended += 1;
                        return Some(frame.bytes);
                    }
                    if self.waiting[source].replace(frame).is_none() {
                        self.turns.push_back(source);
                    }
                }
                Ok(permit) = Arc::clone(&self.room).acquire_owned(), if !self.turns.is_empty() => {
                    let source = self.turns.pop_front();
                    let Some(frame) = source.and_then(|source| self.waiting[source].take()) else {
                        continue; // its end has gone out since
                    };
                    self.sent = Instant::now();
                    return Some(Bytes::from_owner(UnderWay { bytes: frame.bytes, _permit: permit }));
                }
                () = &mut self.keep_alive => {
                    let next = self.sent + KEEP_ALIVE;
                    let now = Instant::now();
                    if next > now {
                        self.keep_alive.as_mut().reset(next);
                        continue;
                    }
                    self.sent = now;
                    self.keep_alive.as_mut().reset(now + KEEP_ALIVE);
                    // Not behind a frame that the client does not take.
                    if self.room.available_permits() > 0 {
                        return Some(wire::ALIVE);
                    }
                }
            }
        }
    }
}

/// A frame that the connection has not yet written; dropped when it has.
struct UnderWay {
    bytes: Bytes,
    _permit: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for UnderWay {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}
