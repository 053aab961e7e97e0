//! The statements of a list, with its steps expanded.

use super::step;
use super::{Context, quote_mixed};
use crate::ast::{List, Node};
use proc_macro2::TokenStream;
use quote::ToTokens;

/// Whether the cancel flag was checked since code of the user's last ran.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Checked {
    Already,
    NotYet,
}

/// What follows a step.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Next {
    /// A step that opens before it does anything else.
    Opens,
    Other,
}

pub(super) fn list(list: &List, mut checked: Checked, context: &Context) -> TokenStream {
    let mut statements = TokenStream::new();
    for (index, node) in list.nodes.iter().enumerate() {
        match node {
            Node::Plain(stmt) | Node::Unclear(stmt, _) => {
                stmt.to_tokens(&mut statements);
                checked = Checked::NotYet;
            }
            Node::Step(step) => {
                let next = match list.nodes.get(index + 1) {
                    // The two expansions that an editor compares differ in the typed word only.
                    Some(Node::Step(next)) if step::opens_at_once(next) && !context.for_editor => {
                        Next::Opens
                    }
                    _ => Next::Other,
                };
                let (statement, ends_with) = step::statement(step, checked, next, context);
                statements.extend(statement);
                checked = ends_with;
            }
        }
    }
    // An `if` at the end would be the value of the block.
    if !list.nodes.is_empty() && checked == Checked::Already {
        statements.extend(quote_mixed!(;));
    }
    statements
}
