//! The attributes of a step: what they are called, and what is said in their parentheses.

use super::all;
use super::placeholder::PLACEHOLDER;
use crate::errors::Errors;
use crate::syntax;
use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::discouraged::Speculative;
use syn::parse::{ParseStream, Parser};
use syn::spanned::Spanned;
use syn::{Attribute, Expr, ExprLit, Lit, LitInt, LitStr, Meta, MetaList, Token};

/// The attributes that speak about a step, or about its list.
pub(crate) const NAMES: [&str; 9] = [
    "step",
    "skip",
    "untracked",
    "parallel",
    "concurrent",
    "retry",
    "timeout",
    "uncancellable",
    "total",
];

/// A weight, or an end of a range.
#[derive(Clone)]
pub(crate) enum Number {
    Literal(u32, Span),
    Const(Box<Expr>),
}

impl Number {
    pub(crate) fn span(&self) -> Span {
        match self {
            Self::Literal(_, span) => *span,
            Self::Const(expr) => expr.span(),
        }
    }

    pub(crate) fn literal(&self) -> Option<u32> {
        match self {
            Self::Literal(value, _) => Some(*value),
            Self::Const(_) => None,
        }
    }
}

/// The part of its list that a step takes.
#[derive(Clone)]
pub(crate) enum Share {
    Weight(Number),
    Range(Number, Number, TokenStream),
    /// Reported already; the sums of its list say nothing.
    Unknown,
}

/// A format string with its arguments, as they go to `format_args!`.
#[derive(Clone)]
pub(crate) struct Format {
    pub(crate) literal: LitStr,
    pub(crate) tokens: TokenStream,
    /// Whether there are no arguments.
    pub(crate) alone: bool,
}

impl From<LitStr> for Format {
    fn from(literal: LitStr) -> Self {
        Self { tokens: literal.to_token_stream(), literal, alone: true }
    }
}

#[derive(Clone)]
pub(crate) struct Retry {
    pub(crate) policy: Expr,
    pub(crate) when: Option<Expr>,
}

/// Everything that the attributes of a step say.
#[derive(Clone)]
pub(crate) struct Marks {
    /// The word `step`, for messages and for the share that it makes.
    pub(crate) step: Span,
    /// The names of all attributes.
    pub(crate) words: Vec<Ident>,
    pub(crate) share: Share,
    /// Nothing, where there is none that can be read.
    pub(crate) title: Option<Format>,
    pub(crate) id: Option<LitStr>,
    pub(crate) skip: Option<(Span, Format)>,
    pub(crate) untracked: Option<Span>,
    pub(crate) parallel: Option<Span>,
    pub(crate) concurrent: Option<(Span, Expr)>,
    pub(crate) retry: Option<Retry>,
    pub(crate) timeout: Option<(Span, Expr)>,
    pub(crate) uncancellable: Option<Span>,
}

impl Marks {
    /// Of a step of which nothing is known but its place; that has been reported.
    pub(crate) fn unknown(step: Span) -> Self {
        Self {
            step,
            words: Vec::new(),
            share: Share::Unknown,
            title: None,
            id: None,
            skip: None,
            untracked: None,
            parallel: None,
            concurrent: None,
            retry: None,
            timeout: None,
            uncancellable: None,
        }
    }
}

/// The name of an attribute of ours.
pub(crate) fn name(attr: &Attribute) -> Option<&'static str> {
    let name = attr.path().get_ident()?.to_string();
    NAMES.into_iter().find(|ours| *ours == name)
}

pub(crate) fn is_step(attr: &Attribute) -> bool {
    attr.path().is_ident("step")
}

/// Takes the attributes of a step out of `attrs`; nothing if it has no `#[step]`.
pub(crate) fn take(attrs: &mut Vec<Attribute>, errors: &mut Errors) -> Option<Marks> {
    let names: Vec<_> = attrs.iter().map(name).collect();
    let first = names.iter().position(|name| *name == Some("step"))?;
    let mut marks = step(attrs.get(first)?, errors);
    let mut seen = Vec::new();
    for (attr, name) in std::mem::take(attrs).into_iter().zip(names) {
        let Some(name) = name else {
            attrs.push(attr);
            continue;
        };
        if seen.contains(&name) {
            errors.on(attr, format!("a second `#[{name}]` on one step; remove it"));
            continue;
        }
        read(name, &attr, &mut marks, errors);
        marks.words.extend(attr.path().get_ident().cloned());
        seen.push(name);
    }
    Some(marks)
}

