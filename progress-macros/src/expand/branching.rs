//! `if` and `match`: the arm decides whether the step runs or is skipped.

use super::step::{ascription, close, reason, share, title, value_type};
use super::{Context, list, own};
use crate::plan::{Arm, Step};
use crate::syntax;
use proc_macro2::TokenStream;
use syn::{Expr, ExprIf, ExprMatch, Token};

pub(super) fn chain(
    step: &Step,
    arms: &[(ExprIf, Arm)],
    otherwise: Option<&(Token![else], Arm)>,
    context: &Context,
) -> TokenStream {
    let (index, title) = (step.position(), title(step));
    let mut chain = own!(__steps.enter(#index, #title););
    for (position, (head, arm)) in arms.iter().enumerate() {
        let ExprIf { if_token, cond, .. } = head;
        let body = body(step, arm, context);
        if position > 0 {
            chain.extend(own!(else));
        }
        chain.extend(own!(#if_token #cond { #body }));
    }
    let last = match otherwise {
        Some((_, arm)) => body(step, arm, context),
        None => {
            let reason = reason(step);
            own!(__steps.skip(#index, #reason);)
        }
    };
    chain.extend(own!(else { #last }));
    chain
}

pub(super) fn matching(
    step: &Step,
    expr: &ExprMatch,
    arms: &[Arm],
    context: &Context,
) -> TokenStream {
    let (index, title) = (step.position(), title(step));
    let ExprMatch { match_token, expr: scrutinee, .. } = expr;
    let arms = expr.arms.iter().zip(arms).map(|(head, arm)| {
        let (attrs, pat, arrow) = (&head.attrs, &head.pat, &head.fat_arrow_token);
        let body = body(step, arm, context);
        own!(#(#attrs)* #pat #arrow { #body })
    });
    own! {
        __steps.enter(#index, #title);
        #match_token #scrutinee { #(#arms)* }
    }
}

fn body(step: &Step, arm: &Arm, context: &Context) -> TokenStream {
    let index = step.position();
    let ty = ascription(value_type(step));
    match arm {
        Arm::Run(expr) => {
            let share = share(step, syntax::expr_names(expr, &context.progress), context);
            let close = close(step, syntax::ends_in_await(expr));
            own! {
                #share = __steps.start(#index);
                let __value #ty = #expr;
                #close
                __value
            }
        }
        Arm::Skip(expr) => {
            let reason = reason(step);
            let rest = inline(expr);
            own! {
                __steps.skip(#index, #reason);
                #rest
            }
        }
        Arm::Group(inner) => {
            let statements = list(inner, context);
            own! {
                let __group = __steps.group_started(#index);
                {
                    let __steps = __group;
                    #statements
                }
                __steps.close(#index);
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
