//! The statements of a list, with its steps expanded.
//!
//! The modules for the kinds of steps get the statements of inner steps as tokens, so that only
//! this module is recursive.

use super::bounded::{Next, bare, is_bounded, opens_at_once};
use super::context::Context;
use super::ends::{
    Close, Shield, ascription, can_close_after, close, close_by, closed_after, else_of,
    given_value, is_judged_by_type, judges, shield, shielded, title, unless_unreachable,
    value_type,
};
use super::quote::quote_mixed;
use super::share::{is_borrowed, opened};
use super::statements::Statements;
use super::{bounded, branching, call, durable, looping, macros, parallel, place};
use crate::ast::{Binding, List, Node, Step, StepKind};
use crate::syntax::flow::Flow;
use crate::syntax::place::is_cut_short;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, Label};

/// Whether the cancel flag was checked since code of the user's last ran.
#[derive(Clone, Copy, PartialEq)]
enum Checked {
    Already,
    NotYet,
}

/// The statements of a body, which end in a `return` of its value.
pub(super) fn body(
    body: &List,
    span: Span,
    interrupt: &TokenStream,
    context: &Context,
) -> TokenStream {
    let (last, rest) = split_value(body);
    // The future checks the cancel flag before it polls the body for the first time.
    let (mut statements, checked) = list(rest, last, Checked::Already, context);
    let mut close_value = None;
    match last {
        Some(step) if can_close_after(step, context) => {
            let before = before(step, checked, context);
            let value = value(step, Close::After, context);
            let close = unless_unreachable(step, &close(step));
            let value = match step.attrs.uncancellable {
                None => {
                    close_value = Some(close);
                    value
                }
                Some(_) => {
                    let Shield { shield, after } = shield(step, context);
                    let value = shielded(step, value);
                    let returns = &context.returns;
                    Statements::new(quote_mixed! {
                        #shield
                        let __value: #returns = #value;
                        #close
                        #after
                        __value
                    })
                }
            };
            statements.extend(tail(step, &value.behind(before), context));
        }
        Some(step) => {
            let value = closed(step, checked, context);
            statements.extend(tail(step, &value, context));
        }
        None => end_list(body, checked, &mut statements),
    }
    context.returning(span, &statements, close_value.as_ref(), interrupt)
}

