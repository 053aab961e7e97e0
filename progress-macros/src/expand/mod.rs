//! The last stage: the function as a person would have written it with the runtime in hand.
//!
//! Names that start with `__` have mixed-site spans, so that they and the user's never meet. What
//! the user wrote keeps its spans.

mod branching;
mod call;
mod looping;
mod parallel;
mod plan;
mod step;

use crate::parse::Function;
use crate::plan::{List, Node, Workflow};
use crate::syntax;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote_spanned};
use syn::spanned::Spanned;
use syn::visit::Visit;
use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, FnArg, Pat, ReturnType, Signature, Type};

/// `quote!` with the hygiene of a macro's own names.
macro_rules! own {
    ($($tokens:tt)*) => {
        ::quote::quote_spanned!(::proc_macro2::Span::mixed_site()=> $($tokens)*)
    };
}
use own;

/// What every statement of a function is lowered with.
struct Context {
    /// The return type, with `_` where it cannot be named.
    returns: Type,
    /// Where the return type stands.
    returns_span: Span,
    progress: Ident,
}

/// The function and its plan.
pub(crate) fn workflow(workflow: &Workflow) -> TokenStream {
    let Workflow { runtime, attrs, vis, sig, progress, body, .. } = workflow;
    let (output, returns) = output(sig);
    let returns_span = match &sig.output {
        ReturnType::Type(_, ty) => ty.span(),
        ReturnType::Default => sig.fn_token.span,
    };
    let context = Context { returns, returns_span, progress: progress.clone() };
    let returns = &context.returns;
    let plan_name = plan_name(sig);
    let plan_path = if is_associated(sig) {
        let itself = Ident::new("Self", plan_name.span());
        own!(#itself::#plan_name())
    } else {
        own!(#plan_name())
    };
    let (sig, bindings) = parameters(sig, &output);
    let progress = given_progress(&sig, progress);
    let statements = list(body, &context);
    let plan = plan::function(workflow, &plan_name);
    own! {
        #plan

        #(#attrs)*
        #vis #sig {
            use #runtime::__private as __rt;
            let (__root, __steps) = __rt::begin(#progress, #plan_path);
            __rt::Workflow::new(
                __root,
                async move {
                    if false {
                        return __rt::unreachable::<#returns>();
                    }
                    #bindings
                    #statements
                },
                __rt::returns!(#returns),
            )
        }
    }
}

/// A function for its callers to see, where the body could not be lowered.
pub(crate) fn stub(function: &Function) -> TokenStream {
    let Function { runtime, attrs, vis, sig, .. } = function;
    let (output, returns) = output(sig);
    let plan_name = plan_name(sig);
    let (sig, _) = parameters(sig, &output);
    let ours = |attr: &&Attribute| crate::parse::attributes::name(attr).is_none();
    let attrs = attrs.iter().filter(ours);
    let cfgs = function.attrs.iter().filter(|attr| attr.path().is_ident("cfg"));
    own! {
        #(#cfgs)*
        #[allow(dead_code, missing_docs)]
        #vis const fn #plan_name() -> &'static #runtime::__private::Plan {
            loop {}
        }

        #(#attrs)*
        #[allow(unused_variables, unused_mut)]
        #vis #sig {
            async move { #runtime::__private::unreachable::<#returns>() }
        }
    }
}

/// The statements of a list, with its steps lowered.
fn list(list: &List, context: &Context) -> TokenStream {
    list.nodes
        .iter()
        .map(|node| match node {
            Node::Plain(stmt) => {
                let mut stmt = stmt.as_ref().clone();
                if syntax::names(|names| names.visit_stmt(&stmt), &context.progress).is_some() {
                    // Out here there is no share, which has been reported.
                    syntax::stand_in(&context.progress).visit_stmt_mut(&mut stmt);
                }
                stmt.to_token_stream()
            }
            Node::Step(step) => step::statement(step, context),
        })
        .collect()
}

/// The name of the function that gives the plan.
fn plan_name(sig: &Signature) -> Ident {
    format_ident!("{}_plan", sig.ident, span = sig.ident.span())
}

/// Whether the function stands in an `impl`, as far as its signature tells.
fn is_associated(sig: &Signature) -> bool {
    sig.receiver().is_some() || plan::mentions_self(sig.to_token_stream())
}

/// The return type as it was written, and as it can be named in the body.
fn output(sig: &Signature) -> (TokenStream, Type) {
    struct Unnameable;
    impl VisitMut for Unnameable {
        fn visit_type_mut(&mut self, ty: &mut Type) {
            if let Type::ImplTrait(_) = ty {
                *ty = Type::Infer(syn::TypeInfer { attrs: Vec::new(), underscore_token: syn::Token![_](ty.span()) });
            } else {
                visit_mut::visit_type_mut(self, ty);
            }
        }
    }
    match &sig.output {
        ReturnType::Default => {
            let unit = quote_spanned!(sig.paren_token.span.close()=> ());
            (unit.clone(), Type::Verbatim(unit))
        }
        ReturnType::Type(_, ty) => {
            let mut named = (**ty).clone();
            Unnameable.visit_type_mut(&mut named);
            (ty.to_token_stream(), named)
        }
    }
}

/// The signature without patterns, and the bindings that move every parameter into the future, in
/// order, as an `async fn` does: they live as long as the body, and are dropped last to first.
fn parameters(sig: &Signature, output: &TokenStream) -> (Signature, TokenStream) {
    let mut sig = sig.clone();
    let mut bindings = TokenStream::new();
    let last = sig.inputs.len().saturating_sub(1);
    for (index, input) in sig.inputs.iter_mut().enumerate() {
        let FnArg::Typed(input) = input else { continue };
        let pat = (*input.pat).clone();
        match &mut *input.pat {
            Pat::Ident(named) if named.by_ref.is_none() && named.subpat.is_none() => {
                named.mutability = None;
                if index < last {
                    let ident = &named.ident;
                    bindings.extend(own!(let #pat = #ident;));
                }
            }
            _ => {
                let ident = format_ident!("__arg{index}", span = Span::mixed_site());
                if index < last {
                    bindings.extend(if matches!(pat, Pat::Wild(_)) {
                        own!(let #ident = #ident;)
                    } else {
                        own!(let #ident = #ident; let #pat = #ident;)
                    });
                }
                *input.pat = Pat::Verbatim(ident.into_token_stream());
            }
        }
    }
    sig.output = ReturnType::Type(
        syn::Token![->](Span::mixed_site()),
        Box::new(Type::Verbatim(own!(impl ::core::future::Future<Output = #output>))),
    );
    (sig, bindings)
}

/// The last parameter as an argument; a wrong type is reported where the type stands.
fn given_progress(sig: &Signature, progress: &Ident) -> Ident {
    let mut progress = progress.clone();
    if let Some(FnArg::Typed(last)) = sig.inputs.last() {
        progress.set_span(last.ty.span().resolved_at(progress.span()));
    }
    progress
}
