//! One encoder for all who watch the same thing: what is sent is serialised once, and shared.
//!
//! A feed is at work only while somebody watches. It holds the latest frame and no other: who is slow gets the
//! latest when there is room for it, and never a queue.

mod list;
mod pace;
mod run;

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures::{Stream, stream};
use tokio::sync::watch;

use crate::lock;

/// One event as it goes over the wire. A clone shares the bytes.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) bytes: Bytes,
    /// Whether nothing comes after it.
    pub(crate) last: bool,
}

/// The place of an encoder, which is there while somebody watches.
#[derive(Clone, Default)]
pub(crate) struct Feed(Arc<Mutex<Option<watch::Sender<Frame>>>>);

impl Feed {
    /// Watches what the encoder brings. For the first who does, `begin` gives the first frame, and the work that brings
    /// the others.
    fn watch<W, F>(&self, begin: impl FnOnce() -> (Frame, W)) -> watch::Receiver<Frame>
    where
        W: FnOnce(Publisher) -> F,
        F: Future<Output = ()> + Send + 'static,
    {
        let mut place = lock(&self.0);
        if let Some(sender) = &*place {
            return sender.subscribe();
        }
        let (first, work) = begin();
        let is_over = first.last;
        let (sender, receiver) = watch::channel(first);
        if !is_over {
            *place = Some(sender.clone());
            tokio::spawn(work(Publisher { feed: self.clone(), sender }));
        }
        receiver
    }
}

/// The latest frame at once, and then whatever is the latest when the reader comes back for it.
fn frames(mut receiver: watch::Receiver<Frame>) -> impl Stream<Item = Frame> + Send {
    receiver.mark_changed();
    stream::unfold(Some(receiver), |receiver| async {
        let mut receiver = receiver?;
        receiver.changed().await.ok()?;
        let frame = receiver.borrow_and_update().clone();
        let more = (!frame.last).then_some(receiver);
        Some((frame, more))
    })
}

/// The encoder's end of a feed. With its drop the place is free, however the encoder came to stop.
struct Publisher {
    feed: Feed,
    sender: watch::Sender<Frame>,
}

impl Publisher {
    fn send(&self, frame: Frame) {
        self.sender.send_replace(frame);
    }

    /// Waits until nobody watches.
    async fn unwatched(&self) {
        self.sender.closed().await;
    }

    /// Gives the place up, unless somebody has come meanwhile.
    fn leave(&self) -> bool {
        let mut place = lock(&self.feed.0);
        let leaves = self.sender.receiver_count() == 0;
        if leaves {
            *place = None;
        }
        leaves
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        let mut place = lock(&self.feed.0);
        if place.as_ref().is_some_and(|sender| sender.same_channel(&self.sender)) {
            *place = None;
        }
    }
}
