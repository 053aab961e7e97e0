//! Weights add up, and ranges join. What is a const expression is left to rustc: `expand` writes
//! assertions for it.

use crate::errors::Errors;
use crate::parse::attributes::{Number, Share};
use crate::plan::{List, Node, Step, Workflow};
use proc_macro2::{Ident, Span};
use syn::visit::{self, Visit};
use syn::{FnArg, GenericParam, Local, Pat, Stmt};

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

/// Reports weights that name what is not there before a run: parameters, and generics.
pub(crate) fn constant(workflow: &Workflow, errors: &mut Errors) -> bool {
    let parameters = workflow.sig.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(input) => match &*input.pat {
            Pat::Ident(pat) => Some((&pat.ident, "a parameter")),
            _ => None,
        },
        FnArg::Receiver(_) => None,
    });
    let generics = workflow.sig.generics.params.iter().filter_map(|generic| match generic {
        GenericParam::Const(generic) => Some((&generic.ident, "generic")),
        GenericParam::Type(generic) => Some((&generic.ident, "generic")),
        GenericParam::Lifetime(_) => None,
    });
    let variables = workflow.body.nodes.iter().filter_map(|node| match node {
        Node::Plain(stmt) => match &**stmt {
            Stmt::Local(Local { pat: Pat::Ident(pat), .. }) => Some((&pat.ident, "a variable")),
            _ => None,
        },
        Node::Step(_) => None,
    });
    let names = parameters.chain(generics).chain(variables).collect();
    let mut finds = Finds { names, found: None };
    let mut steps: Vec<_> = workflow.body.steps().collect();
    let mut told = false;
    while let Some(step) = steps.pop() {
        steps.extend(step.children());
        let numbers = match &step.marks.share {
            Share::Weight(number) => vec![number],
            Share::Range(start, end, _) => vec![start, end],
            Share::Unknown => Vec::new(),
        };
        for number in numbers {
            if let Number::Const(expr) = number {
                finds.visit_expr(expr);
            }
            if let Some((name, what)) = finds.found.take() {
                errors.at(
                    name.span(),
                    format!(
                        "the plan is a constant, and `{name}` is {what}: \
                         a weight is a number or a `const`"
                    ),
                );
                told = true;
            }
        }
    }
    told
}

struct Finds<'a> {
    names: Vec<(&'a Ident, &'static str)>,
    found: Option<(Ident, &'static str)>,
}

impl<'ast> Visit<'ast> for Finds<'_> {
    fn visit_path(&mut self, path: &'ast syn::Path) {
        if let Some(first) = path.segments.first()
            && let Some((_, what)) = self.names.iter().find(|(name, _)| first.ident == **name)
        {
            self.found.get_or_insert((first.ident.clone(), what));
        }
        visit::visit_path(self, path);
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
    steps
        .iter()
        .map(|step| match &step.marks.share {
            Share::Weight(weight) => weight.literal().map(u64::from),
            _ => None,
        })
        .sum()
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
            Share::Range(_, _, range) => {
                errors.on(range, "this list has weights; write this step's share as a weight too");
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
        let (start, end, range) = match &step.marks.share {
            Share::Range(start, end, range) => (start, end, range),
            Share::Weight(weight) => {
                errors.at(weight.span(), "this list has ranges; write this step as a range too");
                known = false;
                continue;
            }
            Share::Unknown => continue,
        };
        if let (Some(from), Some(to)) = (start.literal(), end.literal()) {
            if from == to {
                errors.on(range, "an empty range");
            } else if from > to {
                errors.on(range, format!("a range goes up: write `{to}..{from}`"));
                known = false;
                continue;
            } else if to > WHOLE {
                errors.at(end.span(), "a range ends at 100 percent at the latest");
                return;
            }
        }
        if let (true, Some((reached, _)), Some(from)) = (known, reached, start.literal()) {
            if from > reached {
                errors.at(
                    start.span(),
                    format!("nothing covers {reached}..{from}: this step must start at {reached}"),
                );
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
