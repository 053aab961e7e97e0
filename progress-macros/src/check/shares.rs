//! Weights add up, and ranges join. rustc evaluates const expressions, so for those `expand` writes
//! assertions.

use super::Check;
use super::scope::names;
use crate::ast::{List, Node, Step, StepKind};
use crate::attrs::share::{Number, Share, ShareKind, WHOLE};
use crate::diagnostics::Reported;
use crate::syntax::walk::{Part, Reader, Reading, Walk};
use proc_macro2::{Ident, Span};
use syn::visit::Visit;
use syn::{FnArg, GenericParam, Item, Pat, Stmt};

/// The kind of a parameter in `<…>`.
const GENERIC: &str = "generic";

/// The kind of a constant that is declared in the body.
const IN_BODY: &str = "in the body";

impl Check<'_> {
    /// Holds the outermost list against `#[total(n)]`.
    pub(super) fn total(&mut self) {
        let Some(total) = &self.workflow.total else { return };
        let steps: Vec<_> = self.workflow.body.steps().collect();
        match kind(&steps) {
            Some(ShareKind::Weights) => {
                if let (Some(sum), Some(expected)) = (sum(&steps), total.literal())
                    && sum != u64::from(expected)
                {
                    let message = format!("the weights add up to {sum}, not {expected}");
                    self.errors.at(total.span(), message);
                }
            }
            Some(ShareKind::Ranges) => {
                self.errors.at(total.span(), "ranges always end at 100; remove `#[total]`");
            }
            None => {}
        }
    }

    /// Reports shares that name something which does not exist before a run: parameters, generics
    /// and variables.
    pub(super) fn constants(&mut self) -> Option<Reported> {
        let mut uses = RuntimeNames { names: self.runtime_names(), first: None };
        let mut steps: Vec<_> = self.workflow.body.steps().collect();
        let mut reported = None;
        while let Some(step) = steps.pop() {
            steps.extend(step.children());
            let numbers = match &step.attrs.share {
                Share::Weight(number) => vec![number],
                Share::Range(start, end, _) => vec![start, end],
                Share::Error(_) => Vec::new(),
            };
            for number in numbers {
                if let Number::Const(expr) = number {
                    Reading(&mut uses).visit_expr(expr);
                }
                if let Some((name, what)) = uses.first.take() {
                    let message = match what {
                        IN_BODY => format!(
                            "the plan is known without a run, and `{name}` only in the body: \
                             declare it outside of the function"
                        ),
                        what => format!(
                            "the plan is a constant, and `{name}` is {what}: \
                             a weight is a number or a `const`"
                        ),
                    };
                    reported = Some(self.errors.at(name.span(), message));
                }
            }
        }
        reported
    }

    fn runtime_names(&self) -> Vec<(Ident, &'static str)> {
        let sig = &self.workflow.function.sig;
        let parameters = sig.inputs.iter().filter_map(|input| match input {
            FnArg::Typed(input) => match &*input.pat {
                Pat::Ident(pat) => Some((pat.ident.clone(), "a parameter")),
                _ => None,
            },
            FnArg::Receiver(_) => None,
        });
        let generics = sig.generics.params.iter().filter_map(|generic| match generic {
            GenericParam::Const(generic) => Some((generic.ident.clone(), GENERIC)),
            GenericParam::Type(generic) => Some((generic.ident.clone(), GENERIC)),
            GenericParam::Lifetime(_) => None,
        });
        let mut names: Vec<_> = parameters.chain(generics).collect();
        of_list(&self.workflow.body, &mut names);
        names
    }

    /// Checks the shares of a list.
    pub(super) fn shares(&mut self, steps: &[&Step]) {
        match kind(steps) {
            Some(ShareKind::Weights) => self.weights(steps),
            Some(ShareKind::Ranges) => self.ranges(steps),
            None => {}
        }
    }

    fn weights(&mut self, steps: &[&Step]) {
        let mut sum = 0;
        for step in steps {
            match &step.attrs.share {
                Share::Weight(weight) => {
                    sum += u64::from(weight.literal().unwrap_or(0));
                    if sum > u64::from(u32::MAX) {
                        let message = "the weights add up to more than u32 holds";
                        self.errors.at(weight.span(), message);
                        return;
                    }
                }
                Share::Range(_, _, range) => {
                    let message = "this list has weights; write this step's share as a weight too";
                    self.errors.on(range, message);
                }
                Share::Error(_) => {}
            }
        }
    }

    fn ranges(&mut self, steps: &[&Step]) {
        // The end of the step before, if it is known.
        let mut reached: Option<(u32, Span)> = None;
        let mut known = true;
        for step in steps {
            let (start, end, range) = match &step.attrs.share {
                Share::Range(start, end, range) => (start, end, range),
                Share::Weight(weight) => {
                    let message = "this list has ranges; write this step as a range too";
                    self.errors.at(weight.span(), message);
                    known = false;
                    continue;
                }
                Share::Error(_) => continue,
            };
            if let (Some(from), Some(to)) = (start.literal(), end.literal()) {
                if from == to {
                    self.errors.on(range, "an empty range");
                } else if from > to {
                    self.errors.on(range, format!("a range goes up: write `{to}..{from}`"));
                    known = false;
                    continue;
                } else if to > WHOLE {
                    self.errors.at(end.span(), "a range ends at 100 percent at the latest");
                    return;
                }
            }
            if let (true, Some((reached, _))) = (known, reached) {
                self.joins(reached, start);
            }
            known = end.literal().is_some();
            reached = end.literal().map(|to| (to, end.span()));
        }
        if let (true, Some((to, span))) = (known, reached)
            && to < WHOLE
        {
            self.errors.at(span, "the last step never reaches 100 percent");
        }
    }

    /// Reports a range that does not start where the one before ends.
    fn joins(&mut self, reached: u32, start: &Number) {
        let Some(from) = start.literal() else { return };
        let message = if from > reached {
            format!("nothing covers {reached}..{from}: this step must start at {reached}")
        } else if from < reached {
            format!("{from}..{reached} belongs to the step before")
        } else {
            return;
        };
        self.errors.at(start.span(), message);
    }
}

