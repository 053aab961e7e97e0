//! Tokens behind the arguments of an attribute: `#[step(1, "Saving"), uncancellable]`.

use super::names::{NAMES, is_bare};
use crate::diagnostics::Diagnostics;
use crate::syntax::tokens::{is_parenthesis, is_punct, is_word, regroup};
use proc_macro2::{Group, TokenStream, TokenTree};

/// Reports what follows the arguments of an attribute of ours, and cuts it off. The group is that in
/// the brackets.
pub(crate) fn cut(attribute: &Group, errors: &mut Diagnostics) -> Option<Group> {
    let named = |token: &TokenTree| NAMES.iter().find(|ours| is_word(token, ours)).copied();
    let mut kept: Vec<_> = attribute.stream().into_iter().collect();
    let name = kept.first().and_then(named)?;
    let arguments = match kept.get(1)? {
        token if is_parenthesis(token) => 1,
        TokenTree::Punct(sign) if ",;.".contains(sign.as_char()) => 0,
        TokenTree::Ident(_) | TokenTree::Literal(_) => 0,
        // The reader of the attribute reports these.
        TokenTree::Punct(_) | TokenTree::Group(_) => return None,
    };
    let rest = kept.split_off(1 + arguments);
    let first = rest.first()?;
    let next = rest.iter().find(|token| !is_punct(Some(token), ',')).and_then(named);
    let parentheses = if arguments == 0 { "" } else { "(…)" };
    match next {
        Some(next) => {
            let message = format!(
                "`#[{name}{parentheses}]` ends here: `#[{next}]` is an attribute of its own"
            );
            errors.at(first.span(), message);
        }
        // The missing parentheses are the mistake, which the reader of the attribute reports.
        None if arguments == 0 && !is_bare(name) => {}
        None => {
            errors.at(first.span(), format!("`#[{name}{parentheses}]` ends here; remove this"));
        }
    }
    Some(regroup(attribute, kept.into_iter().collect::<TokenStream>()))
}
