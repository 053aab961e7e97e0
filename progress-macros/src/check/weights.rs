//! Weights add up, and ranges join. What is a const expression is left to rustc: `expand` writes
//! assertions for it.

use crate::errors::Errors;
use crate::parse::attributes::{Number, Share};
use crate::plan::{List, Step};
use proc_macro2::Span;

/// The end of every list of ranges.
pub(crate) const WHOLE: u32 = 100;

/// The list of the function, of which `#[total]` speaks.
pub(crate) fn outermost(list: &List, total: Option<&Number>, errors: &mut Errors) {
    let steps: Vec<_> = list.steps().collect();
    inner(&steps, errors);
    let Some(total) = total else { return };
    match kind(&steps) {
        Some(ListKind::Weights) => {
            if let (Some(sum), Some(expected)) = (sum(&steps), total.literal())
                && sum != u64::from(expected)
            {
                errors.at(total.span(), format!("the weights add up to {sum}, not {expected}"));
            }
        }
        Some(ListKind::Ranges) => {
            errors.at(total.span(), "ranges always end at 100; remove `#[total]`");
        }
        None => {}
    }
}

/// Any list.
pub(crate) fn inner(steps: &[&Step], errors: &mut Errors) {
    match kind(steps) {
        Some(ListKind::Weights) => weights(steps, errors),
        Some(ListKind::Ranges) => ranges(steps, errors),
        None => {}
    }
}

/// What the first step of a list makes of it.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum ListKind {
    Weights,
    Ranges,
}

/// Nothing, if the list is empty or a share in it has been reported already.
fn kind(steps: &[&Step]) -> Option<ListKind> {
    if steps.iter().any(|step| matches!(step.marks.share, Share::Unknown)) {
        return None;
    }
    list_kind(steps)
}

pub(crate) fn list_kind(steps: &[&Step]) -> Option<ListKind> {
    steps.iter().find_map(|step| match step.marks.share {
        Share::Weight(_) => Some(ListKind::Weights),
        Share::Range(..) => Some(ListKind::Ranges),
        Share::Unknown => None,
    })
}

/// The sum, if every weight is a literal.
fn sum(steps: &[&Step]) -> Option<u64> {
    steps.iter().map(|step| match &step.marks.share {
        Share::Weight(weight) => weight.literal().map(u64::from),
        _ => None,
    }).sum()
}

fn weights(steps: &[&Step], errors: &mut Errors) {
    let mut sum = 0;
    for step in steps {
        match &step.marks.share {
            Share::Weight(weight) => {
                sum += u64::from(weight.literal().unwrap_or(0));
                if sum > u64::from(u32::MAX) {
                    errors.at(weight.span(), "the weights add up to more than u32 holds");
                    return;
                }
            }
            Share::Range(_, _, span) => {
                errors.at(*span, "this list has weights; write this step's share as a weight too");
            }
            Share::Unknown => {}
        }
    }
}

fn ranges(steps: &[&Step], errors: &mut Errors) {
    // The end of the step before, where it is known.
    let mut reached: Option<(u32, Span)> = None;
    let mut known = true;
    for step in steps {
        let (start, end, span) = match &step.marks.share {
            Share::Range(start, end, span) => (start, end, *span),
            Share::Weight(weight) => {
                errors.at(weight.span(), "this list has ranges; write this step as a range too");
                known = false;
                continue;
            }
            Share::Unknown => continue,
        };
        if let (Some(from), Some(to)) = (start.literal(), end.literal()) {
            if from == to {
                errors.at(span, "an empty range");
            } else if from > to {
                errors.at(span, format!("a range goes up: write `{to}..{from}`"));
            } else if to > WHOLE {
                errors.at(end.span(), "a range ends at 100 percent at the latest");
                return;
            }
        }
        if let (true, Some((reached, _)), Some(from)) = (known, reached, start.literal()) {
            if from > reached {
                errors.at(start.span(), format!("nothing covers {reached}..{from}: this step must start at {reached}"));
            } else if from < reached {
                errors.at(start.span(), format!("{from}..{reached} belongs to the step before"));
            }
        }
        known = end.literal().is_some();
        reached = end.literal().map(|to| (to, end.span()));
    }
    if let (true, Some((to, span))) = (known, reached)
        && to < WHOLE
    {
        errors.at(span, "the last step never reaches 100 percent");
    }
}
