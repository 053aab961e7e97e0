//! The tree of shares: the truth of a run, and the number that is made of it.
//!
//! A [`Node`] is one share. Its owner counts in `position`, with one relaxed load and store and
//! nothing else, and sets its message in a [`MessageCell`]. The meaning of the count lies in the
//! parent's [`Children`], under the parent's lock: the
//! [`Scale`](crate::scale::Scale) and the state in a [`Slot`], the times and texts in [`Details`].
//! A share with children has its scale in its own `Children`, so that opening and ending them takes
//! one lock.
//!
//! # Lock order
//!
//! Locks are taken from the root downwards.
//!
//! - A verb about the share itself (a length, a fall) locks the parent's children, then its own.
//! - A verb about its children (opening, ending) locks its own children, then those of the children
//!   that end.
//! - A reader holds each lock until it is done with everything below.
//!
//! No code of the user's runs while one of these locks is held: no `Display`, no logger, no
//! reporter, no drop.
//!
//! # Invariants
//!
//! - A child is read and folded into its parent under the same lock: a reader neither misses nor
//!   counts twice a child that ends meanwhile.
//! - Each change replaces a part of the sum by one that is as large or larger, so the number never
//!   falls.
//! - A node that is dismantled holds its children no longer. A step that has ended keeps its inner
//!   steps until the run is dropped, so no cycle outlives a run.

mod cells;
mod children;
mod data;
mod details;
#[cfg(feature = "journal")]
mod earlier;
mod ending;
mod estimated;
mod graft;
mod inner;
mod latest_message;
mod location;
#[cfg(all(test, progress_loom))]
mod loom;
mod message;
mod meter;
mod node;
mod operations;
mod read;
mod root;
mod slot;

pub(crate) use data::{CounterCell, Node};
#[cfg(feature = "journal")]
pub(crate) use earlier::{EarlierStep, EndedStep};
pub(crate) use ending::{Ending, Overrun};
pub(crate) use estimated::OwnProgress;
pub(crate) use graft::FollowedJob;
pub(crate) use read::TreeReader;
pub(crate) use root::Tree;
