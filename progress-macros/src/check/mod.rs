//! The rules that a tree of steps has to keep. Checks read the tree and report; they change
//! nothing.
//!
//! A check returns what it reported, as an `Option<Reported>`, and a rule that would only show a
//! consequence of that mistake is skipped.

mod durable;
mod exits;
mod ids;
mod misplaced;
mod returns;
mod rules;
mod scope;
mod shares;
mod sync;
mod values;

use crate::ast::{Arm, ForBody, ForStep, List, Node, Step, StepKind, Workflow};
use crate::attrs;
use crate::diagnostics::{Diagnostics, Reported};
use crate::syntax::{place, uses};
use misplaced::{Misplaced, Place};
use syn::Expr;
use syn::spanned::Spanned;
use syn::visit::Visit;

struct Check<'a> {
    workflow: &'a Workflow,
    errors: &'a mut Diagnostics,
    /// An error that rustc would report again, in other words, if it saw the body.
    repeated: Option<Reported>,
    /// Whether a plain statement took the share, so that steps may be without it.
    taken: bool,
}

/// Checks a workflow. After an error that rustc would report again in the body, that error is
/// returned, and the body must not be expanded.
pub(crate) fn workflow(workflow: &Workflow, errors: &mut Diagnostics) -> Result<(), Reported> {
    let mut check = Check { workflow, errors, repeated: None, taken: false };
    if let Some(reported) = check.order_of_attributes() {
        return Err(reported);
    }
    let would_repeat = [workflow.error, check.question_marks(), check.constants()];
    let has_steps = workflow.body.steps().next().is_some();
    let outside = format!("`{}` is only available inside a step", workflow.progress);
    // Without steps, the use of the share is not the mistake.
    check.list(&workflow.body, has_steps.then_some(&outside));
    check.total();
    check.titles();
    check.durable();
    if !has_steps && check.errors.reported().is_none() {
        check.errors.on(&workflow.function.sig.ident, "this workflow has no `#[step]`");
    }
    let unclear = workflow.function.unclear_return.as_ref().and(check.errors.reported());
    let found = would_repeat.into_iter().chain([check.repeated, unclear]).flatten().next();
    found.map_or(Ok(()), Err)
}

