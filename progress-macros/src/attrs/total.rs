//! `#[total(100)]` on the function: the sum of the weights.

use super::arguments::{Holds, argument};
use super::misspelt;
use super::names::name;
use super::share::{Number, number};
use crate::diagnostics::{Diagnostics, Reported};
use syn::{Attribute, Expr, ExprLit, Lit};

/// Takes `#[total(n)]` off a function, and reports attributes of steps there.
pub(crate) fn take(attrs: &mut Vec<Attribute>, errors: &mut Diagnostics) -> Option<Number> {
    misspelt::correct(Some(attrs), &["total"], errors);
    let mut total = None;
    let mut seen = false;
    attrs.retain(|attr| {
        let Some(name) = name(attr) else { return true };
        if name == "total" && seen {
            errors.on(attr, "a second `#[total]`; remove it");
        } else if name == "total" {
            seen = true;
            let holds = Holds { what: "what the weights add up to", example: "#[total(100)]" };
            let expr = argument(attr, |input| input.parse(), &holds, errors);
            total = expr.and_then(|expr| sum(expr, errors).ok());
        } else {
            let message =
                format!("`#[{name}]` marks a statement of the workflow, not the function");
            errors.on(attr, message);
        }
        false
    });
    total
}

fn sum(expr: Expr, errors: &mut Diagnostics) -> Result<Number, Reported> {
    match &expr {
        Expr::Lit(ExprLit { lit: Lit::Int(_), .. }) => number(expr, errors),
        Expr::Lit(_) => Err(errors.on(expr, "`#[total]` is a whole number: `#[total(100)]`")),
        _ => Ok(Number::Const(Box::new(expr))),
    }
}
