//! Tokens that are left over at the end of a group.

use crate::attrs;
use crate::recover::starts_at;
use crate::syntax::tokens::{is_bracket, is_punct, is_word};
use proc_macro2::{Span, TokenStream, TokenTree};

/// The error of the parser about a token that is left over, in the words of a user.
pub(super) fn plain(error: &syn::Error, tokens: TokenStream) -> syn::Error {
    let message = in_attribute(tokens, error.span())
        .unwrap_or_else(|| "this does not belong here; remove it".to_owned());
    syn::Error::new(error.span(), message)
}

/// The message about a token that stands behind the arguments of an attribute of ours.
fn in_attribute(tokens: TokenStream, stray: Span) -> Option<String> {
    let mut hash = false;
    for token in tokens {
        if let TokenTree::Group(group) = &token {
            let inside: Vec<_> = group.stream().into_iter().collect();
            let name = inside.first().filter(|_| hash && is_bracket(&token));
            let name = name.and_then(|first| attrs::NAMES.iter().find(|ours| is_word(first, ours)));
            let at = inside.iter().position(|token| starts_at(token, stray));
            if let (Some(name), Some(at)) = (name, at) {
                let rest = inside.iter().skip(at).skip_while(|token| is_punct(Some(token), ','));
                let next = rest
                    .take(1)
                    .find_map(|token| attrs::NAMES.iter().find(|ours| is_word(token, ours)));
                return Some(match next {
                    Some(next) => {
                        format!("`#[{name}(…)]` ends here: `#[{next}]` is an attribute of its own")
                    }
                    None => format!("`#[{name}(…)]` ends here; remove this"),
                });
            }
            if let Some(message) = in_attribute(group.stream(), stray) {
                return Some(message);
            }
        }
        hash = is_punct(Some(&token), '#');
    }
    None
}
