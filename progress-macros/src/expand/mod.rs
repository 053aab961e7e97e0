//! The last stage: the function as a person would write it with the runtime at hand.
//!
//! Names that start with `__` have mixed-site spans, so that they never meet the user's names. What
//! the user wrote keeps its spans.

mod bounded;
mod branching;
mod call;
mod context;
mod durable;
mod ends;
mod judged;
mod looping;
mod macros;
mod parallel;
mod place;
mod plan;
mod quote;
mod share;
mod signature;
mod statements;
mod step;
mod values;

use self::quote::quote_mixed;
use crate::ast::{Container, Form, Function, Step, Workflow};
use crate::attrs::{self, misspelt};
use crate::diagnostics::Diagnostics;
use ::quote::quote_spanned;
use context::Context;
use proc_macro2::{Ident, Span, TokenStream};
use syn::Type;

/// The function and its plan.
pub(crate) fn workflow(workflow: &Workflow, errors: &mut Diagnostics) -> TokenStream {
    let Function { attrs, vis, sig, .. } = &workflow.function;
    let (output, returns) = signature::output(&workflow.function);
    let form = workflow.function.form;
    let mut context = Context::new(
        form,
        returns,
        signature::output_span(sig),
        &workflow.progress,
        &workflow.function.runtime,
    );
    context.for_editor = errors.for_editor();
    context.failed = errors.reported().is_some() && !errors.for_editor();
    context.durable = durable::applies(workflow, &context);
    let plan = plan::function(workflow, &signature::plan_name(sig));
    let allow = context.failed.then(|| quote_mixed!(#[allow(unused)]));
    // The function ends in code of ours, which may give its `()`.
    let allow_end = parallel::is_unit(&context.returns)
        .then(|| quote_mixed!(#[allow(clippy::semicolon_if_nothing_returned)]));
    let is_async = form == Form::Async && attrs.iter().any(misspelt::is_about_async);
    let (sig, bindings) = match is_async {
        true => signature::of_async_fn(&workflow.function),
        false => signature::parameters(&workflow.function, &output),
    };
    let wait = is_async.then(|| quote_mixed!(.await));
    let body = body(workflow, &bindings, wait.as_ref(), &context, errors);
    quote_mixed! {
        #plan

        #(#attrs)*
        #allow
        #allow_end
        #vis #sig #body
    }
}

/// The body of the function, which creates the future, or runs the closure.
fn body(
    workflow: &Workflow,
    bindings: &TokenStream,
    wait: Option<&TokenStream>,
    context: &Context,
    errors: &mut Diagnostics,
) -> TokenStream {
    let runtime = &workflow.function.runtime;
    let returns = &context.returns;
    // Nothing is known about an opaque type. The macros are named by their whole path, as rustc
    // does not resolve them through a `use` if some attribute is unknown.
    let (outcome, interrupt) = match returns {
        Type::Infer(_) => (
            quote_mixed! {
                __rt::Returns::new(|_| __rt::Verdict::Ok, __rt::core::option::Option::None)
            },
            quote_mixed!(__rt::core::option::Option::None),
        ),
        _ => (
            quote_mixed!(#runtime::__private::returns!(#returns)),
            quote_mixed!(#runtime::__private::interrupt!(#returns)),
        ),
    };
    let begin = signature::begin(&workflow.function, &workflow.progress, context.durable);
    let around = durable::Around::new(context);
    let braces = signature::future_span(workflow);
    let span = Span::mixed_site().located_at(braces);
    let statements = step::body(&workflow.body, braces, &interrupt, context);
    let (judged, judges) = (context.judged.declarations(), context.judged.choices(runtime));
    let hints = context.for_editor.then(|| hints(workflow));
    // rustc takes this for the place that first determined the type.
    let at = Span::mixed_site().located_at(context.returns_span);
    let type_hint = quote_spanned! {at=>
        #[allow(unreachable_code, clippy::diverging_sub_expression)]
        if false { return __rt::unreachable::<#returns>(); }
    };
    let future = quote_mixed!(#hints #type_hint #bindings #judged #statements #judges);
    let run = match context.form {
        Form::Async => {
            let future = around.future(quote_spanned!(span=> async move { #future }));
            quote_mixed! {
                __rt::Workflow::new(
                    __root,
                    #future,
                    __returns,
                )
                #wait
            }
        }
        Form::Sync => {
            let body = quote_spanned!(span=> move || { #future });
            quote_mixed!(__rt::call(__root, #body, __returns))
        }
    };
    let durable::Around { error, variable } = around;
    let errors = errors.take_statements();
    // A function in the body is found from there, whatever the body stands in.
    let hidden = workflow.function.container == Container::Hidden;
    let plan =
        hidden.then(|| plan::function(workflow, &signature::plan_name(&workflow.function.sig)));
    let body = quote_mixed! {
        #errors
        #plan
        use #runtime::__private as __rt;
        let __returns = #outcome;
        #error
        let (__root, mut __steps #variable) = #begin;
        #run
    };
    // The braces carry the user's span, so that rustc sees the user's function from its first token
    // to its last.
    quote_spanned!(workflow.braces=> { #body })
}

/// For editors only: imports of the attributes as the macros that document them, so that they can
/// be completed and explained.
fn hints(workflow: &Workflow) -> TokenStream {
    fn collect<'a>(steps: impl Iterator<Item = &'a Step>, names: &mut Vec<Ident>) {
        for step in steps {
            names.extend(step.attrs.names.iter().cloned());
            collect(step.children().into_iter(), names);
        }
    }
    let mut names = Vec::new();
    collect(workflow.body.steps(), &mut names);
    let runtime = &workflow.function.runtime;
    quote_mixed! {
        #[allow(unused_imports)]
        use #runtime::attr::*;
        #(#[allow(unused_imports)] use #runtime::attr::#names as _;)*
    }
}

/// A function without a body, so that its callers compile.
pub(crate) fn stub(function: &Function, errors: &mut Diagnostics) -> TokenStream {
    let Function { runtime, attrs, vis, sig, .. } = function;
    let (output, returns) = signature::output(function);
    let plan_name = signature::plan_name(sig);
    let (sig, _) = signature::parameters(function, &output);
    let attrs = attrs.iter().filter(|attr| attrs::name(attr).is_none());
    let cfgs = function.attrs.iter().filter(|attr| attr.path().is_ident("cfg"));
    let plan = (function.container != Container::Trait).then(|| {
        quote_mixed! {
            #(#cfgs)*
            #[allow(dead_code, missing_docs)]
            #vis const fn #plan_name() -> &'static #runtime::__private::Plan {
                loop {}
            }
        }
    });
    let errors = errors.take_statements();
    let body = quote_mixed!(#runtime::__private::unreachable::<#returns>());
    let body = match function.form {
        Form::Async if function.unclear_return.is_none() => quote_mixed!(async move { #body }),
        Form::Async | Form::Sync => body,
    };
    quote_mixed! {
        #plan

        #(#attrs)*
        #[allow(unused)]
        #vis #sig {
            #errors
            #body
        }
    }
}