/// The names that exist in a list, and in those inside of it, while they run.
fn of_list(list: &List, found: &mut Vec<(Ident, &'static str)>) {
    for node in &list.nodes {
        let variables = node.pat().into_iter().flat_map(names);
        found.extend(variables.map(|name| (name, "a variable")));
        match node {
            Node::Plain(stmt) => match &**stmt {
                Stmt::Item(Item::Const(item)) => found.push((item.ident.clone(), IN_BODY)),
                Stmt::Item(Item::Static(item)) => found.push((item.ident.clone(), IN_BODY)),
                _ => {}
            },
            Node::Step(step) => {
                if let StepKind::For(each) = &step.kind {
                    found.extend(names(&each.pat).into_iter().map(|name| (name, "an item")));
                }
                step.inner().into_iter().for_each(|list| of_list(list, found));
            }
            Node::Unclear(..) => {}
        }
    }
}

/// Finds the first name that has no value before a run.
struct RuntimeNames {
    names: Vec<(Ident, &'static str)>,
    first: Option<(Ident, &'static str)>,
}

impl Reader for RuntimeNames {
    fn read(&mut self, part: Part<'_>) -> Walk {
        if let Part::Path(path) = part
            && let Some(first) = path.segments.first()
            && let Some((_, what)) = self.names.iter().find(|(name, _)| first.ident == *name)
            // A module may have the name of a variable.
            && (path.segments.len() == 1 || *what == GENERIC)
        {
            self.first.get_or_insert((first.ident.clone(), what));
        }
        Walk::Into
    }
}

/// The kind of a list, unless it is empty or a share in it is an error.
fn kind(steps: &[&Step]) -> Option<ShareKind> {
    if steps.iter().any(|step| matches!(step.attrs.share, Share::Error(_))) {
        return None;
    }
    ShareKind::of(steps.iter().map(|step| &step.attrs.share))
}

/// The sum, if every weight is a literal.
fn sum(steps: &[&Step]) -> Option<u64> {
    let weight = |step: &&Step| match &step.attrs.share {
        Share::Weight(weight) => weight.literal().map(u64::from),
        Share::Range(..) | Share::Error(_) => None,
    };
    steps.iter().map(weight).sum()
}
