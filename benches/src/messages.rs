//! The messages that all libraries set.

use std::hint::black_box;

/// A message that is known at compile time.
pub const LITERAL: &str = "reading the index";

/// A message that is formatted at each call.
pub fn numbered(page: u64) -> String {
    format!("reading page {page} of {}", black_box(1_000))
}
