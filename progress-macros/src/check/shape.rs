//! What an attribute can stand on, and which go together.

use crate::errors::Errors;
use crate::plan::{Arm, Body, Kind, Step};
use crate::syntax;
use proc_macro2::{Ident, Span};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::visit_mut::{self, VisitMut};
use syn::{Block, Expr, Label, Lifetime};

/// Most branches that a parallel step can have.
const BRANCHES: usize = 12;

/// Holds one step against the rules; `sound` tells that nothing inside of it has been reported.
pub(crate) fn step(step: &Step, progress: &Ident, sound: bool, errors: &mut Errors) {
    if let Some(cfg) = step.attrs.iter().find(|attr| attr.path().is_ident("cfg") || attr.path().is_ident("cfg_attr")) {
        errors.on(cfg, "the plan is a constant, and a step is always in it: put the condition on the function, or inside of the step");
    }
    skip(step, errors);
    parallel(step, errors);
    if let Some((span, _)) = &step.marks.concurrent
        && !matches!(step.kind, Kind::For { .. })
    {
        errors.at(*span, "only a `for` step runs concurrently");
    }
    if step.marks.retry.is_some() && call(&step.kind).is_none() {
        errors.on(&Syntax(step), "retry needs a single `call.await?`: put `#[retry]` on the step that makes the call");
    } else if step.marks.timeout.is_some() && call(&step.kind).is_none() {
        errors.on(&Syntax(step), "a timeout needs a single `call.await?`: put `#[timeout]` on the step that makes the call");
    }
    if sound {
        share(step, progress, errors);
    }
}

/// The call of `call.await?` or `call.await`, and the `?`.
pub(crate) fn call(kind: &Kind) -> Option<(&Expr, Option<&syn::Token![?]>)> {
    let Kind::Plain(expr) = kind else { return None };
    let (expr, question) = match expr {
        Expr::Try(expr) => (&*expr.expr, Some(&expr.question_token)),
        expr => (expr, None),
    };
    match expr {
        Expr::Await(expr) => Some((&expr.base, question)),
        _ => None,
    }
}

fn skip(step: &Step, errors: &mut Errors) {
    let Some((span, _)) = &step.marks.skip else { return };
    let skips = |arm: &Arm| matches!(arm, Arm::Skip(_));
    match &step.kind {
        Kind::If { arms, otherwise } => {
            let always = otherwise.as_ref().is_some_and(|(_, arm)| !skips(arm));
            if always && !arms.iter().any(|(_, arm)| skips(arm)) {
                errors.at(*span, "every arm of this step uses `progress`, so that it is never skipped; remove `#[skip]`");
            }
        }
        Kind::Match { arms, .. } => {
            if !arms.iter().any(skips) {
                errors.at(*span, "every arm of this step uses `progress`, so that it is never skipped; remove `#[skip]`");
            }
        }
        _ => errors.at(*span, "only an `if` or a `match` can be skipped; remove `#[skip]`, or put the step's code in an `if`"),
    }
}

fn parallel(step: &Step, errors: &mut Errors) {
    let Some(span) = step.marks.parallel else { return };
    match &step.kind {
        Kind::Parallel { tuple, branches, .. } => {
            if branches.len() < 2 && tuple.to_token_stream().into_iter().next().is_some() {
                let single = "a single branch is not parallel: remove `#[parallel]`, or add a branch";
                errors.on(tuple, single);
            } else if branches.len() > BRANCHES {
                errors.on(tuple, format!("at most {BRANCHES} branches run in parallel: use a `for` with `#[concurrent(n)]`"));
            }
        }
        Kind::For { .. } => {
            errors.at(span, "a `for` step runs at once with `#[concurrent(n)]`");
        }
        _ => errors.on(&Syntax(step), "write the branches as a tuple"),
    }
}

