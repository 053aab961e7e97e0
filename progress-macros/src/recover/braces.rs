//! A `let … else` whose value ends in a brace, which Rust takes for the end of the statement.

use super::separate::starts_at;
use crate::diagnostics::Diagnostics;
use crate::syntax::tokens::{is_brace, is_punct, is_word, regroup};
use proc_macro2::{Span, TokenStream, TokenTree};
use quote::quote;

const PARENTHESES: &str =
    "a value that ends in a brace needs parentheses before `else`: `let … = (…) else { … }`";

const COLLECTION: &str = "a `for` gives the values of its items as a collection, without an \
     `else`: `let all: Vec<_> = for …`";

const UNBOUNDED: &str = "a `while` gives no value, and has no `else`";

/// Puts a message in the place of the value in front of the `else` at `span`.
pub(super) fn before_else(
    span: Span,
    tokens: &TokenStream,
    errors: &mut Diagnostics,
) -> Option<TokenStream> {
    let mut done: Vec<TokenTree> = Vec::new();
    let mut tokens = tokens.clone().into_iter();
    while let Some(token) = tokens.next() {
        if starts_at(&token, span) {
            let is_else = is_word(&token, "else") && done.last().is_some_and(is_brace);
            let start = is_else.then(|| value_start(&done)).flatten()?;
            let message = message(done.get(start)?);
            let (message, _) = errors.in_place(span, message);
            // Without parentheses it would end in a brace too.
            let message = quote!((#message));
            done.truncate(start);
            return Some(done.into_iter().chain(message).chain([token]).chain(tokens).collect());
        }
        if let TokenTree::Group(group) = &token
            && let Some(inside) = before_else(span, &group.stream(), errors)
        {
            done.push(regroup(group, inside).into());
            done.extend(tokens);
            return Some(done.into_iter().collect());
        }
        done.push(token);
    }
    None
}

fn message(first: &TokenTree) -> &'static str {
    match first {
        first if is_word(first, "for") => COLLECTION,
        first if is_word(first, "while") => UNBOUNDED,
        _ => PARENTHESES,
    }
}

/// Where the value begins in the last statement, which is a `let`.
fn value_start(statement: &[TokenTree]) -> Option<usize> {
    let end = statement.iter().rposition(|token| is_punct(Some(token), ';'));
    let start = end.map_or(0, |end| end + 1);
    let word = start + statement[start..].iter().position(|token| is_word(token, "let"))?;
    let sign = word + statement[word..].iter().position(|token| is_punct(Some(token), '='))?;
    Some(sign + 1)
}
