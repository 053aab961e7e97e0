//! Walks over all code in a part of the tree, in the order of the source.

use super::{Arm, ForBody, List, Node, Step, StepKind};
use crate::syntax::flow::Flow;
use crate::syntax::walk::Reading;
use syn::visit::Visit;

impl List {
    /// Walks all code of the list, also that of its steps.
    pub(crate) fn visit_code(&self, reading: &mut Reading<'_>) {
        for node in &self.nodes {
            match node {
                Node::Plain(stmt) | Node::Unclear(stmt, _) => reading.visit_stmt(stmt),
                Node::Step(step) => step.visit_code(reading),
            }
        }
    }
}

impl Step {
    /// Walks all code of the step in the order of the source, also that of inner steps.
    pub(crate) fn visit_code(&self, reading: &mut Reading<'_>) {
        match &self.kind {
            StepKind::Plain(code) => reading.visit_expr(code.expr()),
            StepKind::If { arms, otherwise } => {
                for arm in arms {
                    reading.visit_expr(arm.cond.expr());
                    arm.body.visit_code(reading);
                }
                if let Some((_, arm)) = otherwise {
                    arm.visit_code(reading);
                }
            }
            StepKind::Match { scrutinee, arms, .. } => {
                reading.visit_expr(scrutinee.expr());
                for arm in arms {
                    reading.visit_pat(&arm.pat);
                    arm.body.visit_code(reading);
                }
            }
            StepKind::Group { list, .. } => list.visit_code(reading),
            StepKind::For(each) => {
                reading.visit_expr(&each.items);
                each.body.visit_code(reading);
            }
            StepKind::Parallel { branches, .. } => {
                branches.iter().for_each(|branch| branch.visit_code(reading));
            }
        }
        if let Some((_, block)) = self.binding.as_ref().and_then(|let_| let_.otherwise.as_ref()) {
            reading.visit_expr(block);
        }
    }

    /// Whether a `?` in the futures that the step creates, branches or concurrent bodies, fails it.
    pub(crate) fn fails(&self) -> bool {
        let flow = Flow::of(|reading| match &self.kind {
            StepKind::For(each) => each.body.visit_code(reading),
            StepKind::Parallel { branches, .. } => {
                branches.iter().for_each(|branch| branch.visit_code(reading));
            }
            _ => {}
        });
        flow.question.is_some() || flow.question_in_macro
    }
}

impl Arm {
    pub(crate) fn visit_code(&self, reading: &mut Reading<'_>) {
        match self {
            Self::Run(code) | Self::Skip(code) => reading.visit_expr(code.expr()),
            Self::Group(list) => list.visit_code(reading),
        }
    }
}

impl ForBody {
    pub(crate) fn visit_code(&self, reading: &mut Reading<'_>) {
        match self {
            Self::Items(block) => reading.visit_block(block),
            Self::Steps(list) => list.visit_code(reading),
        }
    }
}
