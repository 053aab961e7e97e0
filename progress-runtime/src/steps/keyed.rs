//! `#[key]`: the items of a durable loop are remembered by their keys.

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex};

use super::durable::ended_item;
use super::{ForEach, Steps};
use crate::journal::{JournalError, JournalPlace, Keeping};
use crate::progress::Progress;
use crate::share::Share;
use crate::sync::lock;

/// The keys of a loop.
#[derive(Clone)]
pub struct Keys {
    share: Share,
    place: Option<JournalPlace>,
    step: Arc<str>,
    seen: Arc<Mutex<HashSet<String>>>,
}

/// The key of one item.
pub struct Key {
    share: Share,
    place: Option<JournalPlace>,
    is_done: bool,
    started: u64,
}

/// A loop that runs its items one after the other, and remembers them by their keys.
pub struct KeyedEach {
    each: ForEach,
    keys: Keys,
    /// How many items are not yet entered.
    left: u64,
    current: Option<Key>,
}

impl Steps {
    /// The keys of a loop.
    pub fn keys(&self, index: usize) -> Keys {
        let step = self.share.node().child_location(index).path.to_string().into();
        let place = self.place_of(index);
        Keys { share: self.share.clone(), place, step, seen: Arc::default() }
    }

    /// Starts a loop that was entered, or skips it for this reason if it has no items.
    pub fn keyed_each(&self, index: usize, len: u64, reason: fmt::Arguments<'_>) -> KeyedEach {
        let each = self.each(index, len, reason);
        KeyedEach { each, keys: self.keys(index), left: len, current: None }
    }
}

impl Keys {
    /// Enters the item with this key.
    ///
    /// # Errors
    /// Returns an error if another item has the key.
    pub fn enter<K: ItemKey + ?Sized>(&self, key: &K) -> Result<Key, JournalError> {
        let key = key.text();
        let place = self.place.as_ref().map(|place| place.item(&key));
        if let Some(key) = lock(&self.seen).replace(key) {
            return Err(JournalError::SameKey { step: self.step.to_string(), key });
        }
        let is_done = place.as_ref().is_some_and(|place| {
            let is_done = place.take().is_some();
            if is_done {
                place.note_recalled();
            }
            is_done
        });
        Ok(Key { share: self.share.clone(), place, is_done, started: self.share.run().date() })
    }
}

/// A key of an item.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a key, as it does not implement `Display`",
    label = "the text of a key is what a durable workflow remembers an item by"
)]
pub trait ItemKey {
    /// The text of the key.
    fn text(&self) -> String;
}

#[diagnostic::do_not_recommend]
impl<T: fmt::Display + ?Sized> ItemKey for T {
    fn text(&self) -> String {
        format!("{self}")
    }
}

impl Key {
    /// Whether the item was done in an earlier process.
    pub fn is_done(&self) -> bool {
        self.is_done
    }

    /// The share of the item, in its place.
    pub fn share(&self, progress: Progress) -> Progress {
        progress.kept_at(self.place.clone())
    }

    /// The inner steps of the item, in its place.
    pub fn steps(&self, mut steps: Steps) -> Steps {
        steps.share = steps.share.kept_at(self.place.clone());
        steps
    }

    /// Records the item, which has ended well.
    pub fn keep(&self) -> Keeping {
        let Some(place) = self.place.as_ref().filter(|_| !self.is_done) else {
            return Keeping::nothing();
        };
        place.keep_end(
            ended_item(self.started, self.share.run().date()),
            self.share.run().journal_place(),
        )
    }
}

impl KeyedEach {
    /// Completes and records the item before.
    pub fn keep_item(&mut self) -> Keeping {
        self.each.finish_item();
        self.current.take().map_or_else(Keeping::nothing, |key| key.keep())
    }

    /// Enters the item with this key. Returns whether it was done in an earlier process.
    ///
    /// # Errors
    /// Returns an error if another item has the key.
    pub fn is_done<K: ItemKey + ?Sized>(&mut self, key: &K) -> Result<bool, JournalError> {
        self.left = self.left.saturating_sub(1);
        let key = self.keys.enter(key)?;
        let is_done = key.is_done();
        match is_done {
            true => self.each.restore_item(),
            false => self.current = Some(key),
        }
        Ok(is_done)
    }

    /// Returns the share of the item that was entered.
    pub fn item(&mut self) -> Progress {
        let item = self.each.item();
        match &self.current {
            Some(key) => key.share(item),
            None => item,
        }
    }

    /// Returns the inner steps of the item that was entered.
    pub fn item_steps(&mut self) -> Steps {
        let steps = self.each.item_steps();
        match &self.current {
            Some(key) => key.steps(steps),
            None => steps,
        }
    }

    /// Completes and records the last item. After a `break`, the item that it left is not recorded:
    /// alone, it would not keep the items behind it from running.
    pub fn finish(&mut self) -> Keeping {
        if self.left > 0 {
            return Keeping::nothing();
        }
        self.keep_item()
    }
}