/// The step that is the value of the body. In its edition, the user's crate decides whether the
/// temporaries live longer than the variables of the body; they cannot live longer than a share
/// that they borrow.
fn tail(step: &Step, statements: &Statements, context: &Context) -> TokenStream {
    let at = step.at();
    let attrs = &step.foreign_attrs;
    let braces = match &step.kind {
        StepKind::Plain(code) if is_borrowed(code.expr(), context) => at,
        _ => step.attrs.step,
    };
    let block = statements.block(braces);
    quote_spanned!(at=> #(#attrs)* #block)
}

/// The statements of a list inside a step.
fn inner_list(inner: &List, checked: Checked, context: &Context) -> TokenStream {
    let (mut statements, checked) = list(&inner.nodes, None, checked, context);
    end_list(inner, checked, &mut statements);
    statements
}

/// The statements of a group that is closed after its value, and with it the step that gives it.
fn group_list(inner: &List, context: &Context) -> TokenStream {
    let (last, rest) = split_value(inner);
    match last {
        Some(last) if can_close_after(last, context) && last.attrs.uncancellable.is_none() => {
            let (mut statements, checked) = list(rest, Some(last), Checked::Already, context);
            let before = before(last, checked, context);
            let value = value(last, Close::After, context);
            statements.extend(tail(last, &value.behind(before), context));
            statements
        }
        Some(last) if borrows_nothing(last) => {
            let (mut statements, checked) = list(rest, Some(last), Checked::Already, context);
            statements.extend(tail(last, &closed(last, checked, context), context));
            statements
        }
        _ => inner_list(inner, Checked::Already, context),
    }
}

/// Splits the step that is the value of a list off.
fn split_value(list: &List) -> (Option<&Step>, &[Node]) {
    match list.nodes.split_last() {
        Some((Node::Step(last), rest)) if last.binding.is_none() && last.semi.is_none() => {
            (Some(&**last), rest)
        }
        _ => (None, &list.nodes[..]),
    }
}

/// An `if` at the end would be the value of the block.
fn end_list(list: &List, checked: Checked, statements: &mut TokenStream) {
    if !list.nodes.is_empty() && checked == Checked::Already {
        statements.extend(quote_mixed!(;));
    }
}

/// Statements, and whether they end with a check of the cancel flag. `follows` is a step behind
/// them.
fn list(
    nodes: &[Node],
    follows: Option<&Step>,
    mut checked: Checked,
    context: &Context,
) -> (TokenStream, Checked) {
    let mut statements = TokenStream::new();
    for (index, node) in nodes.iter().enumerate() {
        match node {
            Node::Plain(stmt) | Node::Unclear(stmt, _) => {
                stmt.to_tokens(&mut statements);
                checked = Checked::NotYet;
            }
            Node::Step(step) => {
                let next = match nodes.get(index + 1) {
                    Some(Node::Step(next)) => Some(&**next),
                    Some(_) => None,
                    None => follows,
                };
                let next = match next {
                    // The two expansions that an editor compares differ in the typed word only.
                    Some(next) if opens_at_once(next, context) => Next::Opens,
                    _ => Next::Other,
                };
                let is_last = index + 1 == nodes.len() && follows.is_none();
                let (statement, ends_with) = match macros::of_step(step, is_last, context) {
                    Some(mac) => {
                        let before = before(step, checked, context);
                        (macros::statement(step, mac, before, context), Checked::NotYet)
                    }
                    None => statement(step, checked, next, context),
                };
                statements.extend(statement);
                checked = ends_with;
            }
        }
    }
    (statements, checked)
}

/// The check of the cancel flag in front of a step, if it needs one.
fn before(step: &Step, checked: Checked, context: &Context) -> Option<TokenStream> {
    (checked == Checked::NotYet).then(|| context.boundary(step.at()))
}

/// The statement of a step, and whether it ends with a check of the cancel flag.
fn statement(
    step: &Step,
    checked: Checked,
    next: Next,
    context: &Context,
) -> (TokenStream, Checked) {
    if is_bounded(step, context) {
        let before = before(step, checked, context);
        let (open, value) = match bare(step) {
            Some(expr) => opened(step, expr, context),
            None => {
                let value = value(step, Close::After, context);
                (None, value.block(step.at()))
            }
        };
        return (bounded::statement(step, before, open, &value, next, context), Checked::Already);
    }
    let statement = match &step.binding {
        Some(binding) => match place::of_step(step, context) {
            Some(expr) => {
                place::taken(step, binding, expr, before(step, checked, context), context)
            }
            None => bound(step, binding, checked, context),
        },
        None => {
            let at = step.at();
            let (attrs, semi) = (&step.foreign_attrs, &step.semi);
            let value = block(step, checked, context);
            quote_spanned!(at=> #(#attrs)* #value #semi)
        }
    };
    (statement, Checked::NotYet)
}

/// The statements of a `let`.
fn bound(step: &Step, binding: &Binding, checked: Checked, context: &Context) -> TokenStream {
    let at = step.at();
    let attrs = &step.foreign_attrs;
    let Binding { let_token, pat, ty, eq_token, semi_token, .. } = binding;
    let ty = ascription(ty.as_ref());
    let otherwise = else_of(binding);
    // A value that ends in a brace cannot stand before `else`.
    let of_else = |value: TokenStream| match &otherwise {
        Some(_) => (Some(quote_mixed!(#[allow(unused_parens)])), quote_spanned!(at=> (#value))),
        None => (None, value),
    };
    if !can_close_after(step, context) {
        let (allow, value) = of_else(block(step, checked, context));
        return quote_spanned! {at=>
            #(#attrs)* #allow #let_token #pat #ty #eq_token #value #otherwise #semi_token
        };
    }
    let before = before(step, checked, context);
    let value = value(step, Close::After, context);
    let (shield, value, after) = match step.attrs.uncancellable {
        None => (None, value.behind(before).block(at), None),
        Some(_) => {
            let Shield { shield, after } = shield(step, context);
            let value = Statements::new(shielded(step, value)).behind(before).block(at);
            (Some(shield), value, Some(after))
        }
    };
    let diverges = match &step.kind {
        StepKind::Plain(code) => Flow::of_expr(code.expr()).diverges,
        _ => true,
    };
    let close =
        |close: TokenStream| if diverges { unless_unreachable(step, &close) } else { close };
    let judged = is_judged_by_type(step);
    if !judged && otherwise.is_none() {
        let close = close(self::close(step));
        return quote_spanned! {at=>
            #shield
            #(#attrs)* #let_token #pat #ty #eq_token #value #semi_token
            #close
            #after
        };
    }
    // The step is closed before the pattern takes the value apart, and before the `else`.
    let variable = Ident::new("__value", Span::mixed_site());
    let close = close(match judged {
        true => close_by(step, &variable, pat.span(), context),
        false => self::close(step),
    });
    let given = match &step.kind {
        StepKind::Plain(code) => given_value(code.expr()),
        _ => variable.clone(),
    };
    let (allow, given) = of_else(quote_spanned!(at=> { #given }));
    let of_value = attrs.iter().filter(|attr| !attr.path().is_ident("expect"));
    quote_spanned! {at=>
        #shield
        #(#of_value)* #allow let #variable #ty = #value;
        #close
        #after
        #(#attrs)* #allow #let_token #pat #ty #eq_token #given #otherwise #semi_token
    }
}

/// The block that runs and closes a step, and has its value.
fn block(step: &Step, checked: Checked, context: &Context) -> TokenStream {
    let at = step.at();
    closed(step, checked, context).block(at)
}

/// The statements that run and close a step, the last of which is its value.
fn closed(step: &Step, checked: Checked, context: &Context) -> Statements {
    let at = step.at();
    let before = before(step, checked, context);
    let value = value(step, Close::Inside, context);
    let value = durable::recording(step, value, context);
    let value = match step.attrs.uncancellable {
        None => value,
        // A cancellation during the step takes effect once its value is stored.
        Some(_) => {
            let boundary = context.boundary(at);
            let ty = ascription(value_type(step));
            let value = value.behind(quote_spanned!(at=> let mut __steps = __shielded;)).block(at);
            Statements::new(quote_spanned! {at=>
                let (__shield, __shielded) = __steps.shield();
                let __value #ty = #value;
                __rt::core::mem::drop(__shield);
                #boundary
                __value
            })
        }
    };
    durable::recalling(step, value, context).behind(before)
}

/// The statements that run a step, the last of which is its value.
fn value(step: &Step, close: Close, context: &Context) -> Statements {
    let inner = |context: &Context| inner_statements(step, close, context);
    match &step.kind {
        StepKind::Plain(code) => {
            match (step.call(context.form), &step.attrs.retry, &step.attrs.timeout) {
                (Some(call), Some(retry), _) => call::retried(step, call, retry, close, context),
                (Some(call), None, Some((_, duration))) => {
                    call::timed(step, call, duration, close, context)
                }
                _ => plain(step, code.expr(), close, context),
            }
        }
        StepKind::If { arms, otherwise } => {
            branching::chain(step, arms, otherwise.as_ref(), inner(context), close, context)
        }
        StepKind::Match { match_token, scrutinee, arms } => {
            branching::matching(step, match_token, scrutinee.expr(), arms, close, context)
        }
        StepKind::Group { label, list } => {
            group(step, (label.as_ref(), list), inner(context), close)
        }
        StepKind::For(each) => looping::each(step, each, inner, close, context),
        StepKind::Parallel { branches, .. } => {
            let context = parallel::context(branches, context);
            parallel::branches(step, branches, &context, |branch, context| {
                block(branch, Checked::NotYet, context)
            })
        }
    }
}

fn plain(step: &Step, expr: &Expr, close_at: Close, context: &Context) -> Statements {
    let at = step.at();
    let (open, value) = opened(step, expr, context);
    if close_at == Close::After {
        // At the start of a statement it would mean something else.
        return Statements::new(match is_cut_short(expr) {
            true => quote_spanned!(at=> #open (#value)),
            false => quote_spanned!(at=> #open #value),
        });
    }
    // A dropped value stays in front of the user's `;`, so that rustc can warn about it.
    if step.is_discarded() && !judges(step, expr, context) {
        let close = close(step);
        let close = match Flow::of_expr(expr).diverges {
            true => unless_unreachable(step, &close),
            false => close,
        };
        return Statements::new(quote_spanned!(at=> #open #value; #close));
    }
    let value = closed_after(step, expr, &value, context);
    // A discarded value is dropped before its temporaries, as in plain Rust.
    let semi = step.is_discarded().then(|| quote_spanned!(at=> ;));
    Statements::new(quote_spanned!(at=> #open #value #semi))
}

/// The statements of the list inside a step.
fn inner_statements(step: &Step, close: Close, context: &Context) -> Option<TokenStream> {
    let inner = step.inner()?;
    let closes_value = close == Close::After && !is_judged_by_type(step);
    Some(match &step.kind {
        StepKind::Group { .. } if closes_value => group_list(inner, context),
        StepKind::For(_) | StepKind::Group { .. } if step.attrs.concurrent.is_none() => {
            inner_list(inner, Checked::Already, context)
        }
        _ => inner_list(inner, Checked::NotYet, context),
    })
}

/// Whether the value of a step borrows nothing of the list that it is in, as a loop does.
fn borrows_nothing(step: &Step) -> bool {
    matches!(step.kind, StepKind::Plain(_) | StepKind::If { .. } | StepKind::Match { .. })
}

/// The braces of a list of steps inside another. If they end with a value that borrows nothing of
/// ours, its temporaries live as long as in the user's block.
pub(super) fn braces(step: &Step, list: &List) -> Span {
    let is_users = match list.nodes.last() {
        Some(Node::Plain(_)) => true,
        Some(Node::Step(last)) => borrows_nothing(last),
        Some(Node::Unclear(..)) | None => false,
    };
    if is_users { step.attrs.step } else { step.at() }
}

fn group(
    step: &Step,
    (label, list): (Option<&Label>, &List),
    inner: Option<TokenStream>,
    close_at: Close,
) -> Statements {
    let at = step.at();
    let (index, title) = (step.position(), title(step));
    let group = quote_spanned!(at=> let mut __steps = __group; #inner);
    let group = quote_spanned!(braces(step, list)=> { #group });
    let group = quote_spanned!(at=> #label #group);
    let open = quote_spanned!(at=> #title let __group = __steps.group(#index););
    if close_at == Close::After {
        return Statements::new(quote_spanned!(at=> #open #group));
    }
    let close = unless_unreachable(step, &close(step));
    Statements::new(quote_spanned!(at=> #open let __value = #group; #close __value))
}
