//! The first stage: from tokens to functions.
//!
//! The signature and the body are parsed separately, so that a body that does not parse still
//! leaves a function that its callers can see.

mod placement;
mod progress;
mod stray;

pub(crate) use progress::{Progress, plain_progress, progress};

use crate::ast::{Container, Form, Function};
use crate::attrs;
use crate::diagnostics::Diagnostics;
use crate::recover::{self, messages};
use crate::syntax::flow::Flow;
use crate::syntax::place;
use crate::syntax::tokens::is_associated;
use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::{ParseStream, Parser};
use syn::visit::Visit;
use syn::{
    AttrStyle, Attribute, Block, FnArg, PatType, Receiver, Signature, Stmt, Token, Visibility,
};

/// A function, with its body if that could be parsed.
pub(crate) struct Parsed {
    pub(crate) function: Function,
    pub(crate) body: Option<Block>,
}

/// The functions of `workflow!( … )`, after the path of the runtime in parentheses.
pub(crate) fn invocation(input: TokenStream, errors: &mut Diagnostics) -> Vec<Parsed> {
    let mut tokens = input.into_iter();
    let runtime = match tokens.next() {
        Some(TokenTree::Group(path)) => path.stream(),
        _ => default_runtime(),
    };
    functions(tokens.collect(), &runtime, errors)
}

/// The function under `#[workflow]`.
pub(crate) fn attribute(
    arguments: TokenStream,
    item: TokenStream,
    errors: &mut Diagnostics,
) -> Vec<Parsed> {
    let runtime = if arguments.is_empty() {
        default_runtime()
    } else {
        let path = |input: ParseStream<'_>| {
            input.parse::<Token![crate]>()?;
            input.parse::<Token![=]>()?;
            input.call(syn::Path::parse_mod_style)
        };
        match path.parse2(arguments.clone()) {
            Ok(path) => path.into_token_stream(),
            Err(_) => {
                errors.on(arguments, "`#[workflow]` takes nothing but `crate = path`");
                default_runtime()
            }
        }
    };
    let mut functions = functions(item, &runtime, errors);
    functions.iter_mut().for_each(|parsed| parsed.function.by_attribute = true);
    functions
}

fn default_runtime() -> TokenStream {
    quote!(::progress_runtime)
}

fn functions(tokens: TokenStream, runtime: &TokenStream, errors: &mut Diagnostics) -> Vec<Parsed> {
    if tokens.is_empty() {
        errors.at(Span::call_site(), "an empty `workflow!`; expected an `async fn`");
        return Vec::new();
    }
    let last = tokens.clone().into_iter().last().map_or_else(Span::call_site, |last| last.span());
    let mut functions = Vec::new();
    let parser = |input: ParseStream<'_>| {
        while !input.is_empty() {
            match function(input, runtime, errors) {
                Ok(function) => functions.extend(function),
                Err(error) => {
                    errors.push(messages::plain_until(error, last));
                    // Nothing marks where this function ends and the next begins.
                    input.parse::<TokenStream>()?;
                }
            }
        }
        Ok(())
    };
    // The parser reports its errors itself, except for tokens that are left over in some group.
    if let Err(error) = parser.parse2(tokens.clone()) {
        stray::report(&error, tokens, errors);
    }
    functions
}

/// One function, or nothing if it has no body.
fn function(
    input: ParseStream<'_>,
    runtime: &TokenStream,
    errors: &mut Diagnostics,
) -> syn::Result<Option<Parsed>> {
    let attrs = input.call(Attribute::parse_outer)?;
    let vis = input.parse()?;
    if !is_function(input) || is_value(input) {
        return Err(not_a_function(input));
    }
    let mut sig = recover::signature::read(input, runtime, errors)?;
    let form = qualifiers(&mut sig, errors);
    attributes_of_parameters(&mut sig, errors);
    recover::signature::box_trait_objects(&mut sig, errors);
    let container = container(&vis, &sig);
    let mut function = Function {
        runtime: runtime.clone(),
        attrs,
        vis,
        sig,
        form,
        by_attribute: false,
        container,
        unclear_return: None,
    };
    if input.peek(Token![;]) {
        errors.at(input.span(), "expected a workflow body `{ … }`");
        input.parse::<Token![;]>()?;
        return Ok(Some(Parsed { function, body: None }));
    }
    if !input.peek(syn::token::Brace) {
        return Err(input.error(if input.peek(Token![->]) {
            "the return type comes before the `where`"
        } else if input.peek(Token![=>]) || input.peek(Token![:]) {
            "a return type is written behind `->`"
        } else {
            "expected a workflow body `{ … }`"
        }));
    }
    let mut body = body(input, &mut function, errors)?;
    if container == Container::Trait {
        errors.on(
            &function.sig.ident,
            "a trait and its `impl`s have no room for the plan of a workflow: \
             make it a method of the type, or a function, and call that from here",
        );
        body = None;
    }
    Ok(Some(Parsed { function, body }))
}