/// Whether the step hands on the share, and says so.
fn share(step: &Step, progress: &Ident, errors: &mut Errors) {
    let runs = |arm: &Arm| matches!(arm, Arm::Run(_) | Arm::Group(_));
    let uses = match &step.kind {
        Kind::Plain(expr) => syntax::expr_names(expr, progress),
        Kind::If { arms, otherwise } => {
            let by_name = |arm: &Arm| names(arm, progress);
            if step.marks.untracked.is_none() && !arms.iter().any(|(_, arm)| runs(arm)) && !otherwise.as_ref().is_some_and(|(_, arm)| runs(arm)) {
                return unused(step, progress, errors);
            }
            arms.iter().any(|(_, arm)| by_name(arm)) || otherwise.as_ref().is_some_and(|(_, arm)| by_name(arm))
        }
        Kind::Match { arms, .. } => arms.iter().any(|arm| names(arm, progress)),
        Kind::Group { .. } | Kind::Parallel { .. } | Kind::For { body: Body::Steps(_), .. } => {
            if let Some(span) = step.marks.untracked {
                errors.at(span, "the inner steps say what they do with their shares; remove `#[untracked]`");
            }
            return;
        }
        Kind::For { body: Body::Items(_), .. } => {
            if let Some(span) = step.marks.untracked {
                errors.at(span, "a `for` step counts its items by itself; remove `#[untracked]`");
            }
            return;
        }
    };
    match (uses, step.marks.untracked) {
        (true, Some(span)) => {
            errors.at(span, format!("this step does pass `{progress}`; remove `#[untracked]`"));
        }
        (false, None) => unused(step, progress, errors),
        _ => {}
    }
}

fn names(arm: &Arm, progress: &Ident) -> bool {
    match arm {
        Arm::Run(expr) | Arm::Skip(expr) => syntax::expr_names(expr, progress),
        Arm::Group(_) => true,
    }
}

fn unused(step: &Step, progress: &Ident, errors: &mut Errors) {
    let awaits = match &step.kind {
        Kind::Plain(expr) => syntax::awaits(expr),
        _ => true,
    };
    let does = if awaits { "awaits a sub-job but never passes" } else { "does its work but never uses" };
    errors.on(
        &Syntax(step),
        format!("this step {does} `{progress}`{}; pass it, or mark the step `#[untracked]`", if awaits { " to it" } else { "" }),
    );
}

/// The user's code of a step, for the caret.
struct Syntax<'a>(&'a Step);

impl ToTokens for Syntax<'_> {
    fn to_tokens(&self, tokens: &mut proc_macro2::TokenStream) {
        match &self.0.kind {
            Kind::Plain(expr) => expr.to_tokens(tokens),
            Kind::If { arms, .. } => {
                if let Some((head, _)) = arms.first() {
                    head.if_token.to_tokens(tokens);
                    head.cond.to_tokens(tokens);
                }
            }
            Kind::Match { expr, .. } => {
                expr.match_token.to_tokens(tokens);
                expr.expr.to_tokens(tokens);
            }
            Kind::For { head, .. } => {
                head.for_token.to_tokens(tokens);
                head.pat.to_tokens(tokens);
                head.in_token.to_tokens(tokens);
                head.expr.to_tokens(tokens);
            }
            Kind::Parallel { tuple, .. } => tuple.to_tokens(tokens),
            Kind::Group { .. } => {
                let mut word = Ident::new("step", Span::call_site());
                word.set_span(self.0.marks.step);
                word.to_tokens(tokens);
            }
        }
    }
}

/// Reports control flow that leaves code which becomes a future of its own.
pub(crate) fn contained(visit: impl FnOnce(&mut Escapes<'_>), what: &'static str, errors: &mut Errors) {
    visit(&mut Escapes { errors, what, loops: 0, labels: Vec::new() });
}

pub(crate) struct Escapes<'a> {
    errors: &'a mut Errors,
    what: &'static str,
    loops: usize,
    labels: Vec<Lifetime>,
}

impl Escapes<'_> {
    pub(crate) fn expr(&mut self, expr: &Expr) {
        self.visit_expr(expr);
    }

    fn jump(&mut self, span: Span, word: &str, label: Option<&Lifetime>) {
        let inside = match label {
            Some(label) => self.labels.contains(label),
            None => self.loops > 0,
        };
        if !inside {
            self.errors.at(span, format!("`{word}` cannot leave {}", self.what));
        }
    }

    fn inside(&mut self, label: Option<&Label>, loops: usize, visit: impl FnOnce(&mut Self)) {
        self.labels.extend(label.map(|label| label.name.clone()));
        self.loops += loops;
        visit(self);
        self.loops -= loops;
        if label.is_some() {
            self.labels.pop();
        }
    }
}

