//! Tokens that are left over at the end of a group.

use crate::attrs;
use crate::diagnostics::Diagnostics;
use crate::syntax::tokens::{is_bracket, is_punct};
use proc_macro2::{TokenStream, TokenTree};

/// Reports the tokens that are left over, in the words of a user. The parser knows the first only,
/// so those behind the arguments of attributes are looked for here. `error` is that of the parser.
pub(super) fn report(error: &syn::Error, tokens: TokenStream, errors: &mut Diagnostics) {
    if !in_attributes(tokens, errors) && errors.reported().is_none() {
        errors.at(error.span(), "this does not belong here; remove it");
    }
}

/// Reports the tokens behind the arguments of attributes of ours. Returns whether there are any.
fn in_attributes(tokens: TokenStream, errors: &mut Diagnostics) -> bool {
    let mut hash = false;
    let mut found = false;
    for token in tokens {
        if let TokenTree::Group(group) = &token {
            let attribute = hash && is_bracket(&token);
            found |= attribute && attrs::behind::cut(group, errors).is_some()
                || in_attributes(group.stream(), errors);
        }
        hash = is_punct(Some(&token), '#');
    }
    found
}
