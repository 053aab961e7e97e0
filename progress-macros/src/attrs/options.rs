//! `item = "…"` and `unit = …` behind the title of a step.

use super::title::{self, Format};
use crate::diagnostics::Diagnostics;
use crate::syntax::tokens::{is_punct, is_word, parse_all, split_at_commas};
use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::quote;
use syn::Expr;
use syn::parse::Parser;

const UNITS: &str = "a unit is `bytes`, `binary_bytes` or `named(\"page\", \"pages\")`";

/// What a step says of what it counts.
#[derive(Default)]
pub(super) struct Options {
    /// `item = "{name}"`.
    pub(super) item: Option<(Span, Format)>,
    /// `unit = bytes`.
    pub(super) unit: Option<(Span, Counted)>,
}

/// What the units of a step are.
pub(crate) enum Counted {
    Bytes,
    BinaryBytes,
    /// The arguments of `named("page", "pages")`.
    Named(TokenStream),
}

/// An option as it is written.
struct Written {
    name: Ident,
    /// The value, and what follows it up to the next option, separated at commas.
    parts: Vec<TokenStream>,
}

/// Separates the options from the title with its arguments, and its id.
pub(super) fn split(tokens: TokenStream, errors: &mut Diagnostics) -> (TokenStream, Options) {
    let mut title: Vec<TokenStream> = Vec::new();
    let mut written: Vec<Written> = Vec::new();
    for part in split_at_commas(tokens.clone()) {
        let option = title.first().and_then(|text| option(&part, &text.to_string(), errors));
        match (option, written.last_mut()) {
            (Some(option), _) => written.push(option),
            (None, Some(last)) if last.name == "unit" && !is_id(&part) => {
                errors.on(&part, "a unit ends here; the arguments of the title come before it");
                title.push(part);
            }
            (None, Some(last)) if !is_id(&part) => last.parts.push(part),
            (None, _) => title.push(part),
        }
    }
    if written.is_empty() {
        return (tokens, Options::default());
    }
    let mut options = Options::default();
    for Written { name, parts } in written {
        let span = name.span();
        if name == "item" && options.item.is_none() {
            options.item = item(parts, span, errors).map(|item| (span, item));
        } else if name == "unit" && options.unit.is_none() {
            options.unit = unit(parts, span, errors).map(|unit| (span, unit));
        } else {
            errors.at(span, format!("a second `{name}` in one step; remove it"));
        }
    }
    (quote!(#(#title),*), options)
}

/// An option, unless it is an argument that the title names.
fn option(part: &TokenStream, title: &str, errors: &mut Diagnostics) -> Option<Written> {
    let tokens: Vec<_> = part.clone().into_iter().collect();
    let [TokenTree::Ident(name), sign, value @ ..] = tokens.as_slice() else { return None };
    let example = match name.to_string().as_str() {
        "item" => "item = \"{name}\"",
        "unit" => "unit = bytes",
        _ => return None,
    };
    let is_colon = is_punct(Some(sign), ':');
    if !(is_colon || is_punct(Some(sign), '=')) {
        return None;
    }
    let fits = match value.first() {
        Some(TokenTree::Literal(_)) => name == "item",
        Some(word) => name == "unit" && UNIT_WORDS.iter().any(|unit| is_word(word, unit)),
        None => false,
    };
    if !fits && title.contains(&format!("{{{name}")) {
        return None;
    }
    if is_colon {
        errors.at(name.span(), format!("`{name}` is written with a `=`: `{example}`"));
    }
    let parts = vec![value.iter().cloned().collect()];
    Some(Written { name: name.clone(), parts })
}

const UNIT_WORDS: [&str; 3] = ["bytes", "binary_bytes", "named"];

fn is_id(part: &TokenStream) -> bool {
    let mut tokens = part.clone().into_iter();
    tokens.next().is_some_and(|name| is_word(&name, "id"))
        && tokens.next().is_some_and(|sign| is_punct(Some(&sign), '='))
}

fn item(parts: Vec<TokenStream>, at: Span, errors: &mut Diagnostics) -> Option<Format> {
    let tokens = quote!(#(#parts),*);
    let Ok(format) = title::format.parse2(tokens) else {
        errors.at(at, "the name of an item is a string literal: `item = \"{name}\"`");
        return None;
    };
    let format = title::well_formed(format, "name", errors).ok()?;
    if !format.literal.value().contains('{') {
        let message = "every item would have this name: make it of what tells the items apart, \
             `item = \"{name}\"`";
        errors.on(format.literal, message);
        return None;
    }
    Some(format)
}

fn unit(parts: Vec<TokenStream>, at: Span, errors: &mut Diagnostics) -> Option<Counted> {
    let value: Vec<_> = parts.into_iter().flatten().collect();
    match value.as_slice() {
        [] => {
            errors.at(at, UNITS);
            None
        }
        [word] if is_word(word, "bytes") => Some(Counted::Bytes),
        [word] if is_word(word, "binary_bytes") => Some(Counted::BinaryBytes),
        [word, TokenTree::Group(names)] if is_word(word, "named") => {
            let words = split_at_commas(names.stream()).into_iter().map(parse_all::<Expr>);
            if let Ok([one, many]) = words.collect::<syn::Result<Vec<_>>>().as_deref() {
                return Some(Counted::Named(quote!(#one, #many)));
            }
            let message = "a named unit has a word for one and a word for many: \
                 `named(\"page\", \"pages\")`";
            errors.at(names.span(), message);
            None
        }
        value => {
            errors.on(value.iter().cloned().collect::<TokenStream>(), UNITS);
            None
        }
    }
}
