//! `#[step]` among the arguments of a macro, which no stage can read.

use crate::syntax::tokens::{is_bracket, is_punct, is_word, regroup};
use proc_macro2::{TokenStream, TokenTree};
use syn::Macro;

/// The first `#[step(…)]` in the arguments of a macro. Those of a workflow are its own.
pub(crate) fn first(mac: &Macro) -> Option<TokenStream> {
    let mut steps = Steps(None);
    if !is_workflow(mac) {
        steps.without(mac.tokens.clone());
    }
    steps.0
}

/// Removes all of them, for rustc to find nothing that was reported.
pub(crate) fn strip(mac: &mut Macro) -> bool {
    let mut steps = Steps(None);
    if !is_workflow(mac) {
        mac.tokens = steps.without(mac.tokens.clone());
    }
    steps.0.is_some()
}

fn is_workflow(mac: &Macro) -> bool {
    mac.path.segments.last().is_some_and(|last| last.ident == "workflow")
}

struct Steps(Option<TokenStream>);

impl Steps {
    fn without(&mut self, tokens: TokenStream) -> TokenStream {
        let mut left: Vec<TokenTree> = Vec::new();
        for token in tokens {
            match token {
                TokenTree::Group(group)
                    if is_punct(left.last(), '#') && is_step(&group.clone().into()) =>
                {
                    let attribute = left.pop().into_iter().chain([group.into()]).collect();
                    self.0.get_or_insert(attribute);
                }
                TokenTree::Group(group) => {
                    let of_workflow = matches!(&left[..],
                        [.., name, sign] if is_word(name, "workflow") && is_punct(Some(sign), '!'));
                    left.push(match of_workflow {
                        true => group.into(),
                        false => regroup(&group, self.without(group.stream())).into(),
                    });
                }
                token => left.push(token),
            }
        }
        left.into_iter().collect()
    }
}

/// Whether a token is `[step(…)]`.
fn is_step(token: &TokenTree) -> bool {
    let TokenTree::Group(group) = token else { return false };
    let mut inside = group.stream().into_iter();
    is_bracket(token)
        && inside.next().is_some_and(|name| is_word(&name, "step"))
        && matches!(inside.next(), Some(TokenTree::Group(_)))
}
