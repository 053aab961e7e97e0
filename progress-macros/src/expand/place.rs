//! A `let` that takes from a place: `let (a, _) = pair.0;`.
//!
//! What it takes is moved or borrowed by itself, and the rest of the place stays usable. So the
//! place stands in the user's `let`, as it is written, and in no block. It runs nothing, so the
//! step is closed in front of it.

use super::context::Context;
use super::ends::{ascription, close, close_by, else_of, is_judged_by_type};
use super::share::opened;
use crate::ast::{Binding, Step, StepKind};
use crate::syntax::place::is_place;
use crate::syntax::uses::uses;
use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::Expr;
use syn::spanned::Spanned;

/// The place of a step, if it is nothing else.
pub(super) fn of_step<'a>(step: &'a Step, context: &Context) -> Option<&'a Expr> {
    let StepKind::Plain(code) = &step.kind else { return None };
    let expr = code.expr();
    (!context.for_editor && is_place(expr) && !uses(expr, &context.progress)).then_some(expr)
}

/// The statements of the step. `before` is its check of the cancel flag.
pub(super) fn taken(
    step: &Step,
    binding: &Binding,
    expr: &Expr,
    before: Option<TokenStream>,
    context: &Context,
) -> TokenStream {
    let at = step.at();
    let attrs = &step.foreign_attrs;
    let Binding { let_token, pat, ty, eq_token, semi_token, .. } = binding;
    let ty = ascription(ty.as_ref());
    let otherwise = else_of(binding);
    let (open, _) = opened(step, expr, context);
    let close = match is_judged_by_type(step) {
        true => close_by(step, expr, pat.span(), context),
        false => close(step),
    };
    quote_spanned! {at=>
        #before
        { #open }
        #close
        #(#attrs)* #let_token #pat #ty #eq_token #expr #otherwise #semi_token
    }
}