fn read(name: &str, attr: &Attribute, marks: &mut Marks, errors: &mut Errors) {
    let span = attr.path().span();
    match name {
        "skip" => {
            marks.skip =
                argument(attr, format, "needs a reason: `#[skip(\"No new items\")]`", errors)
                    .map(|format| (span, format))
        }
        "untracked" => marks.untracked = bare(attr, errors),
        "parallel" => marks.parallel = bare(attr, errors),
        "uncancellable" => marks.uncancellable = bare(attr, errors),
        "concurrent" => {
            marks.concurrent =
                argument(attr, limit, "needs a limit of at least 1: `#[concurrent(4)]`", errors)
                    .map(|limit| (span, limit))
        }
        "retry" => {
            marks.retry = argument(
                attr,
                policy,
                "needs a policy: `#[retry(ExponentialBuilder::default(), when = is_transient)]`",
                errors,
            )
            .map(|(policy, when)| Retry { policy, when })
        }
        "timeout" => {
            marks.timeout = argument(
                attr,
                |input| input.parse(),
                "needs a duration: `#[timeout(Duration::from_secs(30))]`",
                errors,
            )
            .map(|duration| (span, duration))
        }
        "total" => {
            errors.on(attr, "`#[total]` speaks of the outermost list; put it on the function")
        }
        _ => {}
    }
}

fn bare(attr: &Attribute, errors: &mut Errors) -> Option<Span> {
    if attr.meta.require_path_only().is_err() {
        let name = attr.path().to_token_stream();
        errors.on(attr, format!("`#[{name}]` takes no arguments"));
    }
    Some(attr.path().span())
}

