//! The share of a step: `15`, a weight among others, or `5..20`, a range of percents.

use super::arguments::{SHAPE, is_named};
use crate::diagnostics::{Diagnostics, Reported};
use crate::syntax::flow::Flow;
use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;
use syn::parse::ParseStream;
use syn::spanned::Spanned;
use syn::{Expr, ExprLit, ExprRange, Lit, LitInt, RangeLimits, Token};

/// The end of every list of ranges.
pub(crate) const WHOLE: u32 = 100;

const POSITIVE: &str = "a step's weight must be greater than 0";

const CONSTANT: &str = "the plan is a constant: a weight is a number or a `const`";

const TOO_LARGE: &str = "the weights add up to more than u32 holds";

const TWO_DOTS: &str = "a range has two dots: `5..20`";

/// A weight, or an end of a range.
pub(crate) enum Number {
    /// `15`.
    Literal(u32, Span),
    /// `SCAN_WEIGHT`, a const expression that only rustc can evaluate.
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
pub(crate) enum Share {
    /// `15`.
    Weight(Number),
    /// `5..20`: both ends, and the range as it was written.
    Range(Number, Number, TokenStream),
    /// Something that is no share. The sums of its list mean nothing.
    Error(Reported),
}

/// The kind of the shares in a list. Its first step decides.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum ShareKind {
    Weights,
    Ranges,
}

impl ShareKind {
    pub(crate) fn of<'a>(shares: impl IntoIterator<Item = &'a Share>) -> Option<Self> {
        shares.into_iter().find_map(|share| match share {
            Share::Weight(_) => Some(Self::Weights),
            Share::Range(..) => Some(Self::Ranges),
            Share::Error(_) => None,
        })
    }
}

/// Parses the share in front of the comma. A share may have a value in spite of a mistake,
/// `weight = 15`, so this returns the mistake beside it.
pub(super) fn weight(
    input: ParseStream<'_>,
    errors: &mut Diagnostics,
) -> syn::Result<(Share, Option<Reported>)> {
    let mut mistake = None;
    if is_named(input) {
        let message = "the weight has no name: `#[step(15, \"Scanning\")]`";
        mistake = Some(errors.at(input.span(), message));
        input.parse::<Ident>()?;
        input.parse::<Token![=]>()?;
    }
    let share = match of_other_languages(input, errors)? {
        Some(reported) => Share::Error(reported),
        // The usual case, without the work of parsing an expression.
        None if input.peek(LitInt) && input.peek2(Token![,]) => {
            let lit = Lit::Int(input.parse()?);
            share(Expr::Lit(ExprLit { attrs: Vec::new(), lit }), errors)
        }
        None => share(input.parse()?, errors),
    };
    if let Share::Error(reported) = share {
        mistake = Some(reported);
    }
    Ok((share, mistake))
}

/// Reports `15%`, and ranges as other languages write them.
fn of_other_languages(
    input: ParseStream<'_>,
    errors: &mut Diagnostics,
) -> syn::Result<Option<Reported>> {
    if !input.peek(LitInt) || input.peek2(Token![,]) {
        return Ok(None);
    }
    let reported = if input.peek2(Token![%]) && input.peek3(Token![,]) {
        input.parse::<LitInt>()?;
        let bare = "a weight is a bare number; a part of 100 percent is a range: `0..15`";
        let reported = errors.at(input.span(), bare);
        input.parse::<Token![%]>()?;
        reported
    } else if input.peek2(syn::Ident) && input.peek3(LitInt) {
        input.parse::<LitInt>()?;
        let reported = errors.at(input.span(), TWO_DOTS);
        input.parse::<Ident>()?;
        input.parse::<LitInt>()?;
        reported
    } else if input.peek2(Token![...]) {
        input.parse::<LitInt>()?;
        let reported = errors.at(input.span(), TWO_DOTS);
        input.parse::<Token![...]>()?;
        input.parse::<Option<LitInt>>()?;
        reported
    } else if input.peek2(Token![-]) && input.peek3(LitInt) {
        let ahead = input.fork();
        let (from, minus): (LitInt, Token![-]) = (ahead.parse()?, ahead.parse()?);
        let to: LitInt = ahead.parse()?;
        match (from.base10_parse::<u32>(), to.base10_parse::<u32>()) {
            (Ok(from), Ok(to)) if from < to => {
                input.parse::<Expr>()?;
                errors.on(minus, format!("a range has two dots: `{from}..{to}`"))
            }
            _ => return Ok(None),
        }
    } else {
        return Ok(None);
    };
    Ok(Some(reported))
}

fn share(expr: Expr, errors: &mut Diagnostics) -> Share {
    let share = match expr {
        Expr::Range(expr) => range(expr, errors),
        expr => match number(expr, errors) {
            Ok(Number::Literal(0, span)) => Err(errors.at(span, POSITIVE)),
            Ok(number) => Ok(Share::Weight(number)),
            Err(reported) => Err(reported),
        },
    };
    share.unwrap_or_else(Share::Error)
}

fn range(range: ExprRange, errors: &mut Diagnostics) -> Result<Share, Reported> {
    let written = range.to_token_stream();
    if let RangeLimits::Closed(limits) = &range.limits {
        return Err(errors.on(limits, "a step's range ends before its end: write `5..20`"));
    }
    let (Some(start), Some(end)) = (range.start, range.end) else {
        return Err(errors.on(written, "a step's range needs both ends: `5..20`"));
    };
    if is_float(&start) || is_float(&end) {
        return Err(errors.on(written, "the ends of a range are whole percents: `5..20`"));
    }
    if is_negative(&start) {
        return Err(errors.on(start, "a range starts at 0 percent at the earliest"));
    }
    // Both are read, so that mistakes in both are reported.
    let (start, end) = (number(*start, errors), number(*end, errors));
    Ok(Share::Range(start?, end?, written))
}

fn is_float(expr: &Expr) -> bool {
    matches!(expr, Expr::Lit(ExprLit { lit: Lit::Float(_), .. }))
}

pub(super) fn is_negative(expr: &Expr) -> bool {
    matches!(expr, Expr::Unary(unary) if matches!(unary.op, syn::UnOp::Neg(_)))
}

/// A number that the macro can read, or a const expression that only rustc can.
pub(super) fn number(expr: Expr, errors: &mut Diagnostics) -> Result<Number, Reported> {
    match &expr {
        Expr::Lit(ExprLit { lit: Lit::Int(int), .. }) => literal(int, errors),
        Expr::Lit(ExprLit { lit: Lit::Float(float), .. }) => {
            Err(errors.on(float, "weights are whole numbers; scale them up"))
        }
        Expr::Lit(_) | Expr::Tuple(_) | Expr::Array(_) | Expr::Closure(_) | Expr::Struct(_) => {
            Err(errors.on(&expr, SHAPE))
        }
        expr if is_negative(expr) => Err(errors.on(expr, POSITIVE)),
        expr if runs(expr) => Err(errors.on(expr, CONSTANT)),
        _ => Ok(Number::Const(Box::new(expr))),
    }
}

/// Whether an expression awaits, or may leave the function.
fn runs(expr: &Expr) -> bool {
    let flow = Flow::of_expr(expr);
    flow.awaits || flow.question.is_some()
}

fn literal(int: &LitInt, errors: &mut Diagnostics) -> Result<Number, Reported> {
    if !matches!(int.suffix(), "" | "u32") {
        return Err(errors.on(int, "weights are `u32`; remove the suffix"));
    }
    match int.base10_parse() {
        Ok(value) => Ok(Number::Literal(value, int.span())),
        Err(_) => Err(errors.on(int, TOO_LARGE)),
    }
}
