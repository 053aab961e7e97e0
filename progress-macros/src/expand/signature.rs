//! The signature: an `async fn` becomes a function that returns a future, and any other stays what
//! it is.

use super::quote::quote_mixed;
use crate::ast::{Container, Form, Function, Node, Workflow};
use crate::syntax::flow::Flow;
use crate::syntax::walk::{PartMut, Rewriter, Rewriting, Walk};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote_spanned};
use syn::spanned::Spanned;
use syn::visit_mut::VisitMut;
use syn::{Attribute, FnArg, Pat, Receiver, ReceiverKind, ReturnType, Signature, Stmt, Type};

/// The name of the function that returns the plan.
pub(super) fn plan_name(sig: &Signature) -> Ident {
    format_ident!("{}_plan", sig.ident, span = sig.ident.span())
}

/// The call of the function that returns the plan.
fn plan_call(function: &Function) -> TokenStream {
    let name = plan_name(&function.sig);
    if function.container == Container::Impl {
        let itself = Ident::new("Self", name.span());
        quote_mixed!(#itself::#name())
    } else {
        quote_mixed!(#name())
    }
}

/// The place of the return type, written or not.
pub(super) fn output_span(sig: &Signature) -> Span {
    match &sig.output {
        ReturnType::Type(_, ty) => ty.span(),
        ReturnType::Default => sig.paren_token.span.close(),
    }
}

/// The return type as it was written, and as the body can name it.
pub(super) fn output(function: &Function) -> (TokenStream, Type) {
    let Function { sig, runtime, .. } = function;
    match &sig.output {
        ReturnType::Default => {
            let unit = quote_spanned!(sig.paren_token.span.close()=> ());
            (unit.clone(), Type::Verbatim(unit))
        }
        // Stable Rust knows `!` only behind a `->`.
        ReturnType::Type(_, ty) if matches!(**ty, Type::Never(_)) => {
            let at = Span::mixed_site().located_at(ty.span());
            let never = quote_spanned!(at=> <fn() -> ! as #runtime::__private::Returned>::Type);
            (never.clone(), Type::Verbatim(never))
        }
        ReturnType::Type(_, ty) => {
            let mut named = (**ty).clone();
            Rewriting(&mut Unnameable).visit_type_mut(&mut named);
            (ty.to_token_stream(), named)
        }
    }
}

/// Replaces `impl Trait`, which only a signature can name, by `_`.
struct Unnameable;

impl Rewriter for Unnameable {
    fn rewrite(&mut self, part: PartMut<'_>) -> Walk {
        let PartMut::Type(ty @ Type::ImplTrait(_)) = part else { return Walk::Into };
        let underscore_token = syn::Token![_](ty.span());
        *ty = Type::Infer(syn::TypeInfer { attrs: Vec::new(), underscore_token });
        Walk::Past
    }
}

/// A type that fails as the workflow does. What it is when it goes well does not matter, and an
/// opaque part would leave the type open.
pub(super) fn failure(returns: &Type) -> Type {
    let mut failure = returns.clone();
    Rewriting(&mut WithoutHoles).visit_type_mut(&mut failure);
    failure
}

/// Replaces `_` by `()`.
struct WithoutHoles;

impl Rewriter for WithoutHoles {
    fn rewrite(&mut self, part: PartMut<'_>) -> Walk {
        let PartMut::Type(ty @ Type::Infer(_)) = part else { return Walk::Into };
        *ty = Type::Verbatim(quote_spanned!(ty.span()=> ()));
        Walk::Past
    }
}

/// The signature without patterns, and the bindings that move every parameter into the body. As
/// in any function they live as long as the body, and are dropped last to first.
pub(super) fn parameters(function: &Function, output: &TokenStream) -> (Signature, TokenStream) {
    let mut sig = function.sig.clone();
    let mut bindings = TokenStream::new();
    let last = sig.inputs.len().saturating_sub(1);
    for (index, input) in sig.inputs.iter_mut().enumerate() {
        let input = match input {
            FnArg::Typed(input) => input,
            FnArg::Receiver(receiver) => {
                bindings.extend(owned_receiver(receiver));
                continue;
            }
        };
        let pat = (*input.pat).clone();
        let attrs = input.attrs.clone();
        match &mut *input.pat {
            Pat::Ident(named) if named.by_ref.is_none() && named.subpat.is_none() => {
                named.mutability = None;
                if index < last {
                    let ident = &named.ident;
                    bindings.extend(binding(&attrs, &pat, ident));
                }
            }
            _ => {
                let ident = format_ident!("__arg{index}", span = Span::mixed_site());
                if index < last {
                    bindings.extend(quote_mixed!(#(#attrs)* let #ident = #ident;));
                    if !matches!(pat, Pat::Wild(_)) {
                        bindings.extend(quote_mixed!(#(#attrs)* let #pat = #ident;));
                    }
                }
                *input.pat = Pat::Verbatim(ident.into_token_stream());
            }
        }
        // The parameter is used by its binding.
        input.attrs.retain(|attr| !attr.path().is_ident("expect"));
    }
    if let Some(message) = &function.unclear_return {
        let arrow = syn::Token![->](output_span(&sig));
        sig.output = ReturnType::Type(arrow, Box::new(Type::Verbatim(message.clone())));
    } else if function.form == Form::Async {
        sig.output = future(&sig, &function.runtime, output);
    }
    (sig, bindings)
}

/// The parameters of a function that stays an `async fn`, and the bindings that move them into the
/// future. Patterns are bound before.
pub(super) fn of_async_fn(function: &Function) -> (Signature, TokenStream) {
    let mut sig = function.sig.clone();
    sig.asyncness = Some(syn::Token![async](sig.fn_token.span));
    let mut bindings = TokenStream::new();
    for input in sig.inputs.iter().take(sig.inputs.len().saturating_sub(1)) {
        let FnArg::Typed(input) = input else { continue };
        if let Pat::Ident(named) = &*input.pat
            && named.by_ref.is_none()
            && named.subpat.is_none()
        {
            bindings.extend(binding(&input.attrs, &input.pat, &named.ident));
        }
    }
    for input in &mut sig.inputs {
        if let FnArg::Typed(input) = input
            && let Pat::Ident(named) = &mut *input.pat
        {
            named.mutability = None;
        }
    }
    (sig, bindings)
}

/// The statement that moves a `self` that is owned into the body as a whole, which may use a part
/// of it or nothing.
fn owned_receiver(receiver: &Receiver) -> Option<TokenStream> {
    let itself = &receiver.self_token;
    let is_owned = !matches!(receiver.kind, ReceiverKind::Reference(..));
    is_owned.then(|| quote_mixed!(_ = &#itself;))
}

/// The binding that moves a parameter into the future.
fn binding(attrs: &[Attribute], pat: &Pat, ident: &Ident) -> TokenStream {
    quote_mixed! {
        #(#attrs)*
        #[allow(
            clippy::no_effect_underscore_binding,
            clippy::shadow_reuse,
            clippy::shadow_same,
            clippy::shadow_unrelated,
            clippy::used_underscore_binding
        )]
        let #pat = #ident;
    }
}

/// `impl Future<Output = …>` at the user's return type, so that rustc's messages about the function
/// end there. With the macro's span, the whole invocation would be the head of the function.
fn future(sig: &Signature, runtime: &TokenStream, output: &TokenStream) -> ReturnType {
    let at = output_span(sig);
    // The edition of this span decides which lifetimes the future captures.
    let captures = Span::mixed_site().located_at(at);
    let captures = quote_spanned!(captures=> impl);
    let future = quote_spanned! {at=>
        #captures #runtime::__private::core::future::Future<Output = #output>
    };
    ReturnType::Type(syn::Token![->](at), Box::new(Type::Verbatim(future)))
}

/// The call that takes the last parameter. rustc reports a wrong type where the type stands.
pub(super) fn begin(function: &Function, progress: &Ident, durable: bool) -> TokenStream {
    let Some(FnArg::Typed(last)) = function.sig.inputs.last() else { return TokenStream::new() };
    let plan = plan_call(function);
    let at = last.ty.span();
    let mut progress = progress.clone();
    progress.set_span(at.resolved_at(progress.span()));
    let at = Span::mixed_site().located_at(at);
    let begin = Ident::new(if durable { "begin_durable" } else { "begin" }, at);
    quote_spanned!(at=> __rt::#begin(#progress, #plan, &__returns))
}

/// The span of the future: the body, as for an `async fn`. rustc reports a body without the value
/// that it should have at the return type, so such a body has that span.
pub(super) fn future_span(workflow: &Workflow) -> Span {
    let ends_with_value = match workflow.body.nodes.last() {
        Some(Node::Plain(stmt) | Node::Unclear(stmt, _)) => match &**stmt {
            Stmt::Expr(expr, semi) => semi.is_none() || Flow::of_expr(expr).diverges,
            Stmt::Macro(_) => true,
            Stmt::Local(_) | Stmt::Item(_) => false,
        },
        Some(Node::Step(step)) => step.binding.is_none() && step.semi.is_none(),
        None => false,
    };
    match &workflow.function.sig.output {
        ReturnType::Type(_, ty) if !ends_with_value => ty.span(),
        _ => workflow.braces,
    }
}