/// What is in the parentheses of an attribute.
pub(crate) fn argument<T>(
    attr: &Attribute,
    parser: impl Fn(ParseStream<'_>) -> syn::Result<T>,
    needs: &str,
    errors: &mut Errors,
) -> Option<T> {
    let name = attr.path().to_token_stream();
    match &attr.meta {
        Meta::List(list) if !list.tokens.is_empty() => {
            let error = match (&parser).parse2(list.tokens.clone()) {
                Ok(value) => return Some(value),
                Err(error) => error,
            };
            errors.at(place(&error, list), format!("`#[{name}]` {needs}"));
            if errors.editor() {
                // It may be that a name is being typed.
                let unfinished = Ident::new(PLACEHOLDER, list.delimiter.span().close());
                let tokens = &list.tokens;
                return (&parser).parse2(quote!(#tokens #unfinished)).ok();
            }
        }
        _ => errors.on(attr, format!("`#[{name}]` {needs}")),
    }
    None
}

fn format(input: ParseStream<'_>) -> syn::Result<Format> {
    let tokens = input.fork().parse()?;
    let literal = input.parse()?;
    let alone = input.parse::<TokenStream>()?.is_empty();
    Ok(Format { literal, tokens, alone })
}

fn limit(input: ParseStream<'_>) -> syn::Result<Expr> {
    let limit: Expr = input.parse()?;
    match &limit {
        Expr::Lit(ExprLit { lit: Lit::Int(int), .. }) if int.base10_digits() == "0" => {
            Err(syn::Error::new_spanned(int, "zero"))
        }
        _ => Ok(limit),
    }
}

fn policy(input: ParseStream<'_>) -> syn::Result<(Expr, Option<Expr>)> {
    if is_named(input) {
        return Err(input.error("a policy comes first"));
    }
    let policy = input.parse()?;
    let mut when = None;
    if input.parse::<Option<Token![,]>>()?.is_some() && !input.is_empty() {
        let word: Ident = input.parse()?;
        if word != "when" {
            return Err(syn::Error::new(word.span(), "expected `when`"));
        }
        input.parse::<Token![=]>()?;
        when = Some(input.parse()?);
        input.parse::<Option<Token![,]>>()?;
    }
    Ok((policy, when))
}

/// The arguments of a step that is known to lack them, which has been reported.
pub(crate) const UNTOLD: &str = "__unread";

const SHAPE: &str = "a step needs a weight and a message: `#[step(15, \"Scanning\")]`";

/// What `#[step(share, "title", args…, id = "…")]` says.
fn step(attr: &Attribute, errors: &mut Errors) -> Marks {
    let mut marks = Marks::unknown(attr.path().span());
    let Meta::List(list) = &attr.meta else {
        errors.on(attr, SHAPE);
        return marks;
    };
    if list.tokens.is_empty() {
        errors.at(list.delimiter.span().join(), SHAPE);
        return marks;
    }
    if !matches!(list.delimiter, syn::MacroDelimiter::Paren(_)) {
        errors.at(list.delimiter.span().join(), SHAPE);
    }
    let parser = |input: ParseStream<'_>| {
        if input.cursor().ident().is_some_and(|(word, _)| word == UNTOLD) {
            input.parse::<TokenStream>()?;
            return Ok(());
        }
        if input.peek(LitStr) {
            // Whatever comes after it is no argument of a title.
            let literal: LitStr = input.parse()?;
            input.parse::<TokenStream>()?;
            if literal.value().parse::<u32>().is_ok() {
                errors.on(&literal, format!("a weight is a bare number: `{}`", literal.value()));
            } else {
                errors.on(&literal, "the weight comes first: `#[step(15, \"Scanning\")]`");
                marks.title = Some(literal.into());
            }
            return Ok(());
        }
        if is_named(input) && input.peek3(LitStr) {
            errors.at(
                input.span(),
                "the weight comes first, and neither has a name: `#[step(15, \"Scanning\")]`",
            );
            input.parse::<TokenStream>()?;
            return Ok(());
        }
        let before = errors.count();
        marks.share = weight(input, errors)?;
        if input.is_empty() {
            return Err(syn::Error::new(list.delimiter.span().join(), SHAPE));
        }
        if input.peek(LitStr) {
            errors.at(input.span(), "a comma is missing before the message");
        } else {
            input.parse::<Token![,]>()?;
        }
        if input.is_empty() {
            return Err(syn::Error::new(list.delimiter.span().join(), SHAPE));
        }
        if errors.count() > before && is_named(input) {
            input.parse::<Ident>()?;
            input.parse::<Token![=]>()?;
        }
        let ahead = input.fork();
        if let Ok(literal) = ahead.parse::<LitStr>()
            && ahead.is_empty()
        {
            input.advance_to(&ahead);
            marks.title = title(literal.into(), errors);
            return Ok(());
        }
        let (tokens, id) = split_id(input.parse()?, errors);
        marks.id = id;
        marks.title = written_title(tokens, errors);
        Ok(())
    };
    if let Err(error) = parser.parse2(list.tokens.clone()) {
        errors.at(place(&error, list), SHAPE);
    }
    marks
}

/// Where the parser stopped; at the end of an attribute there is nothing but its parentheses.
fn place(error: &syn::Error, list: &MetaList) -> Span {
    match error.to_string().starts_with("unexpected end of input") {
        true => list.delimiter.span().join(),
        false => error.span(),
    }
}

/// Whether an argument has a name in front of it.
fn is_named(input: ParseStream<'_>) -> bool {
    input.peek(syn::Ident) && input.peek2(Token![=]) && !input.peek2(Token![==])
}

/// The weight or the range, in front of the comma.
fn weight(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Share> {
    const BARE: &str = "a weight is a bare number; a part of 100 percent is a range: `0..15`";
    if input.peek(LitInt) && input.peek2(Token![,]) {
        let lit = Lit::Int(input.parse()?);
        return Ok(share(Expr::Lit(ExprLit { attrs: Vec::new(), lit }), errors));
    }
    if is_named(input) {
        errors.at(input.span(), "the weight has no name: `#[step(15, \"Scanning\")]`");
        input.parse::<Ident>()?;
        input.parse::<Token![=]>()?;
    }
    if input.peek(LitInt) && input.peek2(Token![%]) && input.peek3(Token![,]) {
        input.parse::<LitInt>()?;
        errors.at(input.span(), BARE);
        input.parse::<Token![%]>()?;
        return Ok(Share::Unknown);
    }
    if input.peek(LitInt) && input.peek2(syn::Ident) {
        input.parse::<LitInt>()?;
        errors.at(input.span(), "a range has two dots: `5..20`");
        input.parse::<Ident>()?;
        input.parse::<Option<LitInt>>()?;
        return Ok(Share::Unknown);
    }
    if input.peek(LitInt) && input.peek2(Token![...]) {
        input.parse::<LitInt>()?;
        errors.at(input.span(), "a range has two dots: `5..20`");
        input.parse::<Token![...]>()?;
        input.parse::<Option<LitInt>>()?;
        return Ok(Share::Unknown);
    }
    if input.peek(LitInt) && input.peek2(Token![-]) && input.peek3(LitInt) {
        let ahead = input.fork();
        let (from, minus): (LitInt, Token![-]) = (ahead.parse()?, ahead.parse()?);
        let to: LitInt = ahead.parse()?;
        if let (Ok(from), Ok(to)) = (from.base10_parse::<u32>(), to.base10_parse::<u32>())
            && from < to
        {
            errors.on(minus, format!("a range has two dots: `{from}..{to}`"));
            input.parse::<Expr>()?;
            return Ok(Share::Unknown);
        }
    }
    Ok(share(input.parse()?, errors))
}

/// A message, if it says something.
fn title(title: Format, errors: &mut Errors) -> Option<Format> {
    if title.literal.value().trim().is_empty() {
        errors.on(title.literal, "the message is empty: say what the step does");
        return None;
    }
    Some(title)
}

/// The message of a step, with its arguments.
fn written_title(tokens: TokenStream, errors: &mut Errors) -> Option<Format> {
    match format.parse2(tokens.clone()) {
        Ok(written) => {
            let mut parts = syntax::split_at_commas(tokens).into_iter();
            if let Some(more) = parts.next().into_iter().flatten().nth(1) {
                errors.on(more, "the message is one string literal; its arguments follow a comma");
                return None;
            }
            match parts.find_map(|part| attribute_among(part, &written)) {
                Some(name) => {
                    let place =
                        if name == "total" { "on the function" } else { "beside `#[step(…)]`" };
                    let message = format!("`#[{name}]` is an attribute of its own, {place}");
                    errors.at(name.span(), message);
                    None
                }
                None => title(written, errors),
            }
        }
        Err(_) => {
            let wrong = syntax::split_at_commas(tokens).into_iter().next().unwrap_or_default();
            let parts: Vec<_> = wrong.clone().into_iter().take(3).collect();
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
            errors.on(wrong, format!("the message must be a string literal{hint}"));
            None
        }
    }
}

/// The name of an attribute that was written as an argument of a title, which does not ask for it.
fn attribute_among(argument: TokenStream, title: &Format) -> Option<Ident> {
    let mut tokens = argument.into_iter();
    let Some(TokenTree::Ident(name)) = tokens.next() else { return None };
    let asked = match tokens.next() {
        None | Some(TokenTree::Group(_)) => title.literal.value().contains('{'),
        next if syntax::is_punct(next.as_ref(), '=') => {
            title.literal.value().contains(&name.to_string())
        }
        _ => true,
    };
    (!asked && NAMES.iter().any(|ours| name == ours)).then_some(name)
}

/// Parts `id = "…"` from the arguments of the title.
fn split_id(tokens: TokenStream, errors: &mut Errors) -> (TokenStream, Option<LitStr>) {
    let mut parts = syntax::split_at_commas(tokens.clone());
    let key = |part: &TokenStream| {
        let parser = |input: ParseStream<'_>| {
            let word: Ident = input.parse()?;
            if word != "id" {
                return Err(input.error("another name"));
            }
            if input.parse::<Option<Token![:]>>()?.is_none() {
                input.parse::<Token![=]>()?;
            }
            input.parse::<TokenStream>()
        };
        parser.parse2(part.clone()).ok()
    };
    let Some(position) = (1..parts.len()).find(|part| parts.get(*part).and_then(key).is_some())
    else {
        return (tokens, None);
    };
    let part = parts.remove(position);
    let value = key(&part).unwrap_or_default();
    let Ok(id) = all::<LitStr>(value) else {
        let text = tokens.into_iter().next().map(|text| text.to_string()).unwrap_or_default();
        if text.contains("{id") {
            // It is an argument of the title's own.
            parts.insert(position, part);
            return (quote!(#(#parts),*), None);
        }
        errors.on(part, "an id is a string literal: `id = \"scan\"`");
        return (quote!(#(#parts),*), None);
    };
    if !part.to_string().contains('=') || part.to_string().starts_with("id :") {
        errors.on(&part, "an id is written with a `=`: `id = \"scan\"`");
    }
    if position != parts.len() {
        errors.on(part, "`id = \"…\"` comes last");
    }
    (quote!(#(#parts),*), Some(id))
}

fn share(expr: Expr, errors: &mut Errors) -> Share {
    match expr {
        Expr::Range(range) => {
            let written = range.to_token_stream();
            if let syn::RangeLimits::Closed(limits) = &range.limits {
                errors.on(limits, "a step's range ends before its end: write `5..20`");
                return Share::Unknown;
            }
            let (Some(start), Some(end)) = (range.start, range.end) else {
                errors.on(written, "a step's range needs both ends: `5..20`");
                return Share::Unknown;
            };
            if [&start, &end].iter().any(|end| is_float(end)) {
                errors.on(written, "the ends of a range are whole percents: `5..20`");
                return Share::Unknown;
            }
            if is_negative(&start) {
                errors.on(start, "a range starts at 0 percent at the earliest");
                return Share::Unknown;
            }
            match (number(*start, errors), number(*end, errors)) {
                (Some(start), Some(end)) => Share::Range(start, end, written),
                _ => Share::Unknown,
            }
        }
        expr => match number(expr, errors) {
            Some(Number::Literal(0, span)) => {
                errors.at(span, POSITIVE);
                Share::Unknown
            }
            Some(number) => Share::Weight(number),
            None => Share::Unknown,
        },
    }
}

const POSITIVE: &str = "a step's weight must be greater than 0";

fn is_float(expr: &Expr) -> bool {
    matches!(expr, Expr::Lit(ExprLit { lit: Lit::Float(_), .. }))
}

fn is_negative(expr: &Expr) -> bool {
    matches!(expr, Expr::Unary(unary) if matches!(unary.op, syn::UnOp::Neg(_)))
}

/// What the weights add up to.
pub(crate) fn total(expr: Expr, errors: &mut Errors) -> Option<Number> {
    match &expr {
        Expr::Lit(ExprLit { lit: Lit::Int(_), .. }) => number(expr, errors),
        Expr::Lit(_) => {
            errors.on(expr, "`#[total]` is a whole number: `#[total(100)]`");
            None
        }
        _ => Some(Number::Const(Box::new(expr))),
    }
}

/// A number that the macro can read, or a const expression that only rustc can.
pub(crate) fn number(expr: Expr, errors: &mut Errors) -> Option<Number> {
    match &expr {
        Expr::Lit(ExprLit { lit: Lit::Int(int), .. }) => literal(int, errors),
        Expr::Lit(ExprLit { lit: Lit::Float(float), .. }) => {
            errors.on(float, "weights are whole numbers; scale them up");
            None
        }
        Expr::Lit(_) => {
            errors.on(&expr, SHAPE);
            None
        }
        expr if is_negative(expr) => {
            errors.on(expr, POSITIVE);
            None
        }
        _ => Some(Number::Const(Box::new(expr))),
    }
}

fn literal(int: &LitInt, errors: &mut Errors) -> Option<Number> {
    if !matches!(int.suffix(), "" | "u32") {
        errors.on(int, "weights are `u32`; remove the suffix");
        return None;
    }
    match int.base10_parse() {
        Ok(value) => Some(Number::Literal(value, int.span())),
        Err(_) => {
            errors.on(int, "the weights add up to more than u32 holds");
            None
        }
    }
}
