//! `#[parallel]`: each branch of a tuple is a future of its own in this task.

use super::context::Context;
use super::ends::title;
use super::quote::quote_mixed;
use super::statements::Statements;
use crate::ast::{BRANCHES, Step};
use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote_spanned};
use syn::Type;

/// The context of the branches. If their number was reported they are no futures of their own, but
/// their values still have the types that the code after them needs.
pub(super) fn context(branches: &[Step], context: &Context) -> Context {
    match BRANCHES.contains(&branches.len()) {
        true => context.in_separate_future(),
        false => context.clone(),
    }
}

pub(super) fn branches(
    step: &Step,
    branches: &[Step],
    context: &Context,
    value: impl Fn(&Step, &Context) -> TokenStream,
) -> Statements {
    let at = step.at();
    let (index, title) = (step.position(), title(step));
    let (result, question) = result(step.fails() || context.durable, context);
    if !BRANCHES.contains(&branches.len()) {
        let values = branches.iter().map(|branch| value(branch, context));
        return Statements::new(quote_spanned! {at=>
            #title
            let mut __steps = __steps.group(#index);
            (#(#values,)*)
        });
    }
    let mut handles = TokenStream::new();
    let mut futures = TokenStream::new();
    for branch in branches {
        let context = context.in_separate_future();
        let value = value(branch, &context);
        let judged = context.judged.declarations();
        let end = quote_spanned!(at=> __rt::wrap::<#result, _>(__value));
        let end = context.judged.returning(end, &context.runtime);
        let position = branch.position();
        let handle = format_ident!("__b{}", branch.index, span = Span::mixed_site());
        let attrs = &branch.foreign_attrs;
        handles.extend(quote_spanned!(at=> let #handle = __branches.branch(#position);));
        futures.extend(quote_spanned! {at=>
            #(#attrs)*
            async {
                let mut __steps = #handle.into_inner();
                #judged
                let __value = #value;
                #end
            },
        });
    }
    Statements::new(quote_spanned! {at=>
        #title
        let __branches = __steps.parallel(#index);
        #handles
        let __values = __rt::parallel::<#result, _>(&__branches, (#futures)).await #question;
        __steps.close(#index);
        __values
    })
}

/// The result type of the futures, and the `?` behind it: the workflow's return type if they can
/// fail.
pub(super) fn result(fails: bool, context: &Context) -> (TokenStream, Option<TokenStream>) {
    let returns = &context.failure;
    // If `?` has nothing to return, rustc's message about the user's own `?` is the best one.
    if fails && !is_unit(returns) {
        let question = quote_spanned!(Span::mixed_site()=> ?);
        (quote_mixed!(#returns), Some(question))
    } else {
        (quote_mixed!(__rt::Always), None)
    }
}

pub(super) fn is_unit(ty: &Type) -> bool {
    match ty {
        Type::Tuple(tuple) => tuple.elems.is_empty(),
        Type::Verbatim(tokens) => tokens.to_string() == "()",
        _ => false,
    }
}
