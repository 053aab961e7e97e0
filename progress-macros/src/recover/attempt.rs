//! The code of a step, if it can be run. rustc would report some mistakes in terms of the
//! expansion; a message in the place of the code prevents that.

use crate::ast::{Code, Form};
use crate::attrs::StepAttrs;
use crate::diagnostics::Diagnostics;
use crate::syntax::flow::Flow;
use crate::syntax::hole;
use proc_macro2::Span;
use syn::{Expr, Token};

/// The message about a branch that is a `let`, which rustc would report as part of a condition.
pub(crate) fn branch(expr: Expr, attrs: &StepAttrs, form: Form, errors: &mut Diagnostics) -> Code {
    match &expr {
        Expr::Let(branch) => {
            let message = "a branch has no `let`: name its value where the tuple is, \
                           as in `let (a, b) = (…)`";
            message_code(branch.let_token.span, message, errors)
        }
        _ => runnable(expr, attrs, form, errors),
    }
}

/// An expression that a step can run, or the message about it.
pub(crate) fn runnable(
    expr: Expr,
    attrs: &StepAttrs,
    form: Form,
    errors: &mut Diagnostics,
) -> Code {
    let leaves = match &expr {
        Expr::Break(word) => Some((word.break_token.span, "break")),
        Expr::Continue(word) => Some((word.continue_token.span, "continue")),
        _ => None,
    };
    if let Some((span, word)) = leaves {
        let message = format!("a step runs something, and `{word}` only leaves: put it behind");
        return message_code(span, &message, errors);
    }
    let what = match attrs {
        StepAttrs { retry: Some(_), .. } => "retry",
        StepAttrs { timeout: Some(_), .. } => "a timeout",
        _ => return Code::Expr(expr),
    };
    match &expr {
        Expr::Try(call)
            if form == Form::Async
                && !matches!(*call.expr, Expr::Await(_))
                && !Flow::of_expr(&expr).awaits =>
        {
            let message = format!("{what} needs a single `call.await?`: the `.await` is missing");
            message_code(call.question_token.span, &message, errors)
        }
        _ => Code::Expr(expr),
    }
}

/// The value of an arm, or the message about one that is still to be written.
pub(crate) fn arm(body: Expr, arrow: Token![=>], errors: &mut Diagnostics) -> Code {
    match body {
        Expr::Verbatim(nothing) if nothing.is_empty() => {
            let message = "expected a value after this `=>`";
            message_code(arrow.spans[1], message, errors)
        }
        body => Code::Expr(body),
    }
}

/// Code as the user wrote it, half-written or not.
pub(crate) fn code(expr: Expr, errors: &Diagnostics) -> Code {
    match errors.reported() {
        Some(reported) if hole::is_in(&expr) => Code::Error(expr, reported),
        _ => Code::Expr(expr),
    }
}

fn message_code(span: Span, message: &str, errors: &mut Diagnostics) -> Code {
    let (message, reported) = errors.in_place(span, message);
    let expr = syn::parse2(message.clone()).unwrap_or(Expr::Verbatim(message));
    Code::Error(expr, reported)
}
