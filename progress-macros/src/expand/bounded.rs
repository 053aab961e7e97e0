//! A step that one call behind its value ends, which also checks the cancel flag and may open the
//! next step. rustc compiles it faster than a close, a check and an opening by themselves.

use super::context::Context;
use super::durable;
use super::ends::{ascription, is_judged_by_type, judges, title};
use super::place;
use crate::ast::{Form, Step, StepKind};
use crate::syntax::flow::Flow;
use crate::syntax::place::is_cut_short;
use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::Expr;

/// What follows a step.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Next {
    /// A step that opens before it does anything else.
    Opens,
    Other,
}

/// The expression of a step, if its expansion wraps nothing around it.
pub(super) fn bare(step: &Step) -> Option<&Expr> {
    let StepKind::Plain(code) = &step.kind else { return None };
    let attrs = &step.attrs;
    let wrapped = attrs.retry.is_some() || attrs.timeout.is_some() || attrs.uncancellable.is_some();
    (!wrapped && step.foreign_attrs.is_empty()).then_some(code.expr())
}

/// Whether a step does nothing before it opens, so that one call ends the step before and opens it.
pub(super) fn opens_at_once(step: &Step, context: &Context) -> bool {
    let looks_first = context.for_editor || durable::is_kept(step, context);
    !looks_first && bare(step).is_some() && title(step).is_none()
}

/// Whether one call can end a step and check the cancel flag: nothing else follows its value, which
/// is not looked at.
pub(super) fn is_bounded(step: &Step, context: &Context) -> bool {
    let exposed = step.attrs.uncancellable.is_none() && step.foreign_attrs.is_empty();
    let looked_at = is_judged_by_type(step) || durable::is_kept(step, context);
    if !exposed || context.separate || context.form == Form::Sync || looked_at {
        return false;
    }
    let by_itself = match &step.binding {
        Some(binding) => binding.otherwise.is_none() && place::of_step(step, context).is_none(),
        None => step.semi.is_some(),
    };
    match &step.kind {
        StepKind::For(_) => true,
        StepKind::Plain(code) => {
            let expr = code.expr();
            by_itself
                && !judges(step, expr, context)
                && !Flow::of_expr(expr).diverges
                && !is_cut_short(expr)
        }
        _ => false,
    }
}

/// The statements of the step. `before` is its check of the cancel flag, and `open` opens it.
pub(super) fn statement(
    step: &Step,
    before: Option<TokenStream>,
    open: Option<TokenStream>,
    value: &TokenStream,
    next: Next,
    context: &Context,
) -> TokenStream {
    let at = step.at();
    let (index, exit) = (step.position(), context.exit());
    let end = match next {
        Next::Opens if bare(step).is_some() => {
            quote_spanned!(at=> if __steps.close_and_open_next(#index) { break #exit; })
        }
        _ => quote_spanned!(at=> if __steps.close_must_stop(#index) { break #exit; }),
    };
    let Some(binding) = &step.binding else {
        let semi = (step.semi.is_some() || bare(step).is_some()).then(|| quote_spanned!(at=> ;));
        return match open {
            Some(open) => quote_spanned!(at=> #before { #open #value #semi } #end),
            None => quote_spanned!(at=> #before #value #semi #end),
        };
    };
    let value = match open {
        Some(open) => quote_spanned!(at=> { #open #value }),
        None => value.clone(),
    };
    let (let_token, pat, eq_token) = (&binding.let_token, &binding.pat, &binding.eq_token);
    let (ty, semi) = (ascription(binding.ty.as_ref()), &binding.semi_token);
    quote_spanned! {at=>
        #before
        #let_token #pat #ty #eq_token #value #semi
        #end
    }
}
