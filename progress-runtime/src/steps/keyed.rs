//! `#[key]`: the items of a durable loop are remembered by their keys.

use std::collections::HashSet;
use std::fmt;
use std::sync::Mutex;

use super::durable::ended_item;
use super::for_each::ForEach;
use super::{Items, Steps};
use crate::journal::{JournalError, JournalPlace, Keeping};
use crate::progress::Progress;
use crate::share::Share;
use crate::sync::lock;

/// The keys of a loop.
pub struct Keys {
    share: Share,
    place: Option<JournalPlace>,
    step: String,
    seen: Mutex<HashSet<String>>,
}

/// The key of one item.
pub struct Key {
    share: Share,
    place: Option<JournalPlace>,
    is_done: bool,
    started: u64,
}

/// The keys of a loop that runs its items one after the other.
pub(super) struct KeyedItems {
    keys: Keys,
    /// How many items are not yet entered.
    left: u64,
    current: Option<Key>,
}

impl Steps {
    /// The keys of a loop.
    pub fn keys(&self, index: usize) -> Keys {
        let step = self.share.node().child_location(index).path.to_string();
        let place = self.place_of(index);
        Keys { share: self.share.clone(), place, step, seen: Mutex::default() }
    }

    /// Starts a loop that was entered, or skips it for this reason if it has no items. Returns the
    /// items, which are remembered by their keys.
    pub fn keyed_each<I>(
        &mut self,
        index: usize,
        items: Items<I>,
        reason: fmt::Arguments<'_>,
    ) -> I {
        let (keys, left) = (self.keys(index), items.len);
        let items = self.each(index, items, reason);
        self.each_mut().keyed = Some(KeyedItems { keys, left, current: None });
        items
    }

    /// Completes and records the previous item of the open loop.
    pub fn keep_item(&mut self) -> Keeping {
        self.each_mut().keep_item()
    }

    /// Enters the item of the open loop with this key. Returns whether it was done in an earlier
    /// process.
    ///
    /// # Errors
    /// Returns an error if another item has the key.
    pub fn is_done<K: ItemKey + ?Sized>(&mut self, key: &K) -> Result<bool, JournalError> {
        let each = self.each_mut();
        let Some(keyed) = &mut each.keyed else { return Ok(false) };
        let is_done = keyed.is_done(key)?;
        if is_done {
            each.restore_item();
        }
        Ok(is_done)
    }

    /// Completes and records the last item of the open loop. After a `break`, the item that it left
    /// is not recorded: alone, it would not keep the items behind it from running.
    pub fn keep_last_item(&mut self) -> Keeping {
        let each = self.each_mut();
        match &each.keyed {
            Some(keyed) if keyed.left == 0 => each.keep_item(),
            _ => Keeping::nothing(),
        }
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
            return Err(JournalError::SameKey { step: self.step.clone(), key });
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
    pub fn steps(&self, steps: Steps) -> Steps {
        steps.share.keep_at(self.place.clone());
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

impl KeyedItems {
    /// The place of the item that was entered.
    pub(super) fn place(&self) -> Option<JournalPlace> {
        self.current.as_ref()?.place.clone()
    }

    fn is_done<K: ItemKey + ?Sized>(&mut self, key: &K) -> Result<bool, JournalError> {
        self.left = self.left.saturating_sub(1);
        let key = self.keys.enter(key)?;
        let is_done = key.is_done();
        self.current = Some(key).filter(|_| !is_done);
        Ok(is_done)
    }
}

impl ForEach {
    fn keep_item(&mut self) -> Keeping {
        self.finish_item();
        let key = self.keyed.as_mut().and_then(|keyed| keyed.current.take());
        key.map_or_else(Keeping::nothing, |key| key.keep())
    }
}
