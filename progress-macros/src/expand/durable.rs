//! `#[durable]`: a step gives its value back if it was done in an earlier process, and is recorded
//! if it ends well now.

use super::context::Context;
use super::ends::{ascription, value_type};
use super::quote::quote_mixed;
use super::statements::Statements;
use crate::ast::{ForBody, ForStep, Step, StepKind, Workflow};
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;
use syn::Expr;
use syn::spanned::Spanned;

/// What a durable workflow adds to the body of its function.
#[derive(Default)]
pub(super) struct Around {
    /// In front of all else: the error of a journal that cannot be kept.
    pub(super) error: Option<TokenStream>,
    /// The variable for the journal, behind those of the root and its steps.
    pub(super) variable: Option<TokenStream>,
}

impl Around {
    pub(super) fn new(context: &Context) -> Self {
        if !context.durable {
            return Self::default();
        }
        let returns = &context.failure;
        // rustc reports an error without the conversions at the return type.
        let at = Span::mixed_site().located_at(context.returns_span);
        Self {
            error: Some(
                quote_spanned!(at=> let __journal_error = __rt::journal_error::<#returns>();),
            ),
            variable: Some(quote_mixed!(, __durable)),
        }
    }

    /// The future, with the journal around it.
    pub(super) fn future(&self, future: TokenStream) -> TokenStream {
        match self.variable {
            Some(_) => quote_mixed!(__durable.around(#future, __journal_error)),
            None => future,
        }
    }
}

/// Whether a workflow is expanded as a durable one. After a mistake, what the journal asks of types
/// is noise, and an editor sees the types of the steps best without it.
pub(super) fn applies(workflow: &Workflow, context: &Context) -> bool {
    workflow.durable.is_some() && !context.failed && !context.for_editor
}

/// Whether the value of a step is given back.
pub(super) fn is_kept(step: &Step, context: &Context) -> bool {
    let has_value = match &step.kind {
        StepKind::Plain(code) => {
            !matches!(code.expr(), Expr::Return(_) | Expr::Break(_) | Expr::Continue(_))
        }
        // Its branches are kept, each by itself.
        StepKind::Parallel { .. } => false,
        _ => true,
    };
    context.durable && step.attrs.repeat.is_none() && has_value
}

/// The context inside a `for`. Without a key, its items are not remembered.
pub(super) fn inside(step: &Step, context: &Context) -> Context {
    context.in_items(context.durable && step.attrs.key.is_some())
}

/// The awaited result of an access to the journal, or the error of the workflow.
pub(super) fn kept(result: &TokenStream, at: Span) -> TokenStream {
    quote_spanned!(at=> __rt::kept(#result, __journal_error)?)
}

/// The value of a step, which is recorded behind it.
pub(super) fn recording(step: &Step, value: Statements, context: &Context) -> Statements {
    let (at, index) = (step.at(), step.position());
    let keeping = if is_kept(step, context) {
        let value_at = Span::mixed_site().located_at(value_span(step));
        quote_spanned!(value_at=> __steps.keep(#index, &__value, __keeper))
    } else if context.durable
        && step.attrs.repeat.is_none()
        && matches!(step.kind, StepKind::Parallel { .. })
    {
        quote_spanned!(at=> __steps.keep_end(#index))
    } else {
        return value;
    };
    let ty = ascription(value_type(step));
    let kept = kept(&quote_spanned!(at=> __keeping.await), at);
    let value = value.block(at);
    // The value is not borrowed while the record is awaited.
    Statements::new(quote_spanned! {at=>
        let __value #ty = #value;
        #[allow(unreachable_code)]
        {
            let __keeping = #keeping;
            #kept;
        }
        __value
    })
}

/// The value of a step, unless it was done in an earlier process.
pub(super) fn recalling(step: &Step, value: Statements, context: &Context) -> Statements {
    if !is_kept(step, context) {
        return value;
    }
    let (at, index) = (step.at(), step.position());
    let value_at = Span::mixed_site().located_at(value_span(step));
    let keeper = context.judged.keeper(value_at);
    let recall = quote_spanned!(value_at=> __steps.recall(#index));
    let kept = kept(&quote_spanned!(at=> __recalled), at);
    let value = value.block(at);
    Statements::new(quote_spanned! {at=>
        let (__recalled, __keeper) = #recall;
        #keeper = __keeper;
        match #kept {
            __rt::core::option::Option::Some(__value) => __value,
            __rt::core::option::Option::None => #value
        }
    })
}

/// Where rustc reports a value that cannot be kept: at its type, or at the code that it comes from.
fn value_span(step: &Step) -> Span {
    match (value_type(step), &step.kind) {
        (Some(ty), _) => ty.span(),
        (None, StepKind::Plain(code)) => code.expr().span(),
        (None, _) => step.attrs.step,
    }
}

/// The choices of the keepers, behind the `return` of a future.
pub(super) fn choices(keepers: &[Ident], runtime: &TokenStream) -> TokenStream {
    if keepers.is_empty() {
        return TokenStream::new();
    }
    let choices = keepers.iter().map(|keeper| {
        let at = keeper.span();
        quote_spanned!(at=> #keeper.by((&&&#keeper.probe()).keeper());)
    });
    quote_mixed! {
        #[allow(unreachable_code, unused_imports, clippy::needless_borrow)]
        {
            use #runtime::__private::{KeepsOk as _, KeepsReference as _, KeepsValue as _};
            #(#choices)*
        };
    }
}

/// For editors only: the key, so that they can complete it.
fn key_hint(step: &Step, context: &Context) -> Option<TokenStream> {
    let (_, key) = step.attrs.key.as_ref().filter(|_| context.for_editor)?;
    let at = step.at();
    Some(quote_spanned!(at=> let _ = &(#key);))
}

/// What a loop that runs its items one after the other does to remember them.
pub(super) struct Loop {
    /// The method that starts the loop.
    pub(super) each: Ident,
    /// In front of the code of each item.
    pub(super) before: Option<TokenStream>,
    /// Behind the loop.
    pub(super) end: Option<TokenStream>,
}

/// `head` is the span of the call that starts the loop.
pub(super) fn each(step: &Step, head: Span, context: &Context) -> Loop {
    let head = Span::mixed_site().located_at(head);
    let Some((_, key)) = step.attrs.key.as_ref().filter(|_| context.durable) else {
        let before = key_hint(step, context);
        return Loop { each: Ident::new("each", head), before, end: None };
    };
    let at = step.at();
    let keep = kept(&quote_spanned!(at=> __keeping.await), at);
    let key_at = Span::mixed_site().located_at(key.span());
    let is_done = kept(&quote_spanned!(key_at=> __steps.is_done(&(#key))), at);
    Loop {
        each: Ident::new("keyed_each", head),
        before: Some(quote_spanned! {at=>
            let __keeping = __steps.keep_item();
            #keep;
            #[allow(clippy::needless_borrow, clippy::needless_borrows_for_generic_args)]
            if #is_done { continue; }
        }),
        end: Some(quote_spanned! {at=>
            let __keeping = __steps.keep_last_item();
            #keep;
        }),
    }
}

/// The keys of a concurrent loop, in front of it, and the body of an item, unless it was done in an
/// earlier process. `share` is the variable of the item's share or steps.
pub(super) fn concurrent(
    step: &Step,
    each: &ForStep,
    share: &Ident,
    body: TokenStream,
    context: &Context,
) -> (Option<TokenStream>, TokenStream) {
    let (at, index) = (step.at(), step.position());
    let Some((_, key)) = step.attrs.key.as_ref().filter(|_| context.durable) else {
        let hint = key_hint(step, context);
        return (None, quote_spanned!(at=> #hint #body));
    };
    let key_at = Span::mixed_site().located_at(key.span());
    let enter = kept(&quote_spanned!(key_at=> __keys.enter(&(#key))), at);
    let keep = kept(&quote_spanned!(at=> __keeping.await), at);
    let placed = match &each.body {
        ForBody::Items(_) => quote_spanned!(at=> __key.share(#share)),
        ForBody::Steps(_) => quote_spanned!(at=> __key.steps(#share)),
    };
    let body = quote_spanned! {at=>
        #[allow(clippy::needless_borrow, clippy::needless_borrows_for_generic_args)]
        let __key = #enter;
        if !__key.is_done() {
            #[allow(unused_mut)]
            let mut #share = #placed;
            #body;
            let __keeping = __key.keep();
            #keep;
        }
    };
    (Some(quote_spanned!(at=> let __keys = __steps.keys(#index);)), body)
}
