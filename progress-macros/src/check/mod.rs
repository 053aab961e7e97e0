//! The third stage: the rules that a tree of steps keeps.
//!
//! What needs the whole tree is checked here; [`shape`], [`ids`] and [`misplaced`] hold the rules
//! of one step, and are asked while the tree is made, when the syntax is at hand.

pub(crate) mod ids;
pub(crate) mod misplaced;
mod returns;
pub(crate) mod shape;
pub(crate) mod weights;

use crate::errors::Errors;
use crate::plan::{Body, Kind, List, Node, Step, Workflow};
use crate::syntax;
use syn::Stmt;
use syn::visit::Visit;

/// Checks everything that is left to check. Tells whether rustc would only say it again.
pub(crate) fn workflow(workflow: &Workflow, errors: &mut Errors) -> bool {
    let told = returns::question(workflow, errors) | weights::constant(workflow, errors);
    if workflow.body.steps().next().is_none() {
        // What its share is used for is not the mistake.
        if !errors.any() {
            errors.on(&workflow.sig.ident, "this workflow has no `#[step]`");
        }
        return workflow.told || told;
    }
    weights::outermost(&workflow.body, workflow.total.as_ref(), errors);
    let name = &workflow.progress;
    outside_steps(
        &workflow.body,
        workflow,
        &format!("`{name}` is only available inside a step"),
        errors,
    );
    for step in workflow.body.steps() {
        inside(step, workflow, errors);
    }
    workflow.told || told
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
    let name = &workflow.progress;
    for node in &list.nodes {
        let pat = match node {
            Node::Plain(stmt) => match &**stmt {
                Stmt::Local(local) => Some(&local.pat),
                _ => None,
            },
            Node::Step(step) => step.binding.as_ref().map(|binding| &binding.pat),
        };
        if let Some(shadow) = pat.and_then(|pat| syntax::binding(pat, name)) {
            errors.at(
                shadow.span(),
                format!("`{name}` is the share that every step hands on; give this another name"),
            );
            // What follows may mean the one or the other.
            return;
        }
        if let Node::Plain(stmt) = node
            && let Some(used) = syntax::names(|names| names.visit_stmt(stmt), &workflow.progress)
        {
            errors.at(used.span(), message);
        }
    }
}
