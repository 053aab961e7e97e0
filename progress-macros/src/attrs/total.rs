//! `#[total(100)]` on the function: the sum of the weights.

use super::arguments::{Holds, argument};
use super::share::{Number, number};
use crate::diagnostics::{Diagnostics, Reported};
use syn::{Attribute, Expr, ExprLit, Lit};

pub(super) fn read(attr: &Attribute, errors: &mut Diagnostics) -> Option<Number> {
    let holds = Holds { what: "what the weights add up to", example: "#[total(100)]" };
    let expr = argument(attr, |input| input.parse(), &holds, errors);
    expr.and_then(|expr| sum(expr, errors).ok())
}

fn sum(expr: Expr, errors: &mut Diagnostics) -> Result<Number, Reported> {
    match &expr {
        Expr::Lit(ExprLit { lit: Lit::Int(_), .. }) => number(expr, errors),
        Expr::Lit(_) => Err(errors.on(expr, "`#[total]` is a whole number: `#[total(100)]`")),
        _ => Ok(Number::Const(Box::new(expr))),
    }
}
