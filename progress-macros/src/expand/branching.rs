//! `if` and `match`: the arm decides whether the step runs or is skipped.

use super::step::{
    ascription, close, close_after, given_value, reason, title, unless_unreachable, value_type,
};
use super::{Asked, Context, list, own, share};
use crate::plan::{Arm, Step};
use crate::syntax;
use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::{Expr, ExprIf, ExprMatch, Token};

pub(super) fn chain(
    step: &Step,
    arms: &[(ExprIf, Arm)],
    otherwise: Option<&(Token![else], Arm)>,
    context: &Context,
) -> TokenStream {
    let at = step.at();
    let (index, title) = (step.position(), title(step));
    let mut chain = quote_spanned!(at=> #title __steps.enter(#index););
    for (position, (head, arm)) in arms.iter().enumerate() {
        let ExprIf { if_token, cond, .. } = head;
        let body = body(step, arm, context);
        if position > 0 {
            chain.extend(quote_spanned!(at=> else));
        }
        chain.extend(quote_spanned!(at=> #if_token #cond { #body }));
    }
    let last = match otherwise {
        Some((_, arm)) => body(step, arm, context),
        None => {
            let reason = reason(step);
            quote_spanned!(at=> __steps.skip(#index, #reason);)
        }
    };
    chain.extend(quote_spanned!(at=> else { #last }));
    chain
}

pub(super) fn matching(
    step: &Step,
    expr: &ExprMatch,
    arms: &[Arm],
    context: &Context,
) -> TokenStream {
    let at = step.at();
    let (index, title) = (step.position(), title(step));
    let ExprMatch { match_token, expr: scrutinee, .. } = expr;
    let arms = expr.arms.iter().zip(arms).map(|(head, arm)| {
        let (attrs, pat, arrow) = (&head.attrs, &head.pat, &head.fat_arrow_token);
        let body = body(step, arm, context);
        quote_spanned!(at=> #(#attrs)* #pat #arrow { #body })
    });
    quote_spanned! {at=>
        #title
        __steps.enter(#index);
        #match_token #scrutinee { #(#arms)* }
    }
}

fn body(step: &Step, arm: &Arm, context: &Context) -> TokenStream {
    let at = step.at();
    let index = step.position();
    let ty = ascription(value_type(step));
    match arm {
        Arm::Run(expr) => {
            let share = share::variable(step, syntax::expr_names(expr, &context.progress), context);
            let close = close_after(step, expr);
            let value = given_value(expr);
            quote_spanned! {at=>
                #share = __steps.start(#index);
                let __value #ty = #expr;
                #close
                #value
            }
        }
        Arm::Skip(expr) => {
            let reason = reason(step);
            let rest = inline(expr);
            quote_spanned! {at=>
                __steps.skip(#index, #reason);
                #rest
            }
        }
        Arm::Group(inner) => {
            let statements = list(inner, Asked::NotYet, context);
            let close = unless_unreachable(step, close(step, false));
            quote_spanned! {at=>
                let __group = __steps.group_started(#index);
                {
                    let mut __steps = __group;
                    #statements
                }
                #close
            }
        }
    }
}

/// The statements of a block without its braces.
fn inline(expr: &Expr) -> TokenStream {
    match expr {
        Expr::Block(block) if block.label.is_none() && block.attrs.is_empty() => {
            let stmts = &block.block.stmts;
            own!(#(#stmts)*)
        }
        expr => own!(#expr),
    }
}