/// What a function stands in, as far as its signature or the source show.
fn container(vis: &Visibility, sig: &Signature) -> Container {
    let by_signature = if is_associated(sig) { Container::Impl } else { Container::Module };
    let by_source = || match placement::container(sig.fn_token) {
        None => by_signature,
        Some(Container::Hidden) if by_signature == Container::Impl => Container::Impl,
        Some(container) => container,
    };
    match (by_signature, vis) {
        // Nothing in a trait or in the `impl` of one has a visibility.
        (Container::Module, _) | (_, Visibility::Inherited) => by_source(),
        _ => by_signature,
    }
}

/// The body of a function, which takes the inner attributes in it.
fn body(
    input: ParseStream<'_>,
    function: &mut Function,
    errors: &mut Diagnostics,
) -> syn::Result<Option<Block>> {
    let content;
    let brace_token = syn::braced!(content in input);
    let mut of_first = Vec::new();
    for mut attr in content.call(Attribute::parse_inner)? {
        attr.style = AttrStyle::Outer;
        match attrs::name(&attr) {
            Some(name) => {
                errors.on(attr.pound_token, format!("write `#[{name}]`, without a `!`"));
                of_first.push(attr);
            }
            None => function.attrs.push(attr),
        }
    }
    let mut stmts = recover::statements(&content, errors)?;
    let first = stmts.as_mut().and_then(|stmts: &mut Vec<Stmt>| stmts.first_mut());
    if let Some(attrs) = first.and_then(place::leading_attrs_mut) {
        of_first.append(attrs);
        *attrs = of_first;
    }
    Ok(stmts.map(|stmts| Block { brace_token, stmts }))
}

fn not_a_function(input: ParseStream<'_>) -> syn::Error {
    input.error(if input.peek(Token![impl]) {
        "`workflow!` takes functions; put it inside the `impl`"
    } else if input.peek(Token![;]) {
        "remove this `;`"
    } else if input.peek(Token![,]) {
        "remove this `,`"
    } else if is_value(input) {
        "a workflow is an `async fn` with a name"
    } else {
        "expected an `async fn`"
    })
}

fn is_function(input: ParseStream<'_>) -> bool {
    input.peek(Token![fn])
        || input.peek(Token![async])
        || input.peek(Token![extern])
        || input.peek(Token![unsafe]) && !input.peek2(Token![impl])
        || input.peek(Token![const]) && (input.peek2(Token![fn]) || input.peek2(Token![async]))
        || input.peek(Token![const]) && input.peek2(Token![unsafe])
}

/// Whether this is an `async` block or a closure.
fn is_value(input: ParseStream<'_>) -> bool {
    input.peek(Token![async])
        && (input.peek2(Token![move]) || input.peek2(Token![|]) || input.peek2(syn::token::Brace))
}

/// Takes attributes of steps off the parameters, and reports them.
fn attributes_of_parameters(sig: &mut Signature, errors: &mut Diagnostics) {
    for input in &mut sig.inputs {
        let (FnArg::Receiver(Receiver { attrs, .. }) | FnArg::Typed(PatType { attrs, .. })) = input;
        attrs.retain(|attr| {
            let Some(name) = attrs::name(attr) else { return true };
            errors.on(
                attr,
                format!("`#[{name}]` marks a statement of the workflow, not a parameter"),
            );
            false
        });
    }
}

/// Takes the qualifiers off, and reports those that a workflow cannot have.
fn qualifiers(sig: &mut Signature, errors: &mut Diagnostics) -> Form {
    if let Some(keyword) = sig.constness.take() {
        errors.on(keyword, "a workflow cannot be `const`");
    }
    if let syn::Safety::Unsafe(keyword) = &sig.safety {
        errors.on(keyword, "a workflow cannot be `unsafe`");
    }
    sig.safety = syn::Safety::Default;
    if let Some(abi) = sig.abi.take() {
        errors.on(abi, "a workflow cannot be `extern`");
    }
    if let Some(variadic) = sig.variadic.take() {
        errors.on(variadic, "a workflow cannot be variadic");
    }
    if sig.asyncness.take().is_some() { Form::Async } else { Form::Sync }
}

/// Reports a function that awaits, and makes it an `async fn`. Its callers may await it or not.
pub(crate) fn correct_form(function: &mut Function, body: &Block, errors: &mut Diagnostics) {
    if function.form == Form::Sync && Flow::of(|reading| reading.visit_block(body)).awaits {
        const AWAITS: &str = "a workflow that awaits is an `async fn`; add `async`";
        let span = function.sig.fn_token.span;
        function.form = Form::Async;
        if errors.for_editor() {
            errors.at(span, AWAITS);
        } else {
            function.unclear_return = Some(errors.in_type(span, AWAITS));
        }
    }
}
