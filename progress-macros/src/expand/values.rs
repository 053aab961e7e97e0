//! The values of the items of a loop, which its `let` collects.

use super::context::Context;
use super::ends::{Close, ascription, close, close_by, is_judged_by_type, value_type};
use super::quote::quote_mixed;
use crate::ast::{ForBody, ForStep, Step};
use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::spanned::Spanned;

/// How the values get from the items into the value of the step, if the step has one.
#[derive(Default)]
pub(super) struct Values {
    /// In front of the loop.
    pub(super) before: Option<TokenStream>,
    /// In front of the future of a concurrent item.
    pub(super) slot: Option<TokenStream>,
}

impl Values {
    pub(super) fn of(step: &Step) -> Self {
        if !step.collects() {
            return Self::default();
        }
        let at = step.at();
        match step.attrs.concurrent {
            None => Self {
                before: Some(quote_spanned!(at=> let mut __values = __rt::ItemValues::new();)),
                slot: None,
            },
            Some(_) => Self {
                before: Some(quote_spanned!(at=> let __values = __rt::ConcurrentValues::new();)),
                slot: Some(quote_spanned!(at=> let __slot = __values.slot();)),
            },
        }
    }
}

/// The statements of an item, which keep its value. A `continue` in them leaves it out.
pub(super) fn kept(step: &Step, each: &ForStep, statements: TokenStream) -> TokenStream {
    if !step.collects() {
        return statements;
    }
    let at = step.at();
    // With the user's braces, the user's edition decides when temporaries are dropped.
    let braces = match &each.body {
        ForBody::Items(block) => block.brace_token.span.join(),
        ForBody::Steps(_) => at,
    };
    let value = quote_spanned!(braces=> { #statements });
    let keep = match step.attrs.concurrent {
        None => quote_spanned!(at=> __values.push(__value);),
        Some(_) => quote_spanned!(at=> __slot.fill(__value);),
    };
    // The parentheses are the macro's, so rustc does not advise against the braces in them.
    quote_spanned! {at=>
        let __value = (#value);
        #[allow(unreachable_code)]
        { #keep }
    }
}

/// The close of a loop, and its value if it has one.
pub(super) fn closed(step: &Step, close_at: Close, context: &Context) -> TokenStream {
    let closes = close_at == Close::Inside;
    if !step.collects() {
        return if closes { close(step) } else { TokenStream::new() };
    }
    // rustc points at the type, or at the pattern, if it cannot make that of the values.
    let place = match (value_type(step), &step.binding) {
        (Some(ty), _) => ty.span(),
        (None, Some(binding)) => binding.pat.span(),
        (None, None) => step.attrs.step,
    };
    let place = Span::mixed_site().located_at(place);
    let collected = quote_spanned!(place=> __rt::core::iter::FromIterator::from_iter(__values));
    if !closes {
        return collected;
    }
    let ty = ascription(value_type(step));
    let close = match is_judged_by_type(step) {
        true => close_by(step, &quote_mixed!(__value), place, context),
        false => close(step),
    };
    quote_mixed!(let __value #ty = #collected; #close __value)
}
