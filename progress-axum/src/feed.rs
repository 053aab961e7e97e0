//! A feed: one encoder for all clients that watch the same thing.
//!
//! The encoder serialises each state once, and all clients share the bytes. It runs only while
//! somebody watches. A feed keeps the latest event and no queue, so a slow client skips to the
//! latest event as soon as it can take one.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures::stream::{self, BoxStream};
use futures::{Stream, StreamExt};
use tokio::sync::watch;

use crate::sync::lock;

/// A server-sent event, serialised. A clone shares the bytes.
#[derive(Clone, Debug)]
pub(crate) struct SseEvent {
    pub(crate) bytes: Bytes,
    /// Whether the feed ends with this event.
    pub(crate) is_last: bool,
}

/// A feed. A clone is another handle of the same feed.
///
/// The inner option holds the encoder's sender while an encoder is running.
#[derive(Clone, Default)]
pub(crate) struct Feed(Arc<Mutex<Option<watch::Sender<SseEvent>>>>);

impl Feed {
    /// Subscribes to the feed. The stream yields the latest event at once, and then, each time the
    /// client asks, the event that is the latest by then. It ends after the last event.
    ///
    /// If no encoder is running, `start` supplies the first event, and the encoder that publishes
    /// all others.
    pub(crate) fn subscribe<Encoder, Task>(
        &self,
        start: impl FnOnce() -> (SseEvent, Encoder),
    ) -> BoxStream<'static, SseEvent>
    where
        Encoder: FnOnce(Publisher) -> Task,
        Task: Future<Output = ()> + Send + 'static,
    {
        let mut sender = lock(&self.0);
        if let Some(sender) = &*sender {
            return latest_events(sender.subscribe()).boxed();
        }
        let (first, encoder) = start();
        let is_over = first.is_last;
        let (new_sender, receiver) = watch::channel(first);
        if !is_over {
            *sender = Some(new_sender.clone());
            tokio::spawn(encoder(Publisher { feed: self.clone(), sender: new_sender }));
        }
        latest_events(receiver).boxed()
    }
}

/// The feeds of things that come and go.
#[cfg(feature = "jobs")]
pub(crate) struct Feeds<K>(Mutex<std::collections::HashMap<K, Feed>>);

#[cfg(feature = "jobs")]
impl<K: Clone + Eq + std::hash::Hash> Feeds<K> {
    /// The feed of this thing. Feeds that nobody uses are forgotten.
    pub(crate) fn get(&self, key: &K) -> Feed {
        let mut feeds = lock(&self.0);
        // An encoder that runs holds its feed, and so does a subscriber until it has subscribed.
        feeds.retain(|_, feed| Arc::strong_count(&feed.0) > 1);
        feeds.entry(key.clone()).or_default().clone()
    }
}

#[cfg(feature = "jobs")]
impl<K> Default for Feeds<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

fn latest_events(mut receiver: watch::Receiver<SseEvent>) -> impl Stream<Item = SseEvent> + Send {
    receiver.mark_changed();
    stream::unfold(Some(receiver), |receiver| async {
        let mut receiver = receiver?;
        receiver.changed().await.ok()?;
        let event = receiver.borrow_and_update().clone();
        let remaining = (!event.is_last).then_some(receiver);
        Some((event, remaining))
    })
}

/// The encoder's end of a feed. Dropping it frees the feed for another encoder, even if this one
/// panicked.
pub(crate) struct Publisher {
    feed: Feed,
    sender: watch::Sender<SseEvent>,
}

impl Publisher {
    /// Replaces the latest event.
    pub(crate) fn publish(&self, event: SseEvent) {
        self.sender.send_replace(event);
    }

    /// Waits until no client watches.
    pub(crate) async fn unwatched(&self) {
        self.sender.closed().await;
    }

    /// Detaches this encoder from the feed unless a client has subscribed in the meantime. Returns
    /// whether it did; then the encoder must stop.
    pub(crate) fn detach_if_unwatched(&self) -> bool {
        let mut sender = lock(&self.feed.0);
        let is_unwatched = self.sender.receiver_count() == 0;
        if is_unwatched {
            *sender = None;
        }
        is_unwatched
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        let mut sender = lock(&self.feed.0);
        if sender.as_ref().is_some_and(|sender| sender.same_channel(&self.sender)) {
            *sender = None;
        }
    }
}
