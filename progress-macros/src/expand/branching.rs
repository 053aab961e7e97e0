//! `if` and `match`: the arm decides whether the step runs or is skipped.

use super::context::Context;
use super::ends::{
    Close, close, closed_after, is_judged_by_type, judges, reason, title, unless_unreachable,
};
use super::quote::quote_mixed;
use super::share;
use super::statements::Statements;
use super::step::braces;
use crate::ast::{Arm, IfArm, MatchArm, Node, Step};
use proc_macro2::TokenStream;
use quote::{ToTokens, quote_spanned};
use syn::{Expr, Stmt, Token};

pub(super) fn chain(
    step: &Step,
    arms: &[IfArm],
    otherwise: Option<&(Token![else], Arm)>,
    inner: Option<TokenStream>,
    close: Close,
    context: &Context,
) -> Statements {
    let at = step.at();
    let (index, title) = (step.position(), title(step));
    // rustc must see an `if` that has a value without the `else`, to say that it is missing.
    let alone = otherwise.is_none() && arms.iter().any(|arm| has_value(&arm.body));
    let skipped = alone.then(|| quote_spanned!(at=> __skipped = false;));
    let mut chain = TokenStream::new();
    for (position, IfArm { if_token, cond, body: arm }) in arms.iter().enumerate() {
        let (cond, body) = (cond.expr(), body(step, arm, inner.as_ref(), close, context));
        if position > 0 {
            chain.extend(quote_spanned!(at=> else));
        }
        let braces = if alone { if_token.span } else { at };
        let body = quote_spanned!(at=> #skipped #body);
        let body = quote_spanned!(braces=> { #body });
        chain.extend(quote_spanned!(at=> #if_token #cond #body));
    }
    let skip = otherwise.is_none().then(|| {
        let reason = reason(step);
        quote_spanned!(at=> __steps.skip(#index, #reason);)
    });
    if alone {
        return Statements::new(quote_spanned! {at=>
            #title
            __steps.enter(#index);
            let mut __skipped = true;
            let __value = #chain;
            if __skipped {
                #skip
            }
            __value
        });
    }
    let last =
        otherwise.map_or(skip, |(_, arm)| Some(body(step, arm, inner.as_ref(), close, context)));
    // The braces that end the `if` carry the user's span: its edition decides when the temporaries
    // of an `if let` are dropped.
    let end = arms.first().map_or(at, |arm| arm.if_token.span);
    let last = quote_spanned!(at=> { #last });
    let last = quote_spanned!(end=> { #last });
    Statements::new(quote_spanned! {at=>
        #title
        __steps.enter(#index);
        #chain else #last
    })
}

/// Whether an arm ends with an expression, which may be its value.
fn has_value(arm: &Arm) -> bool {
    match arm {
        Arm::Run(code) | Arm::Skip(code) => match code.expr() {
            Expr::Block(block) => match block.block.stmts.last() {
                Some(Stmt::Expr(value, None)) => {
                    !matches!(value, Expr::Return(_) | Expr::Break(_) | Expr::Continue(_))
                }
                _ => false,
            },
            _ => true,
        },
        Arm::Group(list) => matches!(list.nodes.last(),
            Some(Node::Step(last)) if last.binding.is_none() && last.semi.is_none()),
    }
}

pub(super) fn matching(
    step: &Step,
    match_token: &Token![match],
    scrutinee: &Expr,
    arms: &[MatchArm],
    close: Close,
    context: &Context,
) -> Statements {
    let at = step.at();
    let (index, title) = (step.position(), title(step));
    let arms = arms.iter().map(|MatchArm { attrs, pat, fat_arrow, body: arm }| {
        let body = body(step, arm, None, close, context);
        quote_spanned!(at=> #(#attrs)* #pat #fat_arrow { #body })
    });
    Statements::new(quote_spanned! {at=>
        #title
        __steps.enter(#index);
        #match_token #scrutinee { #(#arms)* }
    })
}

fn body(
    step: &Step,
    arm: &Arm,
    inner: Option<&TokenStream>,
    close_at: Close,
    context: &Context,
) -> TokenStream {
    let at = step.at();
    let index = step.position();
    match arm {
        Arm::Run(code) => {
            let expr = code.expr();
            let share = share::variable(step, code.uses(&context.progress), context);
            let value = match close_at {
                Close::After if judges(step, expr, context) && !is_judged_by_type(step) => {
                    closed_after(step, expr, &expr.to_token_stream(), context)
                }
                // The parentheses are the macro's, so rustc does not advise against the braces in them.
                Close::After if matches!(expr, Expr::Block(_)) => quote_mixed!((#expr)),
                Close::After => expr.to_token_stream(),
                Close::Inside => closed_after(step, expr, &expr.to_token_stream(), context),
            };
            quote_spanned!(at=> #share = __steps.start(#index); #value)
        }
        Arm::Skip(code) => {
            let reason = reason(step);
            let rest = inline(code.expr());
            quote_spanned! {at=>
                __steps.skip(#index, #reason);
                #rest
            }
        }
        Arm::Group(list) => {
            let close = unless_unreachable(step, &close(step));
            let group = quote_spanned!(at=> let mut __steps = __group; #inner);
            let group = quote_spanned!(braces(step, list)=> { #group });
            quote_spanned! {at=>
                let __group = __steps.group_started(#index);
                #group
                #close
            }
        }
    }
}

/// The statements of a block without its braces. Where an empty block has no value but should have
/// one, rustc reports that at its braces.
fn inline(expr: &Expr) -> TokenStream {
    match expr {
        Expr::Block(block) if block.block.stmts.is_empty() => quote_mixed!(#expr),
        Expr::Block(block) if block.label.is_none() && block.attrs.is_empty() => {
            let stmts = &block.block.stmts;
            quote_mixed!(#(#stmts)*)
        }
        expr => quote_mixed!(#expr),
    }
}
