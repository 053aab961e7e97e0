//! `#[step(share, "title", args…, id = "…", item = "…", unit = …)]`.

use super::arguments::{SHAPE, is_named, place};
use super::options::{self, Options};
use super::share::{self, Share};
use super::title::{self, Format};

use crate::diagnostics::{Diagnostics, Reported};
use crate::syntax::hole;
use proc_macro2::{Ident, TokenStream};
use syn::parse::discouraged::Speculative;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, LitStr, Meta, MetaList, Token};

/// The arguments of `#[step(…)]`.
pub(super) struct Arguments {
    pub(super) share: Share,
    pub(super) title: Result<Format, Reported>,
    pub(super) id: Option<LitStr>,
    pub(super) options: Options,
}

impl Arguments {
    /// Without an id and options.
    fn new(share: Share, title: Result<Format, Reported>) -> Self {
        Self { share, title, id: None, options: Options::default() }
    }

    pub(super) fn error(reported: Reported) -> Self {
        Self::new(Share::Error(reported), Err(reported))
    }
}

pub(super) fn read(attr: &Attribute, errors: &mut Diagnostics) -> Arguments {
    let Meta::List(list) = &attr.meta else {
        return Arguments::error(errors.on(attr, SHAPE));
    };
    let parentheses = list.delimiter.span().join();
    if list.tokens.is_empty() {
        return Arguments::error(errors.at(parentheses, SHAPE));
    }
    if !matches!(list.delimiter, syn::MacroDelimiter::Paren(_)) {
        errors.at(parentheses, SHAPE);
    }
    let parser = |input: ParseStream<'_>| arguments(input, list, errors);
    match parser.parse2(list.tokens.clone()) {
        Ok(arguments) => arguments,
        Err(error) => Arguments::error(errors.at(place(&error, list), SHAPE)),
    }
}

fn arguments(
    input: ParseStream<'_>,
    list: &MetaList,
    errors: &mut Diagnostics,
) -> syn::Result<Arguments> {
    if let Some(reported) = without_share(input, errors)? {
        return Ok(reported);
    }
    let (share, mut mistake) = share::weight(input, errors)?;
    match comma(input, list, errors) {
        Ok(missing) => mistake = mistake.or(missing),
        Err(error) => {
            input.parse::<TokenStream>()?;
            let title = Err(mistake.unwrap_or_else(|| errors.at(place(&error, list), SHAPE)));
            return Ok(Arguments::new(share, title));
        }
    }
    // A title with a name is the same mistake again.
    if mistake.is_some() && is_named(input) {
        input.parse::<Ident>()?;
        input.parse::<Token![=]>()?;
    }
    let ahead = input.fork();
    if let Ok(literal) = ahead.parse::<LitStr>()
        && ahead.is_empty()
    {
        input.advance_to(&ahead);
        return Ok(Arguments::new(share, title::checked(literal.into(), errors)));
    }
    let (tokens, options) = options::split(input.parse()?, errors);
    let (tokens, id) = title::split_id(tokens, errors);
    Ok(Arguments { share, title: title::read(tokens, errors), id, options })
}

/// Whether an attribute stands for one that was reported.
pub(super) fn is_unread(attr: &Attribute) -> bool {
    let Meta::List(list) = &attr.meta else { return false };
    syn::parse2::<Ident>(list.tokens.clone()).is_ok_and(|word| hole::is_unread(&word))
}

/// Parses the comma, and reports a missing share, comma or title.
fn comma(
    input: ParseStream<'_>,
    list: &MetaList,
    errors: &mut Diagnostics,
) -> syn::Result<Option<Reported>> {
    let end = || syn::Error::new(list.delimiter.span().join(), SHAPE);
    if input.is_empty() {
        return Err(end());
    }
    let missing = match input.peek(LitStr) {
        true => Some(errors.at(input.span(), "a comma is missing before the message")),
        false => {
            input.parse::<Token![,]>()?;
            let second = input.peek(Token![,]).then(|| errors.at(input.span(), "remove this `,`"));
            input.parse::<Option<Token![,]>>()?;
            second
        }
    };
    if input.is_empty() { Err(end()) } else { Ok(missing) }
}

/// Reports arguments that do not begin with a share.
fn without_share(
    input: ParseStream<'_>,
    errors: &mut Diagnostics,
) -> syn::Result<Option<Arguments>> {
    let unread = input.cursor().ident().is_some_and(|(word, _)| hole::is_unread(&word));
    let arguments = if let (true, Some(reported)) = (unread, errors.reported()) {
        Arguments::error(reported)
    } else if input.peek(LitStr) {
        let literal: LitStr = input.parse()?;
        if literal.value().parse::<u32>().is_ok() {
            let message = format!("a weight is a bare number: `{}`", literal.value());
            Arguments::error(errors.on(&literal, message))
        } else {
            let message = "the weight comes first: `#[step(15, \"Scanning\")]`";
            let share = Share::Error(errors.on(&literal, message));
            Arguments::new(share, Ok(literal.into()))
        }
    } else if is_named(input) && input.peek3(LitStr) {
        Arguments::error(errors.at(
            input.span(),
            "the weight comes first, and neither has a name: `#[step(15, \"Scanning\")]`",
        ))
    } else {
        return Ok(None);
    };
    // The rest cannot be understood.
    input.parse::<TokenStream>()?;
    Ok(Some(arguments))
}
