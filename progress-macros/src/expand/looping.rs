//! `for`: a slice of the share for every item, one after another or several at a time.

use super::context::Context;
use super::ends::{reason, title};
use super::quote::quote_mixed;
use super::{durable, parallel, share};
use crate::ast::{ForBody, ForStep, Step};
use crate::syntax::uses;
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;
use syn::visit::Visit;
use syn::{Block, Expr};

pub(super) fn each(
    step: &Step,
    each: &ForStep,
    inner: impl FnOnce(&Context) -> Option<TokenStream>,
    context: &Context,
) -> TokenStream {
    let context = &durable::inside(step, context);
    if let Some((_, limit)) = &step.attrs.concurrent {
        let context = context.in_separate_future();
        let inner = inner(&context);
        return concurrent(step, each, limit, inner, &context);
    }
    let inner = inner(context);
    let at = step.at();
    let (index, title, reason) = (step.position(), title(step), reason(step));
    let ForStep { label, for_token, pat, in_token, body, .. } = each;
    // The code that used the label may have been replaced.
    let allow = (context.failed && label.is_some()).then(|| quote_mixed!(#[allow(unused_labels)]));
    let body = match body {
        ForBody::Items(block) => {
            let share = share::variable(step, uses_share(block, context), context);
            let stmts = &block.stmts;
            quote_spanned!(at=> #share = __each.item(); #(#stmts)*)
        }
        ForBody::Steps(_) => {
            quote_spanned!(at=> let mut __steps = __each.item_steps(); #inner)
        }
    };
    let boundary = context.boundary(at);
    let (start, item, end) = match durable::each(step, &reason, context) {
        Some(durable::KeyedLoop { start, item, end }) => (start, Some(item), Some(end)),
        None => {
            let each = quote_spanned!(at=> __steps.each(#index, __items.len(), #reason));
            let hint = durable::key_hint(step, context);
            (quote_spanned!(at=> let mut __each = #each;), hint, None)
        }
    };
    let rest = quote_spanned! {at=>
        #start
        #allow #label #for_token #pat #in_token __items {
            #boundary
            #item
            #body
        }
        #end
        __steps.close(#index);
    };
    let body = with_items(step, each, &rest, context);
    quote_spanned! {at=>
        #title
        __steps.enter(#index);
        #body
    }
}

/// Binds the items and their number for the loop. As the scrutinee of a `match` they keep their
/// temporaries, as in the head of a plain `for`. The call has the span of the `in`, so that rustc's
/// messages point at the items only.
fn with_items(step: &Step, each: &ForStep, rest: &TokenStream, context: &Context) -> TokenStream {
    let (at, expr) = (step.at(), &each.items);
    let span = Span::mixed_site().located_at(each.in_token.span);
    let items = quote_spanned!(span=> __rt::items(#expr));
    // In a `let` of its own, half-written code breaks nothing.
    match context.for_editor {
        true => quote_spanned!(at=> let __items = #items; #rest),
        false => quote_spanned!(at=> match #items { __items => { #rest } }),
    }
}

fn concurrent(
    step: &Step,
    each: &ForStep,
    limit: &Expr,
    inner: Option<TokenStream>,
    context: &Context,
) -> TokenStream {
    let at = step.at();
    let (index, title, reason) = (step.position(), title(step), reason(step));
    let (result, question) = parallel::result(step.fails() || context.durable, context);
    let mut variable = Ident::new("__steps", Span::mixed_site());
    let (item, binding, statements) = match &each.body {
        ForBody::Items(block) => {
            let named = uses_share(block, context);
            let progress = share::name(step, context);
            let binding = if named {
                quote_spanned!(at=> mut #progress)
            } else {
                quote_spanned!(at=> __progress)
            };
            variable = if named { progress } else { Ident::new("__progress", at) };
            let stmts = &block.stmts;
            (quote_spanned!(at=> __set.item()), binding, quote_spanned!(at=> #(#stmts)*))
        }
        ForBody::Steps(_) => (
            quote_spanned!(at=> __set.item_steps()),
            quote_spanned!(at=> mut __steps),
            inner.unwrap_or_default(),
        ),
    };
    let judged = context.judged.declarations();
    let end = quote_spanned!(at=> __rt::wrap::<#result, ()>(()));
    let end = context.judged.returning(end, &context.runtime);
    let label = each.item_label.as_ref().map(|label| quote_spanned!(at=> #label:));
    let statements = quote_spanned!(at=> #label { #statements });
    let keyed = durable::concurrent(step, context);
    let (start, keys, binding_of_keys, statements) = match keyed {
        Some(durable::KeyedSet { start, keys }) => (
            Some(start),
            Some(quote_spanned!(at=> , #keys)),
            Some(quote_spanned!(at=> , __keys)),
            durable::concurrent_item(step, each, &variable, &statements),
        ),
        None => {
            let hint = durable::key_hint(step, context);
            (None, None, None, quote_spanned!(at=> #hint #statements))
        }
    };
    let (for_token, in_token, pat) = (&each.for_token, &each.in_token, &each.pat);
    let rest = quote_spanned! {at=>
        #start
        let mut __set = __steps.concurrent::<#result, _>(#index, __items.len(), #limit, #reason);
        #for_token __item #in_token __items {
            __set.room().await #question;
            let __item = __rt::OwnedItem::new((__item, #item #keys));
            __set.push(async {
                #[allow(unused_mut)]
                let (#pat, #binding #binding_of_keys) = __item.into_inner();
                #judged
                #statements;
                #end
            });
        }
        __set.finish().await #question;
        __steps.close(#index);
    };
    let body = with_items(step, each, &rest, context);
    quote_spanned! {at=>
        #title
        __steps.enter(#index);
        #body
    }
}

fn uses_share(block: &Block, context: &Context) -> bool {
    uses::first_use(|reading| reading.visit_block(block), &context.progress).is_some()
}
