//! The values of the items of a loop, until the collection of the user's is made of them.

use std::iter::Flatten;
use std::sync::{Mutex, PoisonError};
use std::vec;

use crate::sync::lock;

/// The values of items that run one after the other.
pub struct ItemValues<T>(Vec<T>);

impl<T> ItemValues<T> {
    /// No values yet.
    #[expect(clippy::new_without_default, reason = "only the macro makes one")]
    pub fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds the value of an item.
    pub fn push(&mut self, value: T) {
        self.0.push(value);
    }
}

impl<T> IntoIterator for ItemValues<T> {
    type Item = T;
    type IntoIter = vec::IntoIter<T>;

    fn into_iter(self) -> vec::IntoIter<T> {
        self.0.into_iter()
    }
}

/// The values of concurrent items, in the order of the items.
pub struct ConcurrentValues<T>(Mutex<Vec<Option<T>>>);

impl<T> ConcurrentValues<T> {
    /// No values yet.
    #[expect(clippy::new_without_default, reason = "only the macro makes one")]
    pub fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    /// The place for the value of the next item, which stays empty if the item gives none.
    pub fn slot(&self) -> ValueSlot<'_, T> {
        let mut values = lock(&self.0);
        values.push(None);
        ValueSlot { values: &self.0, index: values.len() - 1 }
    }
}

impl<T> IntoIterator for ConcurrentValues<T> {
    type Item = T;
    type IntoIter = Flatten<vec::IntoIter<Option<T>>>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter().flatten()
    }
}

/// The place for the value of a concurrent item.
pub struct ValueSlot<'a, T> {
    values: &'a Mutex<Vec<Option<T>>>,
    index: usize,
}

impl<T> ValueSlot<'_, T> {
    /// Keeps the value of the item.
    pub fn fill(self, value: T) {
        if let Some(slot) = lock(self.values).get_mut(self.index) {
            *slot = Some(value);
        }
    }
}
