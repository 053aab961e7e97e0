//! `#[key(expression)]`.

use super::arguments::{Holds, argument};
use super::limits::no_literal;
use crate::diagnostics::Diagnostics;
use syn::{Attribute, Expr};

/// The key of an item, which a literal cannot be: it differs from item to item.
pub(super) fn key(attr: &Attribute, errors: &mut Diagnostics) -> Option<Expr> {
    let holds = Holds { what: "what an item is known by", example: "#[key(batch.id)]" };
    argument(attr, no_literal, &holds, errors)
}
