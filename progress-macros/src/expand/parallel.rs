//! A tuple of branches, each a future of its own in this task.

use super::step::{self, title};
use super::{Checked, Context, quote_mixed};
use crate::ast::{BRANCHES, Step};
use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote_spanned};
use syn::Type;

pub(super) fn branches(step: &Step, branches: &[Step], context: &Context) -> TokenStream {
    let at = step.at();
    let (index, title) = (step.position(), title(step));
    let (result, question) = result(step.fails(), context);
    if !BRANCHES.contains(&branches.len()) {
        // Reported; the values are of the right shape for what follows.
        let values = branches.iter().map(|branch| step::value(branch, Checked::NotYet, context));
        return quote_spanned! {at=>
            #title
            let mut __steps = __steps.group(#index);
            (#(#values,)*)
        };
    }
    let mut handles = TokenStream::new();
    let mut futures = TokenStream::new();
    for branch in branches {
        let position = branch.position();
        let handle = format_ident!("__b{}", branch.index, span = Span::mixed_site());
        let attrs = &branch.foreign_attrs;
        let value = step::value(branch, Checked::NotYet, &context.in_separate_future());
        handles.extend(quote_spanned!(at=> let #handle = __branches.branch(#position);));
        futures.extend(quote_spanned! {at=>
            #(#attrs)*
            async {
                let mut __steps = #handle.into_inner();
                let __value = #value;
                __rt::wrap::<#result, _>(__value)
            },
        });
    }
    quote_spanned! {at=>
        #title
        let __branches = __steps.parallel(#index);
        #handles
        let __values = __rt::parallel::<#result, _>(&__branches, (#futures)).await #question;
        __steps.close(#index);
        __values
    }
}

/// What futures of their own give back, and the `?` that takes it: the workflow's return type where
/// they can fail.
pub(super) fn result(fails: bool, context: &Context) -> (TokenStream, Option<TokenStream>) {
    let returns = &context.returns;
    // Where there is nothing for `?` to return, rustc says so best at the user's own.
    if fails && !is_unit(returns) {
        let question = quote_spanned!(Span::mixed_site()=> ?);
        (quote_mixed!(#returns), Some(question))
    } else {
        (quote_mixed!(__rt::Always), None)
    }
}

fn is_unit(ty: &Type) -> bool {
    match ty {
        Type::Tuple(tuple) => tuple.elems.is_empty(),
        Type::Verbatim(tokens) => tokens.to_string() == "()",
        _ => false,
    }
}
