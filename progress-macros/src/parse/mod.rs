//! The first stage: from tokens to functions, and from attributes to what they say.
//!
//! The signature and the body are parsed apart, so that a body that does not parse still leaves a
//! function that its callers can see.

pub(crate) mod attributes;
mod messages;
mod place;
mod placeholder;
mod repair;
mod signature;

use crate::errors::Errors;
use crate::syntax;
use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream, Parser};
use syn::{AttrStyle, Attribute, Block, Signature, Stmt, Token, Visibility};

pub(crate) use placeholder::{forget_repairs, is_broken, is_broken_macro};

/// A function as it was written, with its body where that could be parsed.
#[derive(Clone)]
pub(crate) struct Function {
    /// The path of the runtime.
    pub(crate) runtime: TokenStream,
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) sig: Signature,
    /// Whether there is no room for a plan beside it.
    pub(crate) in_a_trait: bool,
    pub(crate) body: Option<Block>,
}

/// The functions of `workflow!( … )`, after the path of the runtime in parentheses.
pub(crate) fn invocation(input: TokenStream, errors: &mut Errors) -> Vec<Function> {
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
    errors: &mut Errors,
) -> Vec<Function> {
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
    functions(item, &runtime, errors)
}

fn default_runtime() -> TokenStream {
    quote!(::progress_runtime)
}

fn functions(tokens: TokenStream, runtime: &TokenStream, errors: &mut Errors) -> Vec<Function> {
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
                    // What follows cannot be told from the rest of this function.
                    input.parse::<TokenStream>()?;
                }
            }
        }
        Ok(())
    };
    // The parser takes all tokens and reports by itself, so that nothing is left to go wrong.
    let _ = parser.parse2(tokens);
    functions
}

/// One function, or nothing where there is no body to lower.
fn function(
    input: ParseStream<'_>,
    runtime: &TokenStream,
    errors: &mut Errors,
) -> syn::Result<Option<Function>> {
    let mut attrs = input.call(Attribute::parse_outer)?;
    let vis = input.parse()?;
    if !is_function(input) || is_value(input) {
        return Err(input.error(if input.peek(Token![impl]) {
            "`workflow!` takes functions; put it inside the `impl`"
        } else if input.peek(Token![;]) {
            "remove this `;`"
        } else if input.peek(Token![,]) {
            "remove this `,`"
        } else if is_value(input) {
            "a workflow is an `async fn` with a name"
        } else {
            "expected an `async fn`"
        }));
    }
    let mut sig = signature::read(input, runtime, errors)?;
    qualifiers(&mut sig, errors);
    signature::with_sizes(&mut sig, errors);
    // What has a visibility of its own stands in none.
    let in_a_trait = matches!(vis, Visibility::Inherited)
        && syntax::is_associated(&sig)
        && place::is_in_a_trait(&sig.ident);
    let runtime = runtime.clone();
    if input.peek(Token![;]) {
        errors.at(input.span(), "expected a workflow body `{ … }`");
        input.parse::<Token![;]>()?;
        return Ok(Some(Function { runtime, attrs, vis, sig, in_a_trait, body: None }));
    }
    if !input.peek(syn::token::Brace) {
        return Err(input.error(if input.peek(Token![->]) {
            "the return type comes before the `where`"
        } else {
            "expected a workflow body `{ … }`"
        }));
    }
    let content;
    let brace_token = syn::braced!(content in input);
    let mut strayed = Vec::new();
    for mut attr in content.call(Attribute::parse_inner)? {
        attr.style = AttrStyle::Outer;
        match attributes::name(&attr) {
            Some(name) => {
                errors.on(attr.pound_token, format!("write `#[{name}]`, without a `!`"));
                strayed.push(attr);
            }
            None => attrs.push(attr),
        }
    }
    let mut stmts = repair::statements(&content, errors)?;
    if let Some(first) = stmts.as_mut().and_then(|stmts: &mut Vec<Stmt>| stmts.first_mut()) {
        strayed.append(syntax::leading_attrs_mut(first).unwrap_or(&mut Vec::new()));
        syntax::leading_attrs_mut(first).into_iter().for_each(|attrs| attrs.append(&mut strayed));
    }
    let body = stmts.map(|stmts| Block { brace_token, stmts });
    Ok(Some(Function { runtime, attrs, vis, sig, in_a_trait, body }))
}

fn is_function(input: ParseStream<'_>) -> bool {
    input.peek(Token![fn])
        || input.peek(Token![async])
        || input.peek(Token![extern])
        || input.peek(Token![unsafe]) && !input.peek2(Token![impl])
        || input.peek(Token![const]) && (input.peek2(Token![fn]) || input.peek2(Token![async]))
        || input.peek(Token![const]) && input.peek2(Token![unsafe])
}

/// An `async` block, or a closure.
fn is_value(input: ParseStream<'_>) -> bool {
    input.peek(Token![async])
        && (input.peek2(Token![move]) || input.peek2(Token![|]) || input.peek2(syn::token::Brace))
}

/// Holds the qualifiers against the rules, and leaves those of a workflow.
fn qualifiers(sig: &mut Signature, errors: &mut Errors) {
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
    if sig.asyncness.take().is_none() {
        errors.on(sig.fn_token, "a workflow is an `async fn`; add `async`");
    }
}

/// Parses all of the tokens as one thing.
pub(crate) fn all<T: Parse>(tokens: TokenStream) -> syn::Result<T> {
    T::parse.parse2(tokens)
}
