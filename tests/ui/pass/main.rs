//! Correct workflows, which compile without a warning.
//!
//! A file is a subject. Its test runs its workflows.

#![deny(warnings)]
#![allow(dead_code, missing_docs)]
// The workflows deserve these. `tests/lints.rs` shows them to the pedantic lints too.
#![allow(
    clippy::manual_unwrap_or,
    clippy::manual_unwrap_or_default,
    clippy::never_loop,
    clippy::unused_self,
    clippy::useless_conversion,
    clippy::while_immutable_condition
)]

mod attribute;
mod braces;
mod concurrent;
mod drop_order;
mod durable;
mod hygiene;
mod items;
mod macros;
mod other_attributes;
mod parallel;
mod plain_rust;
mod retry_and_timeout;
mod return_types;
mod signatures;
mod statements;
mod sync;
mod titles;
mod values;
mod weights;
