//! The third stage: the rules that a tree of steps keeps.
//!
//! What needs the whole tree is checked here; [`shape`], [`ids`] and [`misplaced`] hold the rules
//! of one step, and are asked while the tree is made, when the syntax is at hand.

pub(crate) mod ids;
pub(crate) mod misplaced;
pub(crate) mod shape;
pub(crate) mod weights;

use crate::errors::Errors;
use crate::plan::{Body, Kind, List, Node, Step, Workflow};
use crate::syntax;
use syn::visit::Visit;

/// Checks everything that is left to check.
pub(crate) fn workflow(workflow: &Workflow, errors: &mut Errors) {
    if errors.count() == 0 && workflow.body.steps().next().is_none() {
        errors.on(&workflow.sig.ident, "this workflow has no `#[step]`");
    }
    weights::outermost(&workflow.body, workflow.total.as_ref(), errors);
    let name = &workflow.progress;
    outside_steps(&workflow.body, workflow, &format!("`{name}` is only available inside a step"), errors);
    for step in workflow.body.steps() {
        inside(step, workflow, errors);
    }
}

/// Checks the lists in a step.
fn inside(step: &Step, workflow: &Workflow, errors: &mut Errors) {
    if let Some(list) = step.inner() {
        let whose = match step.kind {
            Kind::For { body: Body::Steps(_), .. } => "divided items",
            _ => "a group",
        };
        let name = &workflow.progress;
        let message = format!("inside {whose} `{name}` belongs to the inner steps");
        outside_steps(list, workflow, &message, errors);
    }
    let children = step.children();
    weights::inner(&children, errors);
    for child in children {
        inside(child, workflow, errors);
    }
}

/// The plain statements of a list have no share to name.
fn outside_steps(list: &List, workflow: &Workflow, message: &str, errors: &mut Errors) {
    for node in &list.nodes {
        if let Node::Plain(stmt) = node
            && let Some(used) = syntax::names(|names| names.visit_stmt(stmt), &workflow.progress)
        {
            errors.at(used.span(), message);
        }
    }
}