impl<'ast> Visit<'ast> for Escapes<'_> {
    fn visit_expr_return(&mut self, expr: &'ast syn::ExprReturn) {
        let what = self.what;
        self.errors.at(
            expr.return_token.span,
            format!("`return` cannot leave {what}; give back a value, or an error with `?`"),
        );
        visit::visit_expr_return(self, expr);
    }

    fn visit_expr_break(&mut self, expr: &'ast syn::ExprBreak) {
        self.jump(expr.break_token.span, "break", expr.label.as_ref());
        visit::visit_expr_break(self, expr);
    }

    fn visit_expr_continue(&mut self, expr: &'ast syn::ExprContinue) {
        self.jump(expr.continue_token.span, "continue", expr.label.as_ref());
    }

    fn visit_expr_for_loop(&mut self, expr: &'ast syn::ExprForLoop) {
        if expr.attrs.iter().any(|attr| attr.path().is_ident("concurrent")) {
            // Its body is checked for itself.
            return self.visit_expr(&expr.expr);
        }
        self.inside(expr.label.as_ref(), 1, |this| visit::visit_expr_for_loop(this, expr));
    }

    fn visit_expr_while(&mut self, expr: &'ast syn::ExprWhile) {
        self.inside(expr.label.as_ref(), 1, |this| visit::visit_expr_while(this, expr));
    }

    fn visit_expr_loop(&mut self, expr: &'ast syn::ExprLoop) {
        self.inside(expr.label.as_ref(), 1, |this| visit::visit_expr_loop(this, expr));
    }

    fn visit_expr_block(&mut self, expr: &'ast syn::ExprBlock) {
        self.inside(expr.label.as_ref(), 0, |this| visit::visit_expr_block(this, expr));
    }

    fn visit_local(&mut self, local: &'ast syn::Local) {
        if !local.attrs.iter().any(|attr| attr.path().is_ident("parallel")) {
            visit::visit_local(self, local);
        }
    }

    fn visit_expr_tuple(&mut self, expr: &'ast syn::ExprTuple) {
        if !expr.attrs.iter().any(|attr| attr.path().is_ident("parallel")) {
            visit::visit_expr_tuple(self, expr);
        }
    }

    fn visit_expr_closure(&mut self, _: &'ast syn::ExprClosure) {}

    fn visit_expr_async(&mut self, _: &'ast syn::ExprAsync) {}

    fn visit_item(&mut self, _: &'ast syn::Item) {}
}

/// The label that `continue` breaks to in a concurrent body.
pub(crate) fn item_label() -> Lifetime {
    Lifetime::new("'__item", Span::mixed_site())
}

/// Makes `continue` end the item's own future, and reports what would have to end the loop.
/// Tells whether there was any.
pub(crate) fn concurrent_body(
    block: &mut Block,
    label: Option<&Label>,
    errors: &mut Errors,
) -> bool {
    let mut skips = Skips { label: label.map(|label| &label.name), loops: 0, found: false };
    skips.visit_block_mut(block);
    let mut escapes = Escapes { errors, what: "a concurrent body", loops: 0, labels: vec![item_label()] };
    escapes.visit_block(block);
    skips.found
}

struct Skips<'a> {
    label: Option<&'a Lifetime>,
    loops: usize,
    found: bool,
}

impl VisitMut for Skips<'_> {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        match expr {
            Expr::Continue(skip) => {
                let ours = match &skip.label {
                    Some(label) => Some(label) == self.label,
                    None => self.loops == 0,
                };
                if ours {
                    self.found = true;
                    *expr = Expr::Break(syn::ExprBreak {
                        attrs: Vec::new(),
                        break_token: syn::Token![break](skip.continue_token.span()),
                        label: Some(item_label()),
                        expr: None,
                    });
                }
            }
            Expr::ForLoop(inner) if inner.attrs.iter().any(|attr| attr.path().is_ident("concurrent")) => {}
            Expr::ForLoop(_) | Expr::While(_) | Expr::Loop(_) => {
                self.loops += 1;
                visit_mut::visit_expr_mut(self, expr);
                self.loops -= 1;
            }
            Expr::Closure(_) | Expr::Async(_) => {}
            // What runs in a future of its own cannot reach this label; it is reported there.
            Expr::Tuple(tuple) if tuple.attrs.iter().any(|attr| attr.path().is_ident("parallel")) => {}
            expr => visit_mut::visit_expr_mut(self, expr),
        }
    }

    fn visit_local_mut(&mut self, local: &mut syn::Local) {
        if !local.attrs.iter().any(|attr| attr.path().is_ident("parallel")) {
            visit_mut::visit_local_mut(self, local);
        }
    }

    fn visit_item_mut(&mut self, _: &mut syn::Item) {}
}
