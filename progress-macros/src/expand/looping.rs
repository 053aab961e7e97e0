//! `for`: a slice of the share for every item, one after another or several at once.

use super::step::{reason, title};
use super::{Asked, Context, list, own, parallel, share};
use crate::check::shape;
use crate::plan::{Body, Flow, Step};
use crate::syntax;
use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::visit::Visit;
use syn::{Block, ExprForLoop};

pub(super) fn each(
    step: &Step,
    head: &ExprForLoop,
    body: &Body,
    flow: Flow,
    context: &Context,
) -> TokenStream {
    let at = step.at();
    let (index, title, reason) = (step.position(), title(step), reason(step));
    let items = items(head);
    if let Some((_, limit)) = &step.marks.concurrent {
        return concurrent(step, head, body, flow, limit, context);
    }
    let ExprForLoop { label, for_token, pat, in_token, .. } = head;
    // What went to the label may have been taken out.
    let quiet = (context.failed && label.is_some()).then(|| own!(#[allow(unused_labels)]));
    let body = match body {
        Body::Items(block) => {
            let share = share::variable(step, block_names(block, context), context);
            let stmts = &block.stmts;
            quote_spanned!(at=> #share = __each.item(); #(#stmts)*)
        }
        Body::Steps(inner) => {
            let statements = list(inner, Asked::Already, context);
            quote_spanned!(at=> let mut __steps = __each.item_steps(); #statements)
        }
    };
    let boundary = context.boundary(at);
    quote_spanned! {at=>
        #title
        __steps.enter(#index);
        #items
        let mut __each = __steps.each(#index, __items.len(), #reason);
        #quiet #label #for_token #pat #in_token __items {
            #boundary
            #body
        }
        __steps.close(#index);
    }
}

/// The items, with their number. The call stands beside them, at the `in`, so that rustc points at nothing but them.
fn items(head: &ExprForLoop) -> TokenStream {
    let expr = &head.expr;
    let at = Span::mixed_site().located_at(head.in_token.span);
    quote_spanned!(at=> let __items = __rt::items(#expr);)
}

fn concurrent(
    step: &Step,
    head: &ExprForLoop,
    body: &Body,
    flow: Flow,
    limit: &syn::Expr,
    context: &Context,
) -> TokenStream {
    let at = step.at();
    let (index, title, reason) = (step.position(), title(step), reason(step));
    let items = items(head);
    let (result, question) = parallel::result(flow.fails, context);
    let (item, binding, statements) = match body {
        Body::Items(block) => {
            let named = block_names(block, context);
            let progress = share::name(step, context);
            let binding = if named {
                quote_spanned!(at=> mut #progress)
            } else {
                quote_spanned!(at=> __progress)
            };
            let stmts = &block.stmts;
            (quote_spanned!(at=> __set.item()), binding, quote_spanned!(at=> #(#stmts)*))
        }
        Body::Steps(inner) => (
            quote_spanned!(at=> __set.item_steps()),
            quote_spanned!(at=> mut __steps),
            list(inner, Asked::NotYet, &context.apart()),
        ),
    };
    let label = flow.continues.then(|| {
        let label = shape::item_label();
        quote_spanned!(at=> #label:)
    });
    let statements = quote_spanned!(at=> #label { #statements });
    let (for_token, in_token, pat) = (&head.for_token, &head.in_token, &head.pat);
    quote_spanned! {at=>
        #title
        __steps.enter(#index);
        #items
        let mut __set = __steps.concurrent::<#result, _>(#index, __items.len(), #limit, #reason);
        #for_token __item #in_token __items {
            __set.room().await #question;
            let __item = __rt::Owned::new((__item, #item));
            __set.push(async {
                #[allow(unused_mut)]
                let (#pat, #binding) = __item.into_inner();
                #statements;
                __rt::wrap::<#result, ()>(())
            });
        }
        __set.finish().await #question;
        __steps.close(#index);
    }
}

fn block_names(block: &Block, context: &Context) -> bool {
    syntax::names(|names| names.visit_block(block), &context.progress).is_some()
}
