//! The format strings of titles and reasons, and the `id` after a title.

use super::names::NAMES;
use crate::diagnostics::{Diagnostics, Reported};
use crate::syntax::tokens::{is_punct, parse_all, split_at_commas};
use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Expr, LitStr, Token};

/// A format string with its arguments, as `format_args!` takes them.
pub(crate) struct Format {
    pub(crate) literal: LitStr,
    /// The literal and the arguments.
    pub(crate) tokens: TokenStream,
    pub(crate) has_arguments: bool,
}

impl From<LitStr> for Format {
    fn from(literal: LitStr) -> Self {
        Self { tokens: literal.to_token_stream(), literal, has_arguments: false }
    }
}

/// Parses `"Scanning {} items", items.len()`.
pub(super) fn format(input: ParseStream<'_>) -> syn::Result<Format> {
    let tokens = input.fork().parse()?;
    let literal = input.parse()?;
    let has_arguments = !input.parse::<TokenStream>()?.is_empty();
    Ok(Format { literal, tokens, has_arguments })
}

/// A title, unless it is empty.
pub(super) fn checked(title: Format, errors: &mut Diagnostics) -> Result<Format, Reported> {
    if title.literal.value().trim().is_empty() {
        return Err(errors.on(title.literal, "the message is empty: say what the step does"));
    }
    Ok(title)
}

/// The title of a step with its arguments.
pub(super) fn read(tokens: TokenStream, errors: &mut Diagnostics) -> Result<Format, Reported> {
    let Ok(title) = format.parse2(tokens.clone()) else {
        return Err(not_a_literal(tokens, errors));
    };
    let title = well_formed(title, "message", errors)?;
    let mut parts = split_at_commas(tokens).into_iter().skip(1);
    match parts.find_map(|part| attribute_among(part, &title)) {
        Some(name) => {
            let place = if name == "total" { "on the function" } else { "beside `#[step(…)]`" };
            let message = format!("`#[{name}]` is an attribute of its own, {place}");
            Err(errors.at(name.span(), message))
        }
        None => checked(title, errors),
    }
}

/// A format string whose arguments are separated by commas. `what` it is for messages.
pub(super) fn well_formed(
    format: Format,
    what: &str,
    errors: &mut Diagnostics,
) -> Result<Format, Reported> {
    let mut parts = split_at_commas(format.tokens.clone()).into_iter();
    if let Some(more) = parts.next().into_iter().flatten().nth(1) {
        let message = format!("the {what} is one string literal; its arguments follow a comma");
        return Err(errors.on(more, message));
    }
    let arguments = Punctuated::<Expr, Token![,]>::parse_terminated;
    match arguments.parse2(format.tokens.clone()) {
        // About other mistakes in an argument, rustc says more.
        Err(error) if error.to_string() == "expected `,`" => {
            let message = format!("remove this, or put a comma before it: the {what} ends here");
            Err(errors.at(error.span(), message))
        }
        _ => Ok(format),
    }
}

fn not_a_literal(tokens: TokenStream, errors: &mut Diagnostics) -> Reported {
    let wrong = split_at_commas(tokens).into_iter().next().unwrap_or_default();
    let parts: Vec<_> = wrong.clone().into_iter().take(3).collect();
    if let [TokenTree::Literal(text)] = parts.as_slice()
        && text.to_string().starts_with('"')
    {
        // It has an escape that rustc has reported.
        return errors.rustc_will_report();
    }
    let hint = match parts.as_slice() {
        [TokenTree::Ident(_), TokenTree::Punct(sign), TokenTree::Literal(text)]
            if sign.as_char() == '=' =>
        {
            format!(", without a name: `{text}`")
        }
        [TokenTree::Ident(name), TokenTree::Punct(sign), TokenTree::Group(inner)]
            if sign.as_char() == '!' && name == "format" =>
        {
            format!("; the arguments follow it: `{}`", inner.stream())
        }
        _ => String::new(),
    };
    errors.on(wrong, format!("the message must be a string literal{hint}"))
}

/// The name of an attribute that stands among the arguments of a title which does not use it.
fn attribute_among(argument: TokenStream, title: &Format) -> Option<Ident> {
    let mut tokens = argument.into_iter();
    let Some(TokenTree::Ident(name)) = tokens.next() else { return None };
    let used = match tokens.next() {
        None | Some(TokenTree::Group(_)) => title.literal.value().contains('{'),
        next if is_punct(next.as_ref(), '=') => title.literal.value().contains(&name.to_string()),
        _ => true,
    };
    (!used && NAMES.iter().any(|ours| name == ours)).then_some(name)
}

/// Separates `id = "…"` from the arguments of the title.
pub(super) fn split_id(
    tokens: TokenStream,
    errors: &mut Diagnostics,
) -> (TokenStream, Option<LitStr>) {
    let mut parts = split_at_commas(tokens.clone());
    let found = (1..).zip(parts.iter().skip(1)).find_map(|(position, part)| {
        let value = id_value.parse2(part.clone()).ok()?;
        Some((position, value))
    });
    let Some((position, value)) = found else { return (tokens, None) };
    let part = parts.remove(position);
    let Ok(id) = parse_all::<LitStr>(value.clone()) else {
        let text = tokens.into_iter().next().map(|text| text.to_string()).unwrap_or_default();
        if text.contains("{id") {
            // The title has an argument of that name.
            parts.insert(position, part);
        } else if let Some(more) = after_literal(value) {
            errors.on(more, "an id is one string literal; remove this");
        } else {
            errors.on(part, "an id is a string literal: `id = \"scan\"`");
        }
        return (quote!(#(#parts),*), None);
    };
    if !part.to_string().contains('=') || part.to_string().starts_with("id :") {
        errors.on(&part, "an id is written with a `=`: `id = \"scan\"`");
    }
    let second = parts.iter().skip(1).position(|part| id_value.parse2(part.clone()).is_ok());
    if let Some(second) = second {
        errors.on(parts.remove(second + 1), "a second `id` in one step; remove it");
    } else if position != parts.len() {
        errors.on(part, "`id = \"…\"` comes last");
    }
    (quote!(#(#parts),*), Some(id))
}

/// What follows a string literal.
fn after_literal(tokens: TokenStream) -> Option<TokenStream> {
    let rest = |input: ParseStream<'_>| {
        input.parse::<LitStr>()?;
        input.parse()
    };
    rest.parse2(tokens).ok()
}

/// The tokens after `id =`, or `id:`.
fn id_value(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    let word: Ident = input.parse()?;
    if word != "id" {
        return Err(input.error("another name"));
    }
    if input.parse::<Option<Token![:]>>()?.is_none() {
        input.parse::<Token![=]>()?;
    }
    input.parse()
}
