//! A step as a statement: what all kinds have in common, and the plain kind.

use super::share::opened;
use super::{Checked, Context, Next, branching, call, list, looping, parallel, quote_mixed};
use crate::ast::{List, Step, StepKind};
use crate::attrs::title::Format;
use crate::syntax::flow::{Flow, ends_in_await};
use crate::syntax::{place, text};
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;
use syn::spanned::Spanned;
use syn::{Label, Type};

/// The statement that a step becomes, and whether it ends with a boundary.
pub(super) fn statement(
    step: &Step,
    checked: Checked,
    next: Next,
    context: &Context,
) -> (TokenStream, Checked) {
    if let Some(expr) = bounded(step, context) {
        return (with_boundary(step, expr, checked, next, context), Checked::Already);
    }
    let at = step.at();
    let attrs = &step.foreign_attrs;
    let value = value(step, checked, context);
    let Some(binding) = &step.binding else {
        let semi = &step.semi;
        return (quote_spanned!(at=> #(#attrs)* #value #semi), Checked::NotYet);
    };
    let (let_token, pat, eq_token) = (&binding.let_token, &binding.pat, &binding.eq_token);
    let ty = ascription(binding.ty.as_ref());
    let semi = &binding.semi_token;
    let statement = match &binding.otherwise {
        // A value that ends in a brace cannot stand before `else`.
        Some((else_token, block)) => quote_spanned! {at=>
            #(#attrs)* #[allow(unused_parens)]
            #let_token #pat #ty #eq_token (#value) #else_token #block #semi
        },
        None => quote_spanned!(at=> #(#attrs)* #let_token #pat #ty #eq_token #value #semi),
    };
    (statement, Checked::NotYet)
}

/// The expression of a step that nothing is wrapped around.
fn bare(step: &Step) -> Option<&syn::Expr> {
    let StepKind::Plain(code) = &step.kind else { return None };
    let attrs = &step.attrs;
    let wrapped = attrs.retry.is_some() || attrs.timeout.is_some() || attrs.uncancellable.is_some();
    (!wrapped && step.foreign_attrs.is_empty()).then_some(code.expr())
}

/// Whether the first thing that a step does is to open: it can start when the step before it ends.
pub(super) fn opens_at_once(step: &Step) -> bool {
    bare(step).is_some() && title(step).is_none()
}

/// The expression of a step whose end and whose boundary are one: it stands by itself, and its value is not looked at.
fn bounded<'a>(step: &'a Step, context: &Context) -> Option<&'a syn::Expr> {
    let expr = bare(step)?;
    let by_itself = match &step.binding {
        Some(binding) => binding.otherwise.is_none(),
        None => step.semi.is_some(),
    };
    let looked_at = ends_in_await(expr) || value_type(step).is_some_and(place::is_full);
    let as_written = !Flow::of_expr(expr).diverges && !place::is_cut_short(expr);
    (by_itself && !looked_at && !context.separate && as_written).then_some(expr)
}

fn with_boundary(
    step: &Step,
    expr: &syn::Expr,
    checked: Checked,
    next: Next,
    context: &Context,
) -> TokenStream {
    let at = step.at();
    let before = (checked == Checked::NotYet).then(|| context.boundary(at));
    let (index, exit) = (step.position(), context.exit());
    let (open, value) = opened(step, expr, context);
    let end = match next {
        Next::Opens => quote_spanned!(at=> if __steps.pass(#index) { break #exit; }),
        Next::Other => quote_spanned!(at=> if __steps.end(#index) { break #exit; }),
    };
    let Some(binding) = &step.binding else {
        return match open {
            Some(open) => quote_spanned!(at=> #before { #open #value; } #end),
            None => quote_spanned!(at=> #before #value; #end),
        };
    };
    let value = match open {
        Some(open) => quote_spanned!(at=> { #open #value }),
        None => value,
    };
    let (let_token, pat, eq_token) = (&binding.let_token, &binding.pat, &binding.eq_token);
    let (ty, semi) = (ascription(binding.ty.as_ref()), &binding.semi_token);
    quote_spanned! {at=>
        #before
        #let_token #pat #ty #eq_token #value #semi
        #end
    }
}

pub(super) fn ascription(ty: Option<&Type>) -> Option<TokenStream> {
    ty.map(|ty| quote_mixed!(: #ty))
}

/// The block that runs a step and gives its value.
pub(super) fn value(step: &Step, checked: Checked, context: &Context) -> TokenStream {
    let at = step.at();
    let lowered = match &step.kind {
        StepKind::Plain(code) => match step.call() {
            Some((call, question)) if step.attrs.retry.is_some() => {
                call::retried(step, call, question, context)
            }
            Some((call, question)) if step.attrs.timeout.is_some() => {
                call::timed(step, call, question, context)
            }
            _ => plain(step, code.expr(), context),
        },
        StepKind::If { arms, otherwise } => {
            branching::chain(step, arms, otherwise.as_ref(), context)
        }
        StepKind::Match { match_token, scrutinee, arms } => {
            branching::matching(step, match_token, scrutinee.expr(), arms, context)
        }
        StepKind::Group { label, list } => group(step, label.as_ref(), list, context),
        StepKind::For(each) => looping::each(step, each, context),
        StepKind::Parallel { branches, .. } => parallel::branches(step, branches, context),
    };
    let boundary = context.boundary(at);
    let lowered = match step.attrs.uncancellable {
        None => lowered,
        // A cancel that came meanwhile takes hold once the value is safe.
        Some(_) => quote_spanned! {at=>
            let (__shield, __shielded) = __steps.shield();
            let __value = {
                let mut __steps = __shielded;
                #lowered
            };
            ::core::mem::drop(__shield);
            #boundary
            __value
        },
    };
    let before = (checked == Checked::NotYet).then_some(boundary);
    quote_spanned!(at=> { #before #lowered })
}

fn plain(step: &Step, expr: &syn::Expr, context: &Context) -> TokenStream {
    let at = step.at();
    let index = step.position();
    let ty = ascription(value_type(step));
    let close = close_after(step, expr);
    let (open, value) = opened(step, expr, context);
    // A value that goes nowhere is left where the user's `;` stands, for rustc to warn about.
    if step.is_discarded() && !ends_in_await(expr) {
        return quote_spanned!(at=> #open #value; #close);
    }
    if step.is_discarded() {
        // So is this one; as an awaited value it is looked at before. rust-analyzer cannot find a
        // name of ours that bears a span of the user's.
        let given = match context.for_editor {
            true => given_value(expr),
            false => Ident::new("__value", expr.span()),
        };
        return quote_spanned! {at=>
            #open
            let #given = #value;
            __steps.close_with(#index, __rt::failure!(&#given));
            #[allow(path_statements, clippy::no_effect)]
            #given;
        };
    }
    let given = given_value(expr);
    quote_spanned! {at=>
        #open
        let __value #ty = #value;
        #close
        #given
    }
}

/// The value of a step, where the user wrote it: a type that is not the one checked for is told of
/// there.
pub(super) fn given_value(expr: &syn::Expr) -> Ident {
    Ident::new("__value", Span::mixed_site().located_at(expr.span()))
}

fn group(step: &Step, label: Option<&Label>, inner: &List, context: &Context) -> TokenStream {
    let at = step.at();
    let (index, title) = (step.position(), title(step));
    let ty = ascription(value_type(step));
    let statements = list(inner, Checked::Already, context);
    let close = unless_unreachable(step, close(step, false));
    quote_spanned! {at=>
        #title
        let __group = __steps.group(#index);
        let __value #ty = #label {
            let mut __steps = __group;
            #statements
        };
        #close
        __value
    }
}

/// The type of the `let`, for the value inside: inference sees it as early as in plain Rust.
pub(super) fn value_type(step: &Step) -> Option<&Type> {
    step.binding.as_ref()?.ty.as_ref()
}

/// Says the title, where not all of it stands in the plan.
pub(super) fn title(step: &Step) -> Option<TokenStream> {
    let title = step.attrs.title.as_ref().ok().filter(|title| !is_planned(title))?;
    let (at, index, title) = (step.at(), step.position(), format_args(title));
    Some(quote_spanned!(at=> __steps.title(#index, #title);))
}

/// Whether a format string says what the plan says.
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

/// Ends the step well, or as its value says where looking at it cannot change inference.
pub(super) fn close(step: &Step, awaited: bool) -> TokenStream {
    let at = step.at();
    let index = step.position();
    if awaited || value_type(step).is_some_and(place::is_full) {
        quote_spanned!(at=> __steps.close_with(#index, __rt::failure!(&__value));)
    } else {
        quote_spanned!(at=> __steps.close(#index);)
    }
}

/// The end after code of the user's that may not come to it.
pub(super) fn close_after(step: &Step, expr: &syn::Expr) -> TokenStream {
    let close = close(step, ends_in_await(expr));
    if Flow::of_expr(expr).diverges { unless_unreachable(step, close) } else { close }
}

/// What is ours is not for rustc to call unreachable.
pub(super) fn unless_unreachable(step: &Step, close: TokenStream) -> TokenStream {
    let at = step.at();
    quote_spanned!(at=> #[allow(unreachable_code)] #close)
}
