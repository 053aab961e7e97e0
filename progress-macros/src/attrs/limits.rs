//! The arguments of `#[skip]`, `#[concurrent]`, `#[retry]` and `#[timeout]`.

use super::arguments::{argument, is_named};
use super::title::{self, Format};
use crate::diagnostics::Diagnostics;
use proc_macro2::Ident;
use syn::parse::ParseStream;
use syn::{Attribute, Expr, ExprLit, Lit, Token};

/// `#[retry(policy, when = condition)]`.
pub(crate) struct Retry {
    pub(crate) policy: Expr,
    pub(crate) when: Option<Expr>,
}

pub(super) fn reason(attr: &Attribute, errors: &mut Diagnostics) -> Option<Format> {
    argument(attr, title::format, "needs a reason: `#[skip(\"No new items\")]`", errors)
}

pub(super) fn limit(attr: &Attribute, errors: &mut Diagnostics) -> Option<Expr> {
    let parser = |input: ParseStream<'_>| {
        let limit: Expr = input.parse()?;
        match &limit {
            Expr::Lit(ExprLit { lit: Lit::Int(int), .. }) if int.base10_digits() == "0" => {
                Err(syn::Error::new_spanned(int, "zero"))
            }
            _ => Ok(limit),
        }
    };
    argument(attr, parser, "needs a limit of at least 1: `#[concurrent(4)]`", errors)
}

pub(super) fn duration(attr: &Attribute, errors: &mut Diagnostics) -> Option<Expr> {
    let needs = "needs a duration: `#[timeout(Duration::from_secs(30))]`";
    argument(attr, |input| input.parse(), needs, errors)
}

pub(super) fn retry(attr: &Attribute, errors: &mut Diagnostics) -> Option<Retry> {
    let needs = "needs a policy: `#[retry(ExponentialBuilder::default(), when = is_transient)]`";
    argument(attr, policy, needs, errors)
}

fn policy(input: ParseStream<'_>) -> syn::Result<Retry> {
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
    Ok(Retry { policy, when })
}
