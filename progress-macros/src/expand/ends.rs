//! How a step begins and ends: its title, its reason to be skipped, its value, its close.

use super::context::Context;
use super::durable;
use super::quote::quote_mixed;
use super::statements::Statements;
use crate::ast::{Arm, Binding, Step, StepKind};
use crate::attrs::title::Format;
use crate::syntax::flow::Flow;
use crate::syntax::{place, text};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
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
        None => quote_spanned!(at=> __rt::core::format_args!("")),
    }
}

pub(super) fn format_args(format: &Format) -> TokenStream {
    let tokens = &format.tokens;
    quote_mixed!(__rt::core::format_args!(#tokens))
}

/// The type of the `let`. The variable inside the step has it too, so that inference knows it as
/// early as in plain Rust.
pub(super) fn value_type(step: &Step) -> Option<&Type> {
    step.binding.as_ref()?.ty.as_ref()
}

pub(super) fn ascription(ty: Option<&Type>) -> Option<TokenStream> {
    ty.map(|ty| quote_mixed!(: #ty))
}

/// The `else` of a `let`.
pub(super) fn else_of(binding: &Binding) -> Option<TokenStream> {
    let (else_token, block) = binding.otherwise.as_ref()?;
    Some(quote_mixed!(#else_token #block))
}

/// The value of a step, with the span of the user's expression, where rustc reports a type that
/// does not fit.
pub(super) fn given_value(expr: &Expr) -> Ident {
    Ident::new("__value", Span::mixed_site().located_at(expr.span()))
}

/// Where a step is closed.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Close {
    /// Inside the expression that the step becomes, around its value.
    Inside,
    /// By the statement after that expression. Then nothing stands between the value and the `let`
    /// or the block that it is for, so that rustc extends temporaries and expects types as in plain
    /// Rust.
    After,
}

/// Whether the statement or the body around a step can close it, because its value is not looked at
/// before. An editor always gets the value in a `let` of its own, from where it recovers best.
pub(super) fn can_close_after(step: &Step, context: &Context) -> bool {
    if context.for_editor || durable::is_kept(step, context) {
        return false;
    }
    let runs = |arm: &Arm| match arm {
        Arm::Run(code) => Some(judges(step, code.expr(), context)),
        Arm::Skip(_) | Arm::Group(_) => None,
    };
    let attrs = &step.attrs;
    match &step.kind {
        StepKind::Plain(code) => {
            let is_call = attrs.retry.is_some() || attrs.timeout.is_some();
            !is_call && !judges(step, code.expr(), context) && !step.is_discarded()
        }
        StepKind::If { otherwise: Some(_), .. } | StepKind::Match { .. } => {
            // An arm that ends in an `.await` closes the step itself. No other can, as rustc must
            // see the type that its value is for.
            let mut awaits = step.arms().filter_map(runs).peekable();
            attrs.uncancellable.is_some() || awaits.peek().is_none() || awaits.any(|awaits| !awaits)
        }
        StepKind::Group { .. } => true,
        StepKind::If { .. } | StepKind::For(_) | StepKind::Parallel { .. } => false,
    }
}

/// What stands around a step behind `#[uncancellable]` that is closed after its value.
pub(super) struct Shield {
    /// The statement in front.
    pub(super) shield: TokenStream,
    /// The statements behind.
    pub(super) after: TokenStream,
}

pub(super) fn shield(step: &Step, context: &Context) -> Shield {
    let at = step.at();
    let boundary = context.boundary(at);
    Shield {
        shield: quote_spanned!(at=> let (__shield, mut __shielded) = __steps.shield();),
        after: quote_spanned!(at=> __rt::core::mem::drop(__shield); #boundary),
    }
}

/// The value of such a step, an expression.
pub(super) fn shielded(step: &Step, value: Statements) -> TokenStream {
    let at = step.at();
    value.behind(quote_spanned!(at=> let __steps = &mut __shielded;)).block(at)
}

/// The call that closes a step as completed.
pub(super) fn close(step: &Step) -> TokenStream {
    let (at, index) = (step.at(), step.position());
    quote_spanned!(at=> __steps.close(#index);)
}

/// The call that closes a step by the verdict on this value.
pub(super) fn close_by(
    step: &Step,
    value: &impl ToTokens,
    at: Span,
    context: &Context,
) -> TokenStream {
    if context.for_editor {
        return close(step);
    }
    let (span, index) = (step.at(), step.position());
    let judged = context.judged.variable(at);
    quote_spanned!(span=> #judged = __steps.close_judged(#index, &#value);)
}

/// The value of an expression, after which the step is closed: by its verdict if it comes from an
/// `.await`. As the scrutinee of a `match` it keeps its temporaries as in plain Rust.
pub(super) fn closed_after(
    step: &Step,
    expr: &Expr,
    value: &TokenStream,
    context: &Context,
) -> TokenStream {
    let at = step.at();
    let given = given_value(expr);
    let variable = Ident::new("__value", Span::mixed_site());
    let close = match judges(step, expr, context) {
        true => close_by(step, &variable, expr.span(), context),
        false => close(step),
    };
    if context.for_editor {
        // In a `let` of its own, half-written code breaks nothing.
        let ty = ascription(value_type(step));
        return quote_spanned!(at=> let #variable #ty = #value; #close #given);
    }
    let allow =
        Flow::of_expr(expr).diverges.then(|| quote_spanned!(at=> #[allow(unreachable_code)]));
    let arm = quote_spanned!(at=> #allow #variable => { #close #given });
    if !step.is_discarded() {
        return quote_spanned!(at=> match #value { #arm });
    }
    // The `match` carries the user's spans, so that rustc can warn about a value that is not used.
    let first = expr.span();
    let last = expr.to_token_stream().into_iter().last().map_or(first, |last| last.span());
    let head = quote_spanned!(first=> match);
    let arms = quote_spanned!(last=> { #arm });
    quote_spanned!(at=> #[allow(clippy::match_single_binding)] #head #value #arms)
}

/// Suppresses `unreachable_code` on calls that the macro generated.
pub(super) fn unless_unreachable(step: &Step, close: &TokenStream) -> TokenStream {
    let at = step.at();
    quote_spanned!(at=> #[allow(unreachable_code)] { #close })
}

/// Whether the step is closed by the verdict on the value of this expression. A value of a type
/// that never fails is not looked at.
pub(super) fn judges(step: &Step, expr: &Expr, context: &Context) -> bool {
    context.judges(expr) && !value_type(step).is_some_and(place::never_fails)
}

/// Whether the step is closed by the verdict on a value that the `let` gives a type to.
pub(super) fn is_judged_by_type(step: &Step) -> bool {
    value_type(step).is_some_and(|ty| !place::never_fails(ty))
}
