//! The last stage: the function as a person would have written it with the runtime in hand.
//!
//! Names that start with `__` have mixed-site spans, so that they and the user's never meet. What
//! the user wrote keeps its spans.

mod branching;
mod call;
mod looping;
mod parallel;
mod plan;
mod share;
mod step;

use crate::errors::Errors;
use crate::parse::Function;
use crate::plan::{List, Node, Step, Workflow};
use crate::syntax;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote_spanned};
use std::cell::Cell;
use std::rc::Rc;
use syn::spanned::Spanned;
use syn::visit::Visit;
use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, FnArg, Lifetime, Meta, Pat, ReturnType, Signature, Stmt, Type};

/// `quote!` with the hygiene of a macro's own names.
macro_rules! own {
    ($($tokens:tt)*) => {
        ::quote::quote_spanned!(::proc_macro2::Span::mixed_site()=> $($tokens)*)
    };
}
use own;

/// What every statement of a function is lowered with.
#[derive(Clone)]
struct Context {
    /// The return type, with `_` where it cannot be named.
    returns: Type,
    /// Where the return type stands.
    returns_span: Span,
    progress: Ident,
    /// Whether the code stands in a future of its own, a branch or a concurrent body, which cannot
    /// return from the workflow.
    apart: bool,
    /// Whether the code leaves the body for its one exit somewhere.
    stops: Rc<Cell<bool>>,
    /// Whether something has been reported, so that lints about what is left of it are noise.
    failed: bool,
    editor: bool,
}

impl Context {
    /// The same for the code of a branch or a concurrent body.
    fn apart(&self) -> Self {
        Self { apart: true, ..self.clone() }
    }

