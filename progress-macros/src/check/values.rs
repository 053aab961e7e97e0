//! A `for` whose items give values, which its `let` collects.

use super::Check;
use super::rules::Syntax;
use crate::ast::{ForBody, Node, Step, StepKind};
use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Expr, Stmt};

const NO_VALUE: &str = "this `let` collects what each item gives, and this item gives nothing: \
     end the body of the `for` with an expression, without a `;`";

impl Check<'_> {
    /// Reports a body without a value, and a loop some of whose items do not run after a resume.
    pub(super) fn values_of_items(&mut self, step: &Step) {
        let StepKind::For(each) = &step.kind else { return };
        if !step.collects() {
            return;
        }
        if let Some((span, _)) = &step.attrs.key {
            let message = "items that were done do not run again, so their values would be \
                 missing: remove `#[key]`, and the loop is kept as a whole";
            self.errors.at(*span, message);
        }
        let missing = match &each.body {
            ForBody::Items(block) => match block.stmts.last() {
                Some(last) => without_value(last),
                None => Some(block.to_token_stream()),
            },
            ForBody::Steps(list) => match list.nodes.last() {
                Some(Node::Plain(last)) => without_value(last),
                Some(Node::Step(last)) => step_without_value(last),
                Some(Node::Unclear(..)) | None => None,
            },
        };
        if let Some(syntax) = missing {
            self.repeated = Some(self.errors.on(syntax, NO_VALUE));
        }
    }
}

/// A statement that gives no value as the last one of a body.
fn without_value(stmt: &Stmt) -> Option<TokenStream> {
    let has_value = match stmt {
        Stmt::Expr(expr, None) => match expr {
            Expr::If(expr) => expr.else_branch.is_some(),
            expr => !matches!(expr, Expr::ForLoop(_) | Expr::While(_)),
        },
        Stmt::Macro(mac) => mac.semi_token.is_none(),
        Stmt::Expr(_, Some(_)) | Stmt::Local(_) | Stmt::Item(_) => false,
    };
    (!has_value).then(|| stmt.to_token_stream())
}

fn step_without_value(step: &Step) -> Option<TokenStream> {
    let has_value = step.binding.is_none()
        && step.semi.is_none()
        && !matches!(step.kind, StepKind::For(_) | StepKind::If { otherwise: None, .. });
    (!has_value).then(|| Syntax(step).to_token_stream())
}
