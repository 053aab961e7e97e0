//! What the return type has to be for what the body does.

use crate::errors::Errors;
use crate::plan::{Arm, Body, Kind, List, Node, Step, Workflow};
use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{ReturnType, Type};

/// Reports the first `?` of a workflow whose return type has no error to take it. Of a type that
/// has another name, only rustc can tell.
pub(crate) fn question(workflow: &Workflow, errors: &mut Errors) -> bool {
    let returns = match &workflow.sig.output {
        ReturnType::Default => None,
        ReturnType::Type(_, ty) => Some(&**ty),
    };
    if !returns.is_none_or(never_fails) {
        return false;
    }
    let mut found = Questions(None);
    found.list(&workflow.body);
    let Some(question) = found.0 else { return false };
    errors.at(
        question,
        match returns {
            None => {
                "`?` needs a workflow that returns a `Result`: \
                 add `-> Result<(), Error>`, and `Ok(())` at the end"
            }
            Some(_) => "`?` needs a workflow that returns a `Result`",
        },
    );
    true
}

/// Whether a type is one of those that every program has, and no `Result`.
fn never_fails(ty: &Type) -> bool {
    const PLAIN: [&str; 19] = [
        "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "str", "u8",
        "u16", "u32", "u64", "u128", "usize", "String", "Vec",
    ];
    match ty {
        Type::Tuple(_) | Type::Reference(_) | Type::Array(_) | Type::Slice(_) => true,
        Type::Path(ty) => match ty.path.segments.first() {
            Some(only) if ty.path.segments.len() == 1 => {
                PLAIN.iter().any(|plain| only.ident == plain)
            }
            _ => false,
        },
        _ => false,
    }
}

/// The first `?` that leaves the workflow.
struct Questions(Option<Span>);

impl Questions {
    fn list(&mut self, list: &List) {
        for node in &list.nodes {
            match node {
                Node::Plain(stmt) => self.visit_stmt(stmt),
                Node::Step(step) => self.step(step),
            }
        }
    }

    fn step(&mut self, step: &Step) {
        match &step.kind {
            Kind::Plain(expr) => self.visit_expr(expr),
            Kind::If { arms, otherwise } => {
                for (head, arm) in arms {
                    self.visit_expr(&head.cond);
                    self.arm(arm);
                }
                if let Some((_, arm)) = otherwise {
                    self.arm(arm);
                }
            }
            Kind::Match { expr, arms } => {
                self.visit_expr(&expr.expr);
                arms.iter().for_each(|arm| self.arm(arm));
            }
            Kind::Group { list, .. } => self.list(list),
            Kind::For { head, body, .. } => {
                self.visit_expr(&head.expr);
                match body {
                    Body::Items(block) => self.visit_block(block),
                    Body::Steps(list) => self.list(list),
                }
            }
            Kind::Parallel { branches, .. } => branches.iter().for_each(|step| self.step(step)),
        }
    }

    fn arm(&mut self, arm: &Arm) {
        match arm {
            Arm::Run(expr) | Arm::Skip(expr) => self.visit_expr(expr),
            Arm::Group(list) => self.list(list),
        }
    }
}

impl<'ast> Visit<'ast> for Questions {
    fn visit_expr_try(&mut self, expr: &'ast syn::ExprTry) {
        visit::visit_expr_try(self, expr);
        self.0.get_or_insert(expr.question_token.span());
    }

    fn visit_expr_closure(&mut self, _: &'ast syn::ExprClosure) {}

    fn visit_expr_async(&mut self, _: &'ast syn::ExprAsync) {}

    fn visit_expr_try_block(&mut self, _: &'ast syn::ExprTryBlock) {}

    fn visit_item(&mut self, _: &'ast syn::Item) {}
}
