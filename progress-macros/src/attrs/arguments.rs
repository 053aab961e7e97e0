//! The parentheses of an attribute.

use crate::diagnostics::Diagnostics;
use crate::syntax::hole;
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::parse::{End, ParseStream, Parser};
use syn::spanned::Spanned;
use syn::{Attribute, Meta, MetaList, Token};

pub(super) const SHAPE: &str = "a step needs a weight and a message: `#[step(15, \"Scanning\")]`";

/// An attribute without arguments.
pub(super) fn bare(attr: &Attribute, errors: &mut Diagnostics) -> Option<Span> {
    if attr.meta.require_path_only().is_err() {
        let name = attr.path().to_token_stream();
        errors.on(attr, format!("`#[{name}]` takes no arguments"));
    }
    Some(attr.path().span())
}

/// What the parentheses of an attribute hold.
pub(super) struct Holds {
    /// "a limit of at least 1".
    pub(super) what: &'static str,
    /// `#[concurrent(4)]`.
    pub(super) example: &'static str,
}

/// The arguments of an attribute, as `parser` reads them.
pub(super) fn argument<T>(
    attr: &Attribute,
    parser: impl Fn(ParseStream<'_>) -> syn::Result<T>,
    holds: &Holds,
    errors: &mut Diagnostics,
) -> Option<T> {
    let name = attr.path().to_token_stream();
    let Holds { what, example } = holds;
    let needs = format!("`#[{name}]` needs {what}: `{example}`");
    let parser = |input: ParseStream<'_>| {
        if is_named(input) {
            return Err(input.error("the first argument has no name"));
        }
        let value = parser(input)?;
        let trailing = input.peek(Token![,]) && input.peek2(End);
        if trailing {
            input.parse::<Token![,]>()?;
        }
        Ok((value, input.parse::<TokenStream>()?))
    };
    match &attr.meta {
        Meta::List(list) if !list.tokens.is_empty() => {
            let error = match (&parser).parse2(list.tokens.clone()) {
                Ok((value, rest)) => {
                    if !rest.is_empty() {
                        errors.on(rest, format!("remove this: `#[{name}]` is written `{example}`"));
                    }
                    return Some(value);
                }
                Err(error) => error,
            };
            errors.at(place(&error, list), needs);
            if errors.for_editor() {
                // The user may be typing a name.
                let unfinished = hole::name(list.delimiter.span().close());
                let tokens = &list.tokens;
                let parsed = (&parser).parse2(quote!(#tokens #unfinished));
                return parsed.ok().map(|(value, _)| value);
            }
        }
        _ => {
            errors.on(attr, needs);
        }
    }
    None
}

/// Where the parser stopped. At the end of an attribute there is no token to point at, only the
/// parentheses.
pub(super) fn place(error: &syn::Error, list: &MetaList) -> Span {
    match error.to_string().starts_with("unexpected end of input") {
        true => list.delimiter.span().join(),
        false => error.span(),
    }
}

/// Whether an argument has a name in front of it.
pub(super) fn is_named(input: ParseStream<'_>) -> bool {
    input.peek(syn::Ident) && input.peek2(Token![=]) && !input.peek2(Token![==])
}
