//! `return`, `break` and `continue` in code that becomes a future of its own, which they cannot
//! leave.

use super::Check;
use crate::ast::{Arm, ForBody, ForStep, List, Node, Step, StepKind};
use crate::diagnostics::{Diagnostics, Reported};
use crate::syntax::flow::{Body, Exit, Nested, Scope, has};
use crate::syntax::walk::{Part, Reader, Reading, Walk};
use syn::visit::{self, Visit};
use syn::{Expr, Label};

impl Check<'_> {
    pub(super) fn branch_exits(&mut self, branch: &Step) -> Option<Reported> {
        let mut exits = Exits::new(self.errors, "a parallel branch", Scope::new(Body::Branch));
        exits.step(branch);
        exits.found
    }

    pub(super) fn item_exits(&mut self, each: &ForStep) -> Option<Reported> {
        let scope = Scope::new(Body::Item(each.label.as_ref()));
        let mut exits = Exits::new(self.errors, "a concurrent body", scope);
        exits.body(&each.body);
        exits.found
    }
}

struct Exits<'a> {
    errors: &'a mut Diagnostics,
    /// The code that cannot be left: "a parallel branch".
    what: &'static str,
    scope: Scope<'a>,
    found: Option<Reported>,
}

impl<'a> Exits<'a> {
    fn new(errors: &'a mut Diagnostics, what: &'static str, scope: Scope<'a>) -> Self {
        Self { errors, what, scope, found: None }
    }

    fn within(&mut self, label: Option<&Label>, loops: usize, seek: impl FnOnce(&mut Self)) {
        let outside = self.scope.enter(label, loops);
        seek(self);
        self.scope.leave(outside);
    }

    fn body(&mut self, body: &ForBody) {
        match body {
            ForBody::Items(block) => Reading(self).visit_block(block),
            ForBody::Steps(list) => self.list(list),
        }
    }

    fn list(&mut self, list: &List) {
        for node in &list.nodes {
            match node {
                Node::Plain(stmt) | Node::Unclear(stmt, _) => Reading(self).visit_stmt(stmt),
                Node::Step(step) => self.step(step),
            }
        }
    }

    fn step(&mut self, step: &Step) {
        match &step.kind {
            // Every branch is a future of its own, which is checked for itself.
            StepKind::Parallel { .. } => return,
            StepKind::For(each) => {
                Reading(self).visit_expr(&each.items);
                if step.attrs.concurrent.is_none() {
                    self.within(each.label.as_ref(), 1, |this| this.body(&each.body));
                }
            }
            StepKind::Group { label, list } => {
                self.within(label.as_ref(), 0, |this| this.list(list));
            }
            StepKind::If { arms, otherwise } => {
                for arm in arms {
                    Reading(self).visit_expr(arm.cond.expr());
                    self.arm(&arm.body);
                }
                otherwise.iter().for_each(|(_, arm)| self.arm(arm));
            }
            StepKind::Plain(_) | StepKind::Match { .. } => {
                return step.visit_code(&mut Reading(self));
            }
        }
        if let Some((_, block)) = step.binding.as_ref().and_then(|let_| let_.otherwise.as_ref()) {
            Reading(self).visit_expr(block);
        }
    }

    fn arm(&mut self, arm: &Arm) {
        match arm {
            Arm::Group(list) => self.list(list),
            arm => arm.visit_code(&mut Reading(self)),
        }
    }

    fn expr(&mut self, expr: &Expr) {
        if let Some(Exit { span, keyword }) = self.scope.exit(expr) {
            let advice = match keyword {
                "return" => "; give back a value, or an error with `?`",
                _ => "",
            };
            let message = format!("`{keyword}` cannot leave {}{advice}", self.what);
            self.found = Some(self.errors.at(span, message));
            return;
        }
        match Nested::of(expr) {
            Nested::Apart => {}
            Nested::Concurrent(each) => Reading(self).visit_expr(&each.expr),
            Nested::Scope { label, loops } => self.within(label.as_ref(), loops, |this| {
                visit::visit_expr(&mut Reading(this), expr);
            }),
            Nested::Plain => visit::visit_expr(&mut Reading(self), expr),
        }
    }
}

impl Reader for Exits<'_> {
    fn read(&mut self, part: Part<'_>) -> Walk {
        match part {
            Part::Expr(expr) => self.expr(expr),
            Part::Local(local) if has(&local.attrs, "parallel") => {}
            Part::Item(_) => {}
            _ => return Walk::Into,
        }
        Walk::Past
    }
}