    /// Where the code goes no further once the workflow is to stop. A `break` to one exit costs rustc
    /// less than a `return`, and far less than another `.await` would.
    fn boundary(&self, at: Span) -> TokenStream {
        if self.apart {
            return quote_spanned!(at=> __steps.boundary().await;);
        }
        let exit = self.exit();
        quote_spanned!(at=> if __steps.stop() { break #exit; })
    }

    /// The label of the body, to leave it by.
    fn exit(&self) -> Lifetime {
        self.stops.set(true);
        stopped()
    }
}

/// The label of the body.
fn stopped() -> Lifetime {
    Lifetime::new("'__stopped", Span::mixed_site())
}

/// The function and its plan.
pub(crate) fn workflow(workflow: &Workflow, errors: &mut Errors) -> TokenStream {
    let Workflow { runtime, attrs, vis, sig, progress, body, .. } = workflow;
    let (output, returns) = output(sig);
    let returns_span = match &sig.output {
        ReturnType::Type(_, ty) => ty.span(),
        ReturnType::Default => sig.paren_token.span.close(),
    };
    // An editor holds two expansions against each other, with and without what is being typed:
    // they differ in nothing else.
    let editor = errors.editor();
    let failed = errors.any() && !editor;
    let progress_name = progress.clone();
    let context = Context {
        returns,
        returns_span,
        progress: progress_name,
        apart: false,
        stops: Rc::default(),
        failed,
        editor,
    };
    let returns = &context.returns;
    let look = match returns {
        // Of an opaque type nothing is known.
        Type::Infer(_) => own! {
            __rt::Returns::new(|_| ::core::option::Option::None, ::core::option::Option::None)
        },
        // By its whole path: rustc does not see through `use` where some attribute is unknown.
        _ => own!(#runtime::__private::returns!(#returns)),
    };
    let interrupt = match returns {
        Type::Infer(_) => own!(::core::option::Option::None),
        _ => own!(#runtime::__private::interrupt!(#returns)),
    };
    let plan_name = plan_name(sig);
    let plan_path = if syntax::is_associated(sig) {
        let itself = Ident::new("Self", plan_name.span());
        own!(#itself::#plan_name())
    } else {
        own!(#plan_name())
    };
    let begin = begin(sig, progress, &plan_path);
    let async_block = Span::mixed_site().located_at(async_span(workflow));
    let (sig, bindings) = parameters(sig, &output);
    // Before the body's first poll its future has asked.
    let statements = list(body, Asked::Already, &context);
    let plan = plan::function(workflow, &plan_name);
    let quiet = failed.then(|| own!(#[allow(unused)]));
    // An `async fn` would not be doubly so: there it is about the value.
    let bare =
        |attr: &Attribute| matches!(&attr.meta, Meta::Path(path) if path.is_ident("must_use"));
    let doubly = attrs.iter().any(bare).then(|| own!(#[allow(clippy::double_must_use)]));
    let hints = editor.then(|| hints(workflow));
    // rustc takes this for the place where the type was first heard of.
    let at = Span::mixed_site().located_at(returns_span);
    let hint = quote_spanned!(at=> if false { return __rt::unreachable::<#returns>(); });
    let statements = match context.stops.get() {
        true => {
            let label = stopped();
            let value = quote_spanned!(async_block=> { #statements });
            own! {
                #label: {
                    let __value: #returns = #value;
                    #[allow(unreachable_code)]
                    return __value;
                }
                #[allow(unreachable_code)]
                return __rt::interrupted(#interrupt);
            }
        }
        false => statements,
    };
    let body = own!(#hints #hint #bindings #statements);
    let body = quote_spanned!(async_block=> async move { #body });
    let errors = errors.take();
    let lowered = own! {
        #errors
        use #runtime::__private as __rt;
        let __returns = #look;
        let (__root, mut __steps) = #begin;
        __rt::Workflow::new(
            __root,
            #body,
            __returns,
        )
    };
    // From the user's first token to the user's brace, it is the user's function to rustc.
    let lowered = quote_spanned!(workflow.braces=> { #lowered });
    own! {
        #plan

        #(#attrs)*
        #quiet
        #doubly
        #vis #sig #lowered
    }
}

/// Where the future stands: over the body, as rustc says of an `async fn`. A body without a last
/// value that should have one is told of at the return type, as rustc does there.
fn async_span(workflow: &Workflow) -> Span {
    let ends = match workflow.body.nodes.last() {
        Some(Node::Plain(stmt)) => match &**stmt {
            Stmt::Expr(expr, semi) => semi.is_none() || syntax::may_diverge(expr),
            Stmt::Macro(_) => true,
            Stmt::Local(_) | Stmt::Item(_) => false,
        },
        Some(Node::Step(step)) => step.binding.is_none() && step.semi.is_none(),
        None => false,
    };
    match &workflow.sig.output {
        ReturnType::Type(_, ty) if !ends => ty.span(),
        _ => workflow.braces,
    }
}

/// For an editor: the attributes as the macros that document them, so that they can be completed,
/// explained and gone to. The compiler never sees this.
fn hints(workflow: &Workflow) -> TokenStream {
    fn words<'a>(steps: impl Iterator<Item = &'a Step>, all: &mut Vec<Ident>) {
        for step in steps {
            all.extend(step.marks.words.iter().cloned());
            words(step.children().into_iter(), all);
        }
    }
    let mut all = Vec::new();
    words(workflow.body.steps(), &mut all);
    let runtime = &workflow.runtime;
    own! {
        #[allow(unused_imports)]
        use #runtime::attr::*;
        #(#[allow(unused_imports)] use #runtime::attr::#all as _;)*
    }
}

/// A function for its callers to see, where the body could not be lowered.
pub(crate) fn stub(function: &Function, errors: &mut Errors) -> TokenStream {
    let Function { runtime, attrs, vis, sig, .. } = function;
    let (output, returns) = output(sig);
    let plan_name = plan_name(sig);
    let (sig, _) = parameters(sig, &output);
    let ours = |attr: &&Attribute| crate::parse::attributes::name(attr).is_none();
    let attrs = attrs.iter().filter(ours);
    let cfgs = function.attrs.iter().filter(|attr| attr.path().is_ident("cfg"));
    let plan = (!function.in_a_trait).then(|| {
        own! {
            #(#cfgs)*
            #[allow(dead_code, missing_docs)]
            #vis const fn #plan_name() -> &'static #runtime::__private::Plan {
                loop {}
            }
        }
    });
    let errors = errors.take();
    own! {
        #plan

        #(#attrs)*
        #[allow(unused)]
        #vis #sig {
            #errors
            async move { #runtime::__private::unreachable::<#returns>() }
        }
    }
}

/// Whether a cancel has been asked for since code of the user's last ran.
#[derive(Clone, Copy, PartialEq)]
enum Asked {
    Already,
    NotYet,
}

/// What comes right after a step.
#[derive(Clone, Copy, PartialEq)]
enum Next {
    /// A step that does nothing before it opens.
    Opens,
    Other,
}

/// The statements of a list, with its steps lowered.
fn list(list: &List, mut asked: Asked, context: &Context) -> TokenStream {
    let mut shadowed = false;
    let mut statements = TokenStream::new();
    for (index, node) in list.nodes.iter().enumerate() {
        match node {
            Node::Plain(stmt) => {
                if let Stmt::Local(local) = &**stmt {
                    shadowed |= syntax::binding(&local.pat, &context.progress).is_some();
                }
                if !shadowed
                    && syntax::names(|names| names.visit_stmt(stmt), &context.progress).is_some()
                {
                    // Out here there is no share, which has been reported.
                    let mut stmt = stmt.clone();
                    syntax::stand_in(&context.progress).visit_stmt_mut(&mut stmt);
                    stmt.to_tokens(&mut statements);
                } else {
                    stmt.to_tokens(&mut statements);
                }
                asked = Asked::NotYet;
            }
            Node::Step(step) => {
                let pat = step.binding.as_ref().map(|binding| &binding.pat);
                shadowed |=
                    pat.is_some_and(|pat| syntax::binding(pat, &context.progress).is_some());
                let next = match list.nodes.get(index + 1) {
                    // An editor's two expansions differ in nothing but what is being typed.
                    Some(Node::Step(next)) if step::opens_at_once(next) && !context.editor => {
                        Next::Opens
                    }
                    _ => Next::Other,
                };
                let (statement, ends_with) = step::statement(step, asked, next, context);
                statements.extend(statement);
                asked = ends_with;
            }
        }
    }
    // An `if` at the end would be the value of the block.
    if !list.nodes.is_empty() && asked == Asked::Already {
        statements.extend(own!(;));
    }
    statements
}

/// The name of the function that gives the plan.
fn plan_name(sig: &Signature) -> Ident {
    format_ident!("{}_plan", sig.ident, span = sig.ident.span())
}

/// The return type as it was written, and as it can be named in the body.
fn output(sig: &Signature) -> (TokenStream, Type) {
    struct Unnameable;
    impl VisitMut for Unnameable {
        fn visit_type_mut(&mut self, ty: &mut Type) {
            if let Type::ImplTrait(_) = ty {
                *ty = Type::Infer(syn::TypeInfer {
                    attrs: Vec::new(),
                    underscore_token: syn::Token![_](ty.span()),
                });
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
                    // What the user does not use, we use only to keep it.
                    let allow = ident.to_string().starts_with('_').then(|| {
                        own! {
                            #[allow(
                                clippy::no_effect_underscore_binding,
                                clippy::used_underscore_binding
                            )]
                        }
                    });
                    bindings.extend(own!(#allow let #pat = #ident;));
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
    // At the user's return type, so that what rustc says of the function ends there.
    // With the user's own span, or the whole of the macro would be the function's head to rustc.
    let at = match &sig.output {
        ReturnType::Type(_, ty) => ty.span(),
        ReturnType::Default => sig.paren_token.span.close(),
    };
    // But it captures what it borrows as this macro's edition says, also in a crate of an older one.
    let captures = Span::mixed_site().located_at(at);
    let captures = quote_spanned!(captures=> impl);
    let future = quote_spanned!(at=> #captures ::core::future::Future<Output = #output>);
    sig.output = ReturnType::Type(syn::Token![->](at), Box::new(Type::Verbatim(future)));
    (sig, bindings)
}

/// The call that takes the last parameter; a wrong type is reported where the type stands.
fn begin(sig: &Signature, progress: &Ident, plan: &TokenStream) -> TokenStream {
    let Some(FnArg::Typed(last)) = sig.inputs.last() else { return TokenStream::new() };
    let at = last.ty.span();
    let mut progress = progress.clone();
    progress.set_span(at.resolved_at(progress.span()));
    let at = Span::mixed_site().located_at(at);
    quote_spanned!(at=> __rt::begin(#progress, #plan, &__returns))
}
