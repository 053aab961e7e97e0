//! `for`: a slice of the share for every item, one after another or several at a time.

use super::context::Context;
use super::ends::{Close, format_args, reason, title};
use super::quote::quote_mixed;
use super::statements::Statements;
use super::values::{self, Values};
use super::{durable, parallel, share, step};
use crate::ast::{ForBody, ForStep, Step};
use crate::syntax::uses;
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;
use syn::visit::Visit;
use syn::{Block, Expr, Stmt};

pub(super) fn each(
    step: &Step,
    each: &ForStep,
    inner: impl FnOnce(&Context) -> Option<TokenStream>,
    close_at: Close,
    context: &Context,
) -> Statements {
    let closed = values::closed(step, close_at, context);
    let context = &durable::inside(step, context);
    if let Some((_, limit)) = &step.attrs.concurrent {
        let context = context.in_separate_future();
        let inner = inner(&context);
        let running = concurrent(step, each, limit, inner, &context);
        return Statements::new(quote_spanned!(step.at()=> #running #closed));
    }
    let inner = inner(context);
    let at = step.at();
    let (index, title, reason) = (step.position(), title(step), reason(step));
    let ForStep { label, for_token, pat, in_token, body, .. } = each;
    // The code that used the label may have been replaced.
    let allow = (context.failed && label.is_some()).then(|| quote_mixed!(#[allow(unused_labels)]));
    let (body, braces) = match body {
        ForBody::Items(block) => {
            (item(step, each, block, context), item_braces(step, block, context))
        }
        ForBody::Steps(list) => {
            let body = quote_spanned!(at=> let mut __steps = __steps.item_steps(); #inner);
            (body, step::braces(step, list))
        }
    };
    let body = values::kept(step, each, body);
    let values = Values::of(step).before;
    let name = step.attrs.item.as_ref().map(|(_, name)| {
        let name = format_args(name);
        quote_spanned!(at=> __steps.name_next(#name);)
    });
    let boundary = context.boundary(at);
    let durable::Loop { each: method, before, end } = durable::each(step, in_token.span, context);
    // The call has the span of the `in`, so that rustc's messages point at the items only.
    let span = Span::mixed_site().located_at(in_token.span);
    let items = items(each);
    let items = quote_spanned!(span=> (__steps).#method(#index, #items, #reason));
    // In a `let` of its own, half-written code breaks nothing.
    let (bound, items) = match context.for_editor {
        true => (Some(quote_spanned!(at=> let __items = #items;)), quote_spanned!(at=> __items)),
        false => (None, items),
    };
    let body = quote_spanned!(at=> #boundary #before #name #body);
    let body = quote_spanned!(braces=> { #body });
    Statements::new(quote_spanned! {at=>
        #title
        __steps.enter(#index);
        #values
        #bound
        #allow #label #for_token #pat #in_token #items #body
        #end
        #closed
    })
}

/// The braces of an item. With the user's, the user's edition decides when the temporaries of its
/// value are dropped, which cannot live longer than a share that they borrow. A value that is
/// collected has braces of its own.
fn item_braces(step: &Step, block: &Block, context: &Context) -> Span {
    match block.stmts.last() {
        Some(Stmt::Expr(value, None))
            if !step.collects() && !share::is_borrowed(value, context) =>
        {
            block.brace_token.span.join()
        }
        _ => step.at(),
    }
}

/// The statements of an item. If the share is an argument in the first one, the item starts in its
/// place, as a step does.
fn item(step: &Step, each: &ForStep, block: &Block, context: &Context) -> TokenStream {
    let at = step.at();
    let stmts = &block.stmts;
    let named = uses_share(each, block, context);
    if named
        && let [first, rest @ ..] = &stmts[..]
        && let Some(first) = handed(first, context)
        && !rest.iter().any(|stmt| {
            uses::first_use(|reading| reading.visit_stmt(stmt), &context.progress).is_some()
        })
    {
        return quote_spanned!(at=> #first #(#rest)*);
    }
    let share = share::variable(step, named, context);
    quote_spanned!(at=> #share = __steps.item(); #(#stmts)*)
}

/// A statement with its share handed over.
fn handed(stmt: &Stmt, context: &Context) -> Option<TokenStream> {
    let Stmt::Expr(expr, semi) = stmt else { return None };
    let call = share::handed(expr, "item", None, context)?;
    Some(quote_mixed!(#call #semi))
}

/// The items and their number.
fn items(each: &ForStep) -> TokenStream {
    let expr = &each.items;
    let span = Span::mixed_site().located_at(each.in_token.span);
    quote_spanned!(span=> __rt::items(#expr))
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
    let (take, binding, statements) = match &each.body {
        ForBody::Items(block) => {
            let named = uses_share(each, block, context);
            let progress = share::name(step, context);
            let binding = if named {
                quote_spanned!(at=> mut #progress)
            } else {
                quote_spanned!(at=> __progress)
            };
            variable = if named { progress } else { Ident::new("__progress", at) };
            let stmts = &block.stmts;
            (quote_spanned!(at=> item), binding, quote_spanned!(at=> #(#stmts)*))
        }
        ForBody::Steps(_) => (
            quote_spanned!(at=> item_steps),
            quote_spanned!(at=> mut __steps),
            inner.unwrap_or_default(),
        ),
    };
    let judged = context.judged.declarations();
    let end = quote_spanned!(at=> __rt::wrap::<#result, ()>(()));
    let end = context.judged.returning(end, &context.runtime);
    let label = each.item_label.as_ref().map(|label| quote_spanned!(at=> #label:));
    let statements = values::kept(step, each, statements);
    let statements = quote_spanned!(at=> #label { #statements });
    let Values { before, slot } = Values::of(step);
    let name = step.attrs.item.as_ref().map(|(_, name)| {
        let name = format_args(name);
        quote_spanned!(at=> #variable.name_item(#name);)
    });
    let (keys, statements) = durable::concurrent(step, each, &variable, statements, context);
    let (pat, items) = (&each.pat, items(each));
    let set = quote_spanned! {at=>
        __steps.concurrent::<#result, _, _>(#index, #items, #limit, #reason)
    };
    let running = quote_spanned! {at=>
        while __set.next().await #question {
            let __item = __set.#take();
            #slot
            __set.push(async {
                #[allow(unused_mut)]
                let (#pat, #binding) = __item.into_inner();
                #judged
                #name
                #statements;
                #end
            });
        }
    };
    // As the scrutinee of a `match` the items keep their temporaries, as in the head of a plain
    // `for`. In a `let` of its own, half-written code breaks nothing.
    let running = match context.for_editor {
        true => quote_spanned!(at=> let mut __set = #set; #running),
        false => quote_spanned!(at=> match #set { mut __set => { #running } }),
    };
    quote_spanned! {at=>
        #title
        __steps.enter(#index);
        #before
        #keys
        #running
    }
}

/// Whether the body of the loop names the share, and not an item of that name.
fn uses_share(each: &ForStep, block: &Block, context: &Context) -> bool {
    uses::binding(&each.pat, &context.progress).is_none()
        && uses::first_use(|reading| reading.visit_block(block), &context.progress).is_some()
}
