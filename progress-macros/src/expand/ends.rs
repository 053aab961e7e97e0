//! How a step begins and ends: its title, its reason to be skipped, its value, its close.

use super::quote::quote_mixed;
use crate::ast::Step;
use crate::attrs::title::Format;
use crate::syntax::flow::{Flow, ends_in_await};
use crate::syntax::{place, text};
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;
use syn::spanned::Spanned;
use syn::{Expr, Type};

/// Sets the title, unless the plan holds all of it.
pub(super) fn title(step: &Step) -> Option<TokenStream> {
    let title = step.attrs.title.as_ref().ok().filter(|title| !is_planned(title))?;
    let (at, index, title) = (step.at(), step.position(), format_args(title));
    Some(quote_spanned!(at=> __steps.set_title(#index, #title);))
}

/// Whether a format string always gives the title in the plan.
fn is_planned(format: &Format) -> bool {
    let text = format.literal.value();
    !format.has_arguments && !text.contains(['{', '}']) && text::static_text(&text) == text
}

pub(super) fn reason(step: &Step) -> TokenStream {
    let at = step.at();
    match &step.attrs.skip {
        Some((_, reason)) => format_args(reason),
        None => quote_spanned!(at=> ::core::format_args!("")),
    }
}

fn format_args(format: &Format) -> TokenStream {
    let tokens = &format.tokens;
    quote_mixed!(::core::format_args!(#tokens))
}

/// The type of the `let`. The variable inside the step has it too, so that inference knows it as
/// early as in plain Rust.
pub(super) fn value_type(step: &Step) -> Option<&Type> {
    step.binding.as_ref()?.ty.as_ref()
}

pub(super) fn ascription(ty: Option<&Type>) -> Option<TokenStream> {
    ty.map(|ty| quote_mixed!(: #ty))
}

/// The value of a step, with the span of the user's expression, where rustc reports a type that
/// does not fit.
pub(super) fn given_value(expr: &Expr) -> Ident {
    Ident::new("__value", Span::mixed_site().located_at(expr.span()))
}

/// Closes the step: as its value says if looking at it cannot change inference, or else as
/// completed.
pub(super) fn close(step: &Step, awaited: bool) -> TokenStream {
    let at = step.at();
    let index = step.position();
    if awaited || value_type(step).is_some_and(place::is_full) {
        quote_spanned!(at=> __steps.close_with(#index, __rt::failure!(&__value));)
    } else {
        quote_spanned!(at=> __steps.close(#index);)
    }
}

/// Closes the step after code of the user's that may not reach its end.
pub(super) fn close_after(step: &Step, expr: &Expr) -> TokenStream {
    let close = close(step, ends_in_await(expr));
    if Flow::of_expr(expr).diverges { unless_unreachable(step, close) } else { close }
}

/// Suppresses `unreachable_code` on calls that the macro generated.
pub(super) fn unless_unreachable(step: &Step, close: TokenStream) -> TokenStream {
    let at = step.at();
    quote_spanned!(at=> #[allow(unreachable_code)] #close)
}
