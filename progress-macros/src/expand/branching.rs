//! `if` and `match`: the arm decides whether the step runs or is skipped.

use super::context::Context;
use super::ends::{
    ascription, close, close_after, given_value, reason, title, unless_unreachable, value_type,
};
use super::quote::quote_mixed;
use super::share;
use crate::ast::{Arm, IfArm, MatchArm, Step};
use crate::syntax::uses::uses;
use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::{Expr, Token};

pub(super) fn chain(
    step: &Step,
    arms: &[IfArm],
    otherwise: Option<&(Token![else], Arm)>,
    inner: Option<TokenStream>,
    context: &Context,
) -> TokenStream {
    let at = step.at();
    let (index, title) = (step.position(), title(step));
    let mut chain = quote_spanned!(at=> #title __steps.enter(#index););
    for (position, IfArm { if_token, cond, body: arm }) in arms.iter().enumerate() {
        let (cond, body) = (cond.expr(), body(step, arm, inner.as_ref(), context));
        if position > 0 {
            chain.extend(quote_spanned!(at=> else));
        }
        chain.extend(quote_spanned!(at=> #if_token #cond { #body }));
    }
    let last = match otherwise {
        Some((_, arm)) => body(step, arm, inner.as_ref(), context),
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
    match_token: &Token![match],
    scrutinee: &Expr,
    arms: &[MatchArm],
    context: &Context,
) -> TokenStream {
    let at = step.at();
    let (index, title) = (step.position(), title(step));
    let arms = arms.iter().map(|MatchArm { attrs, pat, fat_arrow, body: arm }| {
        let body = body(step, arm, None, context);
        quote_spanned!(at=> #(#attrs)* #pat #fat_arrow { #body })
    });
    quote_spanned! {at=>
        #title
        __steps.enter(#index);
        #match_token #scrutinee { #(#arms)* }
    }
}

fn body(step: &Step, arm: &Arm, inner: Option<&TokenStream>, context: &Context) -> TokenStream {
    let at = step.at();
    let index = step.position();
    let ty = ascription(value_type(step));
    match arm {
        Arm::Run(code) => {
            let expr = code.expr();
            let share = share::variable(step, uses(expr, &context.progress), context);
            let close = close_after(step, expr);
            let value = given_value(expr);
            quote_spanned! {at=>
                #share = __steps.start(#index);
                let __value #ty = #expr;
                #close
                #value
            }
        }
        Arm::Skip(code) => {
            let reason = reason(step);
            let rest = inline(code.expr());
            quote_spanned! {at=>
                __steps.skip(#index, #reason);
                #rest
            }
        }
        Arm::Group(_) => {
            let close = unless_unreachable(step, close(step, false));
            quote_spanned! {at=>
                let __group = __steps.group_started(#index);
                {
                    let mut __steps = __group;
                    #inner
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
            quote_mixed!(#(#stmts)*)
        }
        expr => quote_mixed!(#expr),
    }
}
