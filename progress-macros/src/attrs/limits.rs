//! The arguments of `#[skip]`, `#[concurrent]`, `#[retry]` and `#[timeout]`.

use super::arguments::{Holds, argument, is_named};
use super::share::is_negative;
use super::title::{self, Format};
use crate::diagnostics::Diagnostics;
use proc_macro2::Ident;
use syn::parse::ParseStream;
use syn::parse::discouraged::Speculative;
use syn::{Attribute, Expr, ExprLit, Lit, Token};

/// `#[retry(policy, when = condition)]`.
pub(crate) struct Retry {
    pub(crate) policy: Expr,
    pub(crate) when: Option<Expr>,
}

pub(super) fn reason(attr: &Attribute, errors: &mut Diagnostics) -> Option<Format> {
    let holds = Holds { what: "a reason", example: "#[skip(\"No new items\")]" };
    let reason = argument(attr, title::format, &holds, errors)?;
    title::well_formed(reason, "reason", errors).ok()
}

pub(super) fn limit(attr: &Attribute, errors: &mut Diagnostics) -> Option<Expr> {
    let parser = |input: ParseStream<'_>| {
        let limit: Expr = input.parse()?;
        let is_none = match &limit {
            Expr::Lit(ExprLit { lit: Lit::Int(int), .. }) => int.base10_digits() == "0",
            limit => matches!(limit, Expr::Lit(_)) || is_negative(limit),
        };
        if is_none { Err(syn::Error::new_spanned(limit, "no limit")) } else { Ok(limit) }
    };
    let holds = Holds { what: "a limit of at least 1", example: "#[concurrent(4)]" };
    argument(attr, parser, &holds, errors)
}

pub(super) fn duration(attr: &Attribute, errors: &mut Diagnostics) -> Option<Expr> {
    let holds = Holds { what: "a duration", example: "#[timeout(Duration::from_secs(30))]" };
    argument(attr, no_literal, &holds, errors)
}

/// An expression of a type that has no literals.
fn no_literal(input: ParseStream<'_>) -> syn::Result<Expr> {
    match input.parse()? {
        expr @ Expr::Lit(_) => Err(syn::Error::new_spanned(expr, "a literal")),
        expr => Ok(expr),
    }
}

pub(super) fn retry(attr: &Attribute, errors: &mut Diagnostics) -> Option<Retry> {
    let example = "#[retry(ExponentialBuilder::default(), when = is_transient)]";
    argument(attr, policy, &Holds { what: "a policy", example }, errors)
}

fn policy(input: ParseStream<'_>) -> syn::Result<Retry> {
    let policy = no_literal(input)?;
    let ahead = input.fork();
    let condition = ahead.parse::<Token![,]>().is_ok() && is_named(&ahead);
    if !condition || ahead.parse::<Ident>()? != "when" {
        return Ok(Retry { policy, when: None });
    }
    ahead.parse::<Token![=]>()?;
    let when = ahead.parse()?;
    input.advance_to(&ahead);
    Ok(Retry { policy, when: Some(when) })
}