impl Check<'_> {
    /// Reports an attribute that has moved the body of a `#[workflow]` into an expression, before
    /// the workflow could read it.
    fn order_of_attributes(&mut self) -> Option<Reported> {
        let workflow = self.workflow;
        if !workflow.function.by_attribute || workflow.body.steps().next().is_some() {
            return None;
        }
        // The tokens of that attribute have its place, which is in front of the function.
        let name = workflow.function.sig.ident.span().start();
        let hidden = workflow.body.nodes.iter().any(|node| match node {
            Node::Plain(stmt) => {
                let start = stmt.span().start();
                (start.line, start.column) < (name.line, name.column)
            }
            Node::Unclear(..) | Node::Step(_) => false,
        });
        hidden.then(|| {
            self.errors.on(
                &workflow.function.sig.ident,
                "an attribute above `#[workflow]` has changed the body: put `#[workflow]` first",
            )
        })
    }

    /// Checks a list with everything in it. `outside` is the message for a use of the share in a
    /// plain statement.
    fn list(&mut self, list: &List, outside: Option<&str>) -> Option<Reported> {
        let progress = &self.workflow.progress;
        let mut found = None;
        let mut outside = outside;
        for node in &list.nodes {
            let error = match node {
                Node::Plain(stmt) => self.misplaced(Place::Statement, |seek| seek.stmt(stmt)),
                Node::Unclear(stmt, reported) => {
                    self.misplaced(Place::Statement, |seek| seek.stmt(stmt)).or(Some(*reported))
                }
                Node::Step(step) => self.step(step, None),
            };
            found = found.or(error);
            let Some(message) = outside else { continue };
            if let Some(shadow) = node.pat().and_then(|pat| uses::binding(pat, progress)) {
                let message = format!(
                    "`{progress}` is the share that every step hands on; give this another name"
                );
                self.errors.at(shadow.span(), message);
                // A later use of the name may mean either.
                outside = None;
            } else if let (Node::Plain(stmt), None) = (node, error)
                // Whether code under a condition exists is not known.
                && !place::leading_attrs(stmt).is_some_and(|all| all.iter().any(attrs::is_cfg))
                && let Some(used) = uses::first_use(|reading| reading.visit_stmt(stmt), progress)
            {
                self.errors.at(used.span(), message);
                self.taken = true;
            }
        }
        let steps: Vec<_> = list.steps().collect();
        self.unique_ids(&steps);
        self.shares(&steps);
        self.changed_at_once(list);
        found
    }

    /// Checks a step and everything in it. `before` is an error that was found in the same code.
    fn step(&mut self, step: &Step, before: Option<Reported>) -> Option<Reported> {
        let otherwise = step.binding.as_ref().and_then(|binding| binding.otherwise.as_ref());
        let in_else = otherwise.and_then(|(_, block)| self.otherwise(block));
        let operand = match &step.kind {
            StepKind::Plain(code) if step.binding.is_none() => {
                misplaced::not_a_value(code.expr(), step.attrs.step, self.errors)
            }
            _ => None,
        };
        let inside = self.inside(step);
        let found = before.or(in_else).or(operand).or(inside);
        self.id(step);
        match step.error() {
            Some(reported) => Some(reported),
            None => {
                self.rules(step, found);
                found
            }
        }
    }

    /// Checks the code of a step, and its inner steps.
    fn inside(&mut self, step: &Step) -> Option<Reported> {
        match &step.kind {
            StepKind::Plain(code) => match step.attrs.parallel {
                Some(_) if code.error().is_none() => {
                    Some(self.errors.on(code.expr(), "write the branches as a tuple"))
                }
                _ => self.no_steps(code.expr()),
            },
            StepKind::If { arms, otherwise } => {
                let mut found = None;
                for arm in arms {
                    let in_cond = self.no_steps(arm.cond.expr());
                    found = found.or(in_cond).or(self.arm(&arm.body));
                }
                found.or(otherwise.as_ref().and_then(|(_, arm)| self.arm(arm)))
            }
            StepKind::Match { scrutinee, arms, .. } => {
                let mut found = self.no_steps(scrutinee.expr());
                for arm in arms {
                    let in_pat = self
                        .misplaced(Place::Expression, |seek| seek.reading().visit_pat(&arm.pat));
                    found = found.or(in_pat).or(self.arm(&arm.body));
                }
                found
            }
            StepKind::Group { list, .. } => self.group(list),
            StepKind::For(each) => self.each(step, each),
            StepKind::Parallel { branches, .. } => {
                let mut found = None;
                for branch in branches {
                    let leaves = self.branch_exits(branch);
                    found = found.or(self.step(branch, leaves)).or(leaves);
                }
                let branches: Vec<_> = branches.iter().collect();
                self.unique_ids(&branches);
                self.shares(&branches);
                found
            }
        }
    }

    fn arm(&mut self, arm: &Arm) -> Option<Reported> {
        match arm {
            Arm::Run(code) | Arm::Skip(code) => {
                self.misplaced(Place::Arm, |seek| seek.body(code.expr()))
            }
            Arm::Group(list) => self.group(list),
        }
    }

    fn group(&mut self, list: &List) -> Option<Reported> {
        let progress = &self.workflow.progress;
        let message = format!("inside a group `{progress}` belongs to the inner steps");
        self.list(list, Some(&message))
    }

    fn each(&mut self, step: &Step, each: &ForStep) -> Option<Reported> {
        let progress = &self.workflow.progress;
        let in_items = self.no_steps(&each.items);
        let used = uses::first_use(|reading| reading.visit_expr(&each.items), progress);
        let divided = used.map(|used| {
            let message = format!(
                "the items divide `{progress}`: get them in a step of its own, in front of this one"
            );
            self.errors.at(used.span(), message)
        });
        let leaves = match step.attrs.concurrent {
            Some(_) => self.item_exits(each),
            None => None,
        };
        let in_body = match &each.body {
            ForBody::Items(block) => {
                self.misplaced(Place::Statement, |seek| seek.reading().visit_block(block))
            }
            ForBody::Steps(list) => {
                let message =
                    format!("inside divided items `{progress}` belongs to the inner steps");
                self.list(list, Some(&message))
            }
        };
        in_items.or(divided).or(leaves).or(in_body)
    }

    /// Checks the `else` of a `let`, which runs after the step.
    fn otherwise(&mut self, block: &Expr) -> Option<Reported> {
        let progress = &self.workflow.progress;
        let misplaced = self.misplaced(Place::Else, |seek| seek.body(block));
        misplaced.or_else(|| {
            let used = uses::first_use(|reading| reading.visit_expr(block), progress)?;
            let message = format!("`{progress}` went into the step, which is over here");
            Some(self.errors.at(used.span(), message))
        })
    }

    /// Checks an expression in which no step can stand.
    fn no_steps(&mut self, expr: &Expr) -> Option<Reported> {
        self.misplaced(Place::Expression, |seek| seek.reading().visit_expr(expr))
    }

    fn misplaced(
        &mut self,
        place: Place,
        seek: impl FnOnce(&mut Misplaced<'_>),
    ) -> Option<Reported> {
        let mut misplaced = Misplaced::new(place, self.errors);
        seek(&mut misplaced);
        misplaced.found
    }
}
