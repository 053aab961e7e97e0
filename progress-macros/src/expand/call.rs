//! `call.await?` under `#[retry]` and `#[timeout]`: every attempt makes the call again.

use super::context::Context;
use super::ends::{ascription, close, close_by, is_judged_by_type, title, value_type};
use super::quote::quote_mixed;
use super::share;
use crate::ast::Step;
use crate::syntax::uses::uses;
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;
use syn::spanned::Spanned;
use syn::{Expr, Token};

type Question<'a> = Option<&'a Token![?]>;

/// A call with a time limit, made once.
pub(super) fn timed(
    step: &Step,
    call: &Expr,
    question: Question<'_>,
    context: &Context,
) -> TokenStream {
    let at = step.at();
    let (index, title) = (step.position(), title(step));
    let ty = ascription(value_type(step));
    let share = share::variable(step, uses(call, &context.progress), context);
    let Some((_, duration)) = &step.attrs.timeout else { return TokenStream::new() };
    let late = match question {
        Some(_) => timed_out(context),
        None => {
            quote_spanned! {at=>
                __rt::core::result::Result::Err(__rt::core::convert::From::from(__interrupted))
            }
        }
    };
    let close = close_call(step, call, question, context);
    quote_spanned! {at=>
        #title
        __steps.enter(#index);
        let mut __attempt = __steps.once(#index);
        #share = __attempt.start();
        let __value #ty = match __attempt.limited(#duration, #call).await {
            __rt::core::result::Result::Ok(__value) => __value #question,
            __rt::core::result::Result::Err(__interrupted) => #late,
        };
        #close
        __value
    }
}

/// A call that is repeated while its policy allows it, each time with a fresh share.
pub(super) fn retried(
    step: &Step,
    call: &Expr,
    question: Question<'_>,
    context: &Context,
) -> TokenStream {
    let at = step.at();
    let Some(retry) = &step.attrs.retry else { return TokenStream::new() };
    let (index, title, policy) = (step.position(), title(step), &retry.policy);
    let ty = ascription(value_type(step));
    let share = share::variable(step, uses(call, &context.progress), context);
    let future = future(step, call);
    let policy_at = policy.span().resolved_at(Span::mixed_site());
    let retry_call = quote_spanned!(policy_at=> __steps.retry(#index, #policy));
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
    // rustc reports a call without a `Result` here.
    let call_at = Span::mixed_site().located_at(call.span());
    let success = quote_spanned!(call_at=> __rt::core::result::Result::Ok(__value));
    let failure = quote_spanned!(call_at=> __rt::core::result::Result::Err(__error));
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
                match __retry.again(true, __rt::text!(&__interrupted)) {
                    __rt::core::option::Option::Some(__pause) => __pause,
                    __rt::core::option::Option::None => #given_up,
                }
            }
        }
    });
    let close = close_call(step, call, question, context);
    quote_spanned! {at=>
        #title
        __steps.enter(#index);
        let mut __retry = #retry_call;
        let __value #ty = loop {
            #share = __retry.attempt();
            let __pause = match #future.await {
                #success => #done,
                #failure => match __retry.again(#when, __rt::text!(&__error)) {
                    __rt::core::option::Option::Some(__pause) => __pause,
                    __rt::core::option::Option::None => #failed,
                },
                #late
            };
            __pause.await;
        };
        #close
        __value
    }
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
fn timed_out(context: &Context) -> TokenStream {
    let returns = &context.failure;
    let span = context.returns_span.resolved_at(Span::mixed_site());
    let error = quote_spanned!(span=> __rt::timed_out::<#returns>(__interrupted));
    quote_mixed!(__rt::core::result::Result::Err(#error)?)
}
