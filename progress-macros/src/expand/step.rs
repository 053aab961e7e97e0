//! The statements of a list, with its steps expanded.
//!
//! The modules for the kinds of steps get the statements of inner steps as tokens, so that only
//! this module is recursive.

use super::context::Context;
use super::ends::{
    ascription, close, close_after, given_value, title, unless_unreachable, value_type,
};
use super::quote::quote_mixed;
use super::share::opened;
use super::{branching, call, looping, parallel};
use crate::ast::{List, Node, Step, StepKind};
use crate::syntax::flow::{Flow, ends_in_await};
use crate::syntax::place;
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, Label};

/// Whether the cancel flag was checked since code of the user's last ran.
#[derive(Clone, Copy, PartialEq)]
enum Checked {
    Already,
    NotYet,
}

/// What follows a step.
#[derive(Clone, Copy, PartialEq)]
enum Next {
    /// A step that opens before it does anything else.
    Opens,
    Other,
}

/// The statements of a body.
pub(super) fn body(body: &List, context: &Context) -> TokenStream {
    // The future checks the cancel flag before it polls the body for the first time.
    list(body, Checked::Already, context)
}

fn list(list: &List, mut checked: Checked, context: &Context) -> TokenStream {
    let mut statements = TokenStream::new();
    for (index, node) in list.nodes.iter().enumerate() {
        match node {
            Node::Plain(stmt) | Node::Unclear(stmt, _) => {
                stmt.to_tokens(&mut statements);
                checked = Checked::NotYet;
            }
            Node::Step(step) => {
                let next = match list.nodes.get(index + 1) {
                    // The two expansions that an editor compares differ in the typed word only.
                    Some(Node::Step(next)) if opens_at_once(next) && !context.for_editor => {
                        Next::Opens
                    }
                    _ => Next::Other,
                };
                let (statement, ends_with) = statement(step, checked, next, context);
                statements.extend(statement);
                checked = ends_with;
            }
        }
    }
    // An `if` at the end would be the value of the block.
    if !list.nodes.is_empty() && checked == Checked::Already {
        statements.extend(quote_mixed!(;));
    }
    statements
}

/// The statement of a step, and whether it ends with a check of the cancel flag.
fn statement(
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

/// The expression of a step, if its expansion wraps nothing around it.
fn bare(step: &Step) -> Option<&Expr> {
    let StepKind::Plain(code) = &step.kind else { return None };
    let attrs = &step.attrs;
    let wrapped = attrs.retry.is_some() || attrs.timeout.is_some() || attrs.uncancellable.is_some();
    (!wrapped && step.foreign_attrs.is_empty()).then_some(code.expr())
}

/// Whether a step does nothing before it opens, so that one call ends the step before and opens it.
fn opens_at_once(step: &Step) -> bool {
    bare(step).is_some() && title(step).is_none()
}

/// The expression of a step, if one call can end it and check the cancel flag: nothing else follows
/// it, and its value is not looked at.
fn bounded<'a>(step: &'a Step, context: &Context) -> Option<&'a Expr> {
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
    expr: &Expr,
    checked: Checked,
    next: Next,
    context: &Context,
) -> TokenStream {
    let at = step.at();
    let before = (checked == Checked::NotYet).then(|| context.boundary(at));
    let (index, exit) = (step.position(), context.exit());
    let (open, value) = opened(step, expr, context);
    let end = match next {
        Next::Opens => quote_spanned!(at=> if __steps.close_and_open_next(#index) { break #exit; }),
        Next::Other => quote_spanned!(at=> if __steps.close_must_stop(#index) { break #exit; }),
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

/// The block that runs a step and has its value.
fn value(step: &Step, checked: Checked, context: &Context) -> TokenStream {
    let at = step.at();
    let inner = inner_statements(step, context);
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
            branching::chain(step, arms, otherwise.as_ref(), inner, context)
        }
        StepKind::Match { match_token, scrutinee, arms } => {
            branching::matching(step, match_token, scrutinee.expr(), arms, context)
        }
        StepKind::Group { label, .. } => group(step, label.as_ref(), inner),
        StepKind::For(each) => looping::each(step, each, inner, context),
        StepKind::Parallel { branches, .. } => {
            let context = parallel::context(branches, context);
            let value = |branch| value(branch, Checked::NotYet, &context);
            let values = branches.iter().map(value).collect();
            parallel::branches(step, branches, values, &context)
        }
    };
    let boundary = context.boundary(at);
    let lowered = match step.attrs.uncancellable {
        None => lowered,
        // A cancellation during the step takes effect once its value is stored.
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

fn plain(step: &Step, expr: &Expr, context: &Context) -> TokenStream {
    let at = step.at();
    let index = step.position();
    let ty = ascription(value_type(step));
    let close = close_after(step, expr);
    let (open, value) = opened(step, expr, context);
    // A dropped value stays in front of the user's `;`, so that rustc can warn about it.
    if step.is_discarded() && !ends_in_await(expr) {
        return quote_spanned!(at=> #open #value; #close);
    }
    if step.is_discarded() {
        // So does an awaited value, but it is looked at before. rust-analyzer does not resolve a
        // name of the macro that has a span of the user's.
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

/// The statements of the list inside a step.
fn inner_statements(step: &Step, context: &Context) -> Option<TokenStream> {
    let inner = step.inner()?;
    Some(match &step.kind {
        StepKind::For(_) if step.attrs.concurrent.is_some() => {
            list(inner, Checked::NotYet, &context.in_separate_future())
        }
        StepKind::For(_) | StepKind::Group { .. } => list(inner, Checked::Already, context),
        _ => list(inner, Checked::NotYet, context),
    })
}

fn group(step: &Step, label: Option<&Label>, inner: Option<TokenStream>) -> TokenStream {
    let at = step.at();
    let (index, title) = (step.position(), title(step));
    let ty = ascription(value_type(step));
    let close = unless_unreachable(step, close(step, false));
    quote_spanned! {at=>
        #title
        let __group = __steps.group(#index);
        let __value #ty = #label {
            let mut __steps = __group;
            #inner
        };
        #close
        __value
    }
}
