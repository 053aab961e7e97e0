//! `call.await?` under `#[retry]` and `#[timeout]`: every attempt makes the call again.

use super::context::Context;
use super::ends::{Close, ascription, close, close_by, is_judged_by_type, title, value_type};
use super::quote::quote_mixed;
use super::share;
use super::statements::Statements;
use crate::ast::{Form, Step};
use crate::attrs::Retry;
use crate::syntax::captures::captures_nothing;
use crate::syntax::uses::uses;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, Token};

type Question<'a> = Option<&'a Token![?]>;

/// A call with a time limit, made once.
pub(super) fn timed(
    step: &Step,
    (call, question): (&Expr, Question<'_>),
    duration: &Expr,
    close_at: Close,
    context: &Context,
) -> Statements {
    let at = step.at();
    let (index, title) = (step.position(), title(step));
    let (share, attempt) = match share::handed(call, "attempt_once", Some(&index), context) {
        Some(call) => (None, call),
        None => {
            let share = share::variable(step, uses(call, &context.progress), context);
            let share = quote_spanned!(at=> #share = __steps.attempt_once(#index););
            (Some(share), call.to_token_stream())
        }
    };
    let limited = |late: TokenStream| quote_spanned!(at=> __rt::limited(#duration, #attempt, &mut __steps, #late).await);
    let value = Statements::new(match question {
        Some(_) => {
            let value = limited(late(context));
            quote_mixed!(#value? #question)
        }
        None => {
            let value = limited(quote_mixed!(__rt::core::convert::identity));
            let (success, failure) = results(call);
            quote_spanned! {at=>
                match #value {
                    __rt::core::result::Result::Ok(#success) => {
                        __rt::core::result::Result::Ok(__value)
                    }
                    __rt::core::result::Result::Ok(#failure) => {
                        __rt::core::result::Result::Err(__error)
                    }
                    __rt::core::result::Result::Err(__interrupted) => {
                        __rt::core::result::Result::Err(
                            __rt::core::convert::From::from(__interrupted)
                        )
                    }
                }
            }
        }
    });
    let value = closed(step, call, question, value, close_at, context);
    value.behind(quote_spanned!(at=> #title __steps.enter(#index); #share))
}

/// A call that is repeated while its policy allows it, each time with a fresh share.
pub(super) fn retried(
    step: &Step,
    (call, question): (&Expr, Question<'_>),
    retry: &Retry,
    close_at: Close,
    context: &Context,
) -> Statements {
    let at = step.at();
    let (index, title, policy) = (step.position(), title(step), &retry.policy);
    let policy_at = policy.span().resolved_at(Span::mixed_site());
    let retry_call = quote_spanned!(policy_at=> __steps.retry(#index, #policy));
    let attempts = match share::handed(call, "attempt", None, context) {
        _ if context.form == Form::Sync => attempts(step, call, retry, question, context),
        Some(handed)
            if step.attrs.timeout.is_none() && retry.when.as_ref().is_none_or(captures_nothing) =>
        {
            handed_attempts(step, call, &handed, retry.when.as_ref(), question)
        }
        Some(handed) if step.attrs.timeout.is_none() && !share::may_borrow_temporaries(call) => {
            judged_attempts(step, call, &handed, retry, question)
        }
        _ => attempts(step, call, retry, question, context),
    };
    let value = closed(step, call, question, attempts, close_at, context);
    value.behind(quote_spanned!(at=> #title __steps.enter(#index); #retry_call;))
}

/// The attempts of a call to which the share is handed. One future has the attempt, the condition
/// and the pause, which rustc compiles faster than two. So the condition exists during the attempt,
/// and cannot borrow what the call does.
fn handed_attempts(
    step: &Step,
    call: &Expr,
    handed: &TokenStream,
    when: Option<&Expr>,
    question: Question<'_>,
) -> Statements {
    let at = step.at();
    let (_, failure) = results(call);
    let when = when.map(
        |when| quote_spanned!(at=> if __rt::core::option::Option::Some(__error).is_some_and(#when)),
    );
    Statements::new(quote_spanned! {at=>
        loop {
            if let __rt::core::option::Option::Some(__value) = __rt::attempted(
                #handed,
                &mut __steps,
                |__result| match __result {
                    #failure #when => __rt::core::option::Option::Some(__rt::text!(__error)),
                    _ => __rt::core::option::Option::None,
                },
            ).await {
                break __value #question;
            }
        }
    })
}

/// The attempts of such a call with a condition that may borrow any variable, so that it exists
/// between attempts only. One `.await` is for the attempt or for the pause before it.
fn judged_attempts(
    step: &Step,
    call: &Expr,
    handed: &TokenStream,
    retry: &Retry,
    question: Question<'_>,
) -> Statements {
    let at = step.at();
    let (_, failure) = results(call);
    let when = &retry.when;
    let again = quote_spanned! {at=>
        __steps.fail_attempt(__error, #when, |__error| __rt::text!(__error))
    };
    let attempts = quote_spanned! {at=>
        loop {
            let __turn = __rt::turn(
                match __steps.is_paused() {
                    true => __rt::core::option::Option::None,
                    false => __rt::core::option::Option::Some(#handed),
                },
                &mut __steps,
            );
            if let __rt::core::option::Option::Some(__result) = __turn.await {
                match &__result {
                    #failure if #again => {}
                    _ => break __result,
                }
            }
        }
    };
    Statements::new(match question {
        Some(question) => quote_spanned!(at=> let __result = #attempts; __result #question),
        None => attempts,
    })
}

/// The attempts of any call.
fn attempts(
    step: &Step,
    call: &Expr,
    retry: &Retry,
    question: Question<'_>,
    context: &Context,
) -> Statements {
    let at = step.at();
    let share = share::variable(step, uses(call, &context.progress), context);
    let (attempt, pause) = match context.form {
        Form::Async => {
            let future = future(step, call);
            (quote_spanned!(at=> #future.await), quote_spanned!(at=> __pause.await;))
        }
        Form::Sync => {
            let boundary = context.boundary(at);
            (call.to_token_stream(), quote_spanned!(at=> __steps.wait(__pause); #boundary))
        }
    };
    let when = match &retry.when {
        Some(when) => {
            quote_spanned!(at=> __rt::core::option::Option::Some(&__error).is_some_and(#when))
        }
        None => quote_spanned!(at=> true),
    };
    let timed = step.attrs.timeout.is_some();
    // With `?` the value is the content of the call's `Result`, without it the `Result` itself.
    let done = match question {
        Some(_) => quote_spanned!(at=> break __value),
        None => quote_spanned!(at=> break __rt::core::result::Result::Ok(__value)),
    };
    let failed = match question {
        Some(question) => quote_spanned!(at=> __rt::core::result::Result::Err(__error) #question),
        None => quote_spanned!(at=> break __rt::core::result::Result::Err(__error)),
    };
    let (success, failure) = results(call);
    let (success, failure) = match timed {
        true => (
            quote_spanned!(at=> __rt::core::result::Result::Ok(#success)),
            quote_spanned!(at=> __rt::core::result::Result::Ok(#failure)),
        ),
        false => (success, failure),
    };
    let late = timed.then(|| {
        let given_up = match question {
            Some(_) => timed_out(context),
            None => quote_spanned! {at=>
                break __rt::core::result::Result::Err(__rt::core::convert::From::from(__interrupted))
            },
        };
        quote_spanned! {at=>
            __rt::core::result::Result::Err(__interrupted) => {
                match __steps.again(true, __rt::text!(&__interrupted)) {
                    __rt::core::option::Option::Some(__pause) => __pause,
                    __rt::core::option::Option::None => #given_up,
                }
            }
        }
    });
    Statements::new(quote_spanned! {at=>
        loop {
            #share = __steps.attempt();
            let __pause = match #attempt {
                #success => #done,
                #failure => match __steps.again(#when, __rt::text!(&__error)) {
                    __rt::core::option::Option::Some(__pause) => __pause,
                    __rt::core::option::Option::None => #failed,
                },
                #late
            };
            #pause
        }
    })
}

/// The patterns for the two results of a call, where rustc reports a call without a `Result`.
fn results(call: &Expr) -> (TokenStream, TokenStream) {
    let at = Span::mixed_site().located_at(call.span());
    (
        quote_spanned!(at=> __rt::core::result::Result::Ok(__value)),
        quote_spanned!(at=> __rt::core::result::Result::Err(__error)),
    )
}

/// The value of a step, and its close if it stands inside.
fn closed(
    step: &Step,
    call: &Expr,
    question: Question<'_>,
    value: Statements,
    close_at: Close,
    context: &Context,
) -> Statements {
    let at = step.at();
    if close_at == Close::After {
        return value;
    }
    let value = value.block(at);
    let ty = ascription(value_type(step));
    let close = close_call(step, call, question, context);
    Statements::new(quote_spanned!(at=> let __value #ty = #value; #close __value))
}

fn close_call(step: &Step, call: &Expr, question: Question<'_>, context: &Context) -> TokenStream {
    if question.is_some() && !is_judged_by_type(step) {
        return close(step);
    }
    close_by(step, &Ident::new("__value", Span::mixed_site()), call.span(), context)
}

fn future(step: &Step, call: &Expr) -> TokenStream {
    let at = step.at();
    match &step.attrs.timeout {
        Some((_, duration)) => quote_spanned!(at=> __rt::timeout(#duration, #call)),
        None => quote_spanned!(at=> #call),
    }
}

/// The workflow's error for a timeout. rustc reports a missing conversion at the return type.
fn late(context: &Context) -> TokenStream {
    let returns = &context.failure;
    let span = context.returns_span.resolved_at(Span::mixed_site());
    quote_spanned!(span=> __rt::timed_out::<#returns>)
}

fn timed_out(context: &Context) -> TokenStream {
    let late = late(context);
    let span = context.returns_span.resolved_at(Span::mixed_site());
    let error = quote_spanned!(span=> #late(__interrupted));
    quote_mixed!(__rt::core::result::Result::Err(#error)?)
}
