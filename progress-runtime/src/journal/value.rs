//! The values of steps, which a journal keeps.
//!
//! As for the verdict on a value, the macro does not know its type where the step stands. So the way
//! to keep it is a type parameter `K` there, and method resolution chooses `K` at the end of the
//! function.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A value that can be kept.
#[diagnostic::on_unimplemented(
    message = "the value of this step cannot be kept: `{Self}` does not implement `Serialize` and `DeserializeOwned`; implement them, or mark the step `#[repeat]`",
    label = "a durable workflow keeps this value",
    note = "for a type of your own: `#[derive(serde::Serialize, serde::Deserialize)]`"
)]
pub trait Kept: Sized {
    /// Writes the value.
    ///
    /// # Errors
    /// Returns an error for a value that is no JSON.
    fn to_json(&self) -> serde_json::Result<String>;

    /// Reads the value.
    ///
    /// # Errors
    /// Returns an error for the text of another type.
    fn from_json(json: &str) -> serde_json::Result<Self>;
}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned> Kept for T {
    fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }

    fn from_json(json: &str) -> serde_json::Result<Self> {
        serde_json::from_str(json)
    }
}

/// A way to keep values of type `T`.
pub trait Keeper<T> {
    /// Writes the value.
    ///
    /// # Errors
    /// Returns an error for a value that is no JSON.
    fn to_json(value: &T) -> serde_json::Result<String>;

    /// Reads the value.
    ///
    /// # Errors
    /// Returns an error for the text of another type.
    fn from_json(json: &str) -> serde_json::Result<T>;
}

/// A value of type `T` that is kept by `K`. It exists for the type checker only.
pub struct KeptBy<T, K>(PhantomData<fn(T, K)>);

impl<T, K> KeptBy<T, K> {
    pub(crate) fn new() -> Self {
        Self(PhantomData)
    }

    /// The probe whose method `keeper` chooses `K`.
    pub fn probe(self) -> KeptProbe<T> {
        KeptProbe(PhantomData)
    }

    /// Says that `K` is the type of this keeper.
    pub fn by(self, _: K) {}
}

impl<T, K> Clone for KeptBy<T, K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, K> Copy for KeptBy<T, K> {}

/// A type to choose a [`Keeper`] for. Method resolution tries the traits below from `&&KeptProbe`
/// down to `KeptProbe`.
pub struct KeptProbe<T>(PhantomData<fn(T)>);

/// The value is a result. A step that ends well has returned `Ok`, so its content is kept.
pub struct OfOk;

impl<T: Kept, E> Keeper<Result<T, E>> for OfOk {
    fn to_json(value: &Result<T, E>) -> serde_json::Result<String> {
        match value {
            Ok(value) => value.to_json(),
            // A type of the user's judges this error as a success.
            Err(_) => Err(serde::ser::Error::custom("it is an `Err`, of which only `Ok` is kept")),
        }
    }

    fn from_json(json: &str) -> serde_json::Result<Result<T, E>> {
        T::from_json(json).map(Ok)
    }
}

/// Chooses `OfOk`.
pub trait KeepsOk {
    /// The keeper.
    fn keeper(&self) -> OfOk {
        OfOk
    }
}

impl<T, E> KeepsOk for &&KeptProbe<Result<T, E>> {}

/// A borrowed value, or one of the types of the standard library that contain such, which cannot be
/// kept. Nothing implements this. Otherwise, the compiler would say only that an implementation is
/// not general enough, as it does for a type of the user's.
#[diagnostic::on_unimplemented(
    message = "the value of this step cannot be kept: it is borrowed, or contains what is; return an owned value, such as a `String` for a `&str`, or mark the step `#[repeat]`",
    label = "a durable workflow keeps this value"
)]
pub trait Owned: Kept {}

/// The value is a reference, or contains references.
pub struct OfReference;

impl<T: Owned> Keeper<T> for OfReference {
    fn to_json(value: &T) -> serde_json::Result<String> {
        value.to_json()
    }

    fn from_json(json: &str) -> serde_json::Result<T> {
        T::from_json(json)
    }
}

/// Chooses `OfReference`.
pub trait KeepsReference {
    /// The keeper.
    fn keeper(&self) -> OfReference {
        OfReference
    }
}

impl<T: ?Sized> KeepsReference for &KeptProbe<&T> {}

impl<T: ?Sized> KeepsReference for &KeptProbe<Option<&T>> {}
impl<T: ?Sized> KeepsReference for &KeptProbe<Vec<&T>> {}
impl<T: ?Sized> KeepsReference for &KeptProbe<Box<[&T]>> {}
impl<T: ?Sized, const N: usize> KeepsReference for &KeptProbe<[&T; N]> {}
impl<T: ?Sized> KeepsReference for &KeptProbe<VecDeque<&T>> {}
impl<T: ?Sized> KeepsReference for &KeptProbe<BTreeSet<&T>> {}
impl<T: ?Sized, S> KeepsReference for &KeptProbe<HashSet<&T, S>> {}
impl<T: ?Sized, V> KeepsReference for &KeptProbe<BTreeMap<&T, V>> {}
impl<T: ?Sized, V, S> KeepsReference for &KeptProbe<HashMap<&T, V, S>> {}
impl<A: ?Sized, B> KeepsReference for &KeptProbe<(&A, B)> {}
impl<A: ?Sized, B, C> KeepsReference for &KeptProbe<(&A, B, C)> {}

/// Any other value.
pub struct OfValue;

impl<T: Kept> Keeper<T> for OfValue {
    fn to_json(value: &T) -> serde_json::Result<String> {
        value.to_json()
    }

    fn from_json(json: &str) -> serde_json::Result<T> {
        T::from_json(json)
    }
}

/// Chooses `OfValue`.
pub trait KeepsValue {
    /// The keeper.
    fn keeper(&self) -> OfValue {
        OfValue
    }
}

impl<T> KeepsValue for KeptProbe<T> {}
