//! The share of a step: a variable with the name of the progress, or an argument of the user's
//! call.

use super::context::Context;
use super::ends::title;
use crate::ast::Step;
use crate::syntax::uses::uses;
use crate::syntax::walk::{Part, Reader, Reading, Walk};
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::punctuated::Punctuated;
use syn::visit::Visit;
use syn::{Expr, Token};

/// The code that opens a step, and the expression of the step. If the share is an argument, and the
/// other arguments run no code, the step opens in its place, which rustc compiles faster than a
/// variable.
pub(super) fn opened(
    step: &Step,
    expr: &Expr,
    context: &Context,
) -> (Option<TokenStream>, TokenStream) {
    let at = step.at();
    let (index, title) = (step.position(), title(step));
    if let Some(call) = handed(expr, "open", Some(&index), context) {
        return (title, call);
    }
    let share = variable(step, uses(expr, &context.progress), context);
    (Some(quote_spanned!(at=> #title #share = __steps.open(#index);)), expr.to_token_stream())
}

/// The expression, with a call of this method of `__steps` in place of the share, if the share is
/// an argument.
pub(super) fn handed(
    expr: &Expr,
    method: &str,
    index: Option<&Literal>,
    context: &Context,
) -> Option<TokenStream> {
    // An editor shows the type of a variable.
    let share = argument(expr, &context.progress).filter(|_| !context.for_editor)?;
    // The parentheses carry the user's span, so that rustc's messages point at the argument.
    let steps = Ident::new("__steps", Span::mixed_site().located_at(share.span()));
    let method = Ident::new(method, share.span());
    let open = quote_spanned!(share.span()=> (#steps).#method(#index));
    let mut call = TokenStream::new();
    hand(expr, share, open, &mut call);
    Some(call)
}

/// Whether the share of an expression is a variable that it may borrow: it does more than hand it
/// to calls.
pub(super) fn is_borrowed(expr: &Expr, context: &Context) -> bool {
    let mut borrows = Borrows { name: &context.progress, found: false };
    Reading(&mut borrows).visit_expr(expr);
    borrows.found
}

struct Borrows<'a> {
    name: &'a Ident,
    found: bool,
}

impl Reader for Borrows<'_> {
    fn read(&mut self, part: Part<'_>) -> Walk {
        let (first, args) = match part {
            Part::Expr(Expr::Call(call)) => (&call.func, &call.args),
            Part::Expr(Expr::MethodCall(call)) => (&call.receiver, &call.args),
            Part::Expr(expr @ (Expr::Closure(_) | Expr::Async(_) | Expr::Macro(_))) => {
                self.found |= uses(expr, self.name);
                return Walk::Past;
            }
            Part::Expr(expr) => {
                self.found |= is(expr, self.name);
                return Walk::Into;
            }
            _ => return Walk::Into,
        };
        Reading(self).visit_expr(first);
        for arg in args.iter().filter(|arg| !is(arg, self.name)) {
            Reading(self).visit_expr(arg);
        }
        Walk::Past
    }
}

/// `let mut progress`, or a hidden variable if nothing names the share. It has the span of the word
/// `step`, where rustc points when the share is used twice.
pub(super) fn variable(step: &Step, named: bool, context: &Context) -> TokenStream {
    let at = step.at();
    if !named {
        return quote_spanned!(at=> let __progress);
    }
    let progress = name(step, context);
    quote_spanned!(at=> #[allow(unused_mut)] let mut #progress)
}

pub(super) fn name(step: &Step, context: &Context) -> Ident {
    let mut progress = context.progress.clone();
    progress.set_span(step.attrs.step.resolved_at(progress.span()));
    progress
}

/// The share, if it is one argument of a call, awaited or not, and no code runs before the call.
fn argument<'a>(expr: &'a Expr, name: &Ident) -> Option<&'a Ident> {
    let (first, args) = match expr {
        Expr::Try(tried) if tried.attrs.is_empty() => return argument(&tried.expr, name),
        Expr::Await(awaited) if awaited.attrs.is_empty() => return argument(&awaited.base, name),
        Expr::Call(call) if call.attrs.is_empty() => (&call.func, &call.args),
        Expr::MethodCall(call) if call.attrs.is_empty() => (&call.receiver, &call.args),
        _ => return None,
    };
    let (mut shares, others): (Vec<_>, Vec<_>) = args.iter().partition(|arg| is(arg, name));
    let still = is_still(first, name) && others.into_iter().all(|arg| is_still(arg, name));
    match (shares.pop(), shares.pop()) {
        (Some(Expr::Path(share)), None) if still => share.path.get_ident(),
        _ => None,
    }
}

/// Whether this is a call with the share in its arguments.
pub(super) fn is_call_with(expr: &Expr, name: &Ident) -> bool {
    let args = match expr {
        Expr::Call(call) if !is_constructor(&call.func) => &call.args,
        Expr::MethodCall(call) => &call.args,
        _ => return false,
    };
    args.iter().any(|arg| uses(arg, name))
}

fn is(expr: &Expr, name: &Ident) -> bool {
    matches!(expr, Expr::Path(path) if path.path.is_ident(name) && path.attrs.is_empty())
}

/// Whether an operand runs no code, so that it may be evaluated before the step opens.
fn is_still(expr: &Expr, name: &Ident) -> bool {
    match expr {
        Expr::Lit(_) => true,
        Expr::Path(path) => !path.path.is_ident(name),
        Expr::Reference(reference) => is_still(&reference.expr, name),
        Expr::Field(field) => is_still(&field.base, name),
        Expr::Call(call) => {
            is_constructor(&call.func) && call.args.iter().all(|arg| is_still(arg, name))
        }
        _ => false,
    }
}

/// Whether a call to which the share is handed may borrow a temporary: any operand behind a
/// reference that is neither a variable, as the case of its name suggests, nor a literal.
pub(super) fn may_borrow_temporaries(expr: &Expr) -> bool {
    match expr {
        Expr::Try(tried) => may_borrow_temporaries(&tried.expr),
        Expr::Await(awaited) => may_borrow_temporaries(&awaited.base),
        Expr::Call(call) => call.args.iter().any(may_borrow_temporaries),
        Expr::MethodCall(call) => {
            !is_variable_place(&call.receiver) || call.args.iter().any(may_borrow_temporaries)
        }
        Expr::Reference(reference) => match &*reference.expr {
            Expr::Lit(_) => reference.mutability.is_some(),
            place => !is_variable_place(place),
        },
        Expr::Field(field) => may_borrow_temporaries(&field.base),
        _ => false,
    }
}

fn is_variable_place(expr: &Expr) -> bool {
    match expr {
        Expr::Path(path) => path
            .path
            .get_ident()
            .is_some_and(|name| !name.to_string().starts_with(char::is_uppercase)),
        Expr::Field(field) => is_variable_place(&field.base),
        _ => false,
    }
}

/// Whether a call creates a tuple struct, as the case of its name suggests.
fn is_constructor(func: &Expr) -> bool {
    let Expr::Path(path) = func else { return false };
    let last = path.path.segments.last().map(|last| last.ident.to_string());
    last.is_some_and(|name| name.starts_with(char::is_uppercase))
}

/// Writes a call with `open` in place of its share.
fn hand(expr: &Expr, name: &Ident, open: TokenStream, tokens: &mut TokenStream) {
    let arguments = |args: &Punctuated<Expr, Token![,]>, tokens: &mut TokenStream| {
        for pair in args.pairs() {
            match pair.value() {
                arg if is(arg, name) => open.to_tokens(tokens),
                arg => arg.to_tokens(tokens),
            }
            pair.punct().to_tokens(tokens);
        }
    };
    match expr {
        Expr::Try(tried) => {
            hand(&tried.expr, name, open, tokens);
            tried.question_token.to_tokens(tokens);
        }
        Expr::Await(awaited) => {
            hand(&awaited.base, name, open, tokens);
            awaited.dot_token.to_tokens(tokens);
            awaited.await_token.to_tokens(tokens);
        }
        Expr::Call(call) => {
            call.func.to_tokens(tokens);
            call.paren_token.surround(tokens, |tokens| arguments(&call.args, tokens));
        }
        Expr::MethodCall(call) => {
            call.receiver.to_tokens(tokens);
            call.dot_token.to_tokens(tokens);
            call.method.to_tokens(tokens);
            call.turbofish.to_tokens(tokens);
            call.paren_token.surround(tokens, |tokens| arguments(&call.args, tokens));
        }
        expr => expr.to_tokens(tokens),
    }
}
