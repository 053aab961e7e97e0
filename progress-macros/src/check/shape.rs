//! What an attribute can stand on, and which go together.

use crate::errors::Errors;
use crate::parse::attributes::Share;
use crate::plan::{Arm, Body, Kind, Step};
use crate::{parse, syntax};
use proc_macro2::{Ident, Span};
use quote::{ToTokens, quote_spanned};
use std::ops::RangeInclusive;
use syn::visit::{self, Visit};
use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, Block, Expr, Label, Lifetime};

/// How many branches a parallel step can have.
pub(crate) const BRANCHES: RangeInclusive<usize> = 2..=12;

pub(crate) const ALWAYS: &str = "the plan is a constant, and a step is always in it: \
     put the condition on the function, or inside of the step";

const NEVER_SKIPPED: &str =
    "every arm of this step uses `progress`, so that it is never skipped; remove `#[skip]`";

/// Holds one step against the rules; `sound` tells that nothing inside of it has been reported.
pub(crate) fn step(step: &Step, progress: &Ident, sound: bool, errors: &mut Errors) {
    if errors.any() && has_broken(step) {
        return;
    }
    if let Some(cfg) = step.attrs.iter().find(|attr| is_cfg(attr)) {
        errors.on(cfg, ALWAYS);
    }
    skip(step, errors);
    parallel(step, errors);
    if let Some((span, _)) = &step.marks.concurrent
        && !matches!(step.kind, Kind::For { .. })
    {
        errors.at(*span, "only a `for` step runs concurrently");
    }
    if step.marks.retry.is_some() && call(&step.kind).is_none() {
        errors.on(
            Syntax(step),
            "retry needs a single `call.await?`: \
             put `#[retry]` on the step that makes the call",
        );
    } else if step.marks.timeout.is_some() && call(&step.kind).is_none() {
        errors.on(
            Syntax(step),
            "a timeout needs a single `call.await?`: \
             put `#[timeout]` on the step that makes the call",
        );
    }
    // Of a step whose attribute is still being written, only that is to say.
    let unread = step.marks.title.is_none() && matches!(step.marks.share, Share::Unknown);
    if sound && !unread {
        share(step, progress, errors);
    }
}

/// Whether code is there under a condition only.
pub(crate) fn is_cfg(attr: &Attribute) -> bool {
    attr.path().is_ident("cfg") || attr.path().is_ident("cfg_attr")
}

/// Whether a part of a step has a message in its place.
fn has_broken(step: &Step) -> bool {
    let arm = |arm: &Arm| match arm {
        Arm::Run(expr) | Arm::Skip(expr) => is_broken(expr),
        Arm::Group(_) => false,
    };
    match &step.kind {
        Kind::Plain(expr) => is_broken(expr),
        Kind::If { arms, otherwise } => {
            arms.iter().any(|(head, body)| is_broken(&head.cond) || arm(body))
                || otherwise.as_ref().is_some_and(|(_, body)| arm(body))
        }
        Kind::Match { expr, arms } => is_broken(&expr.expr) || arms.iter().any(arm),
        Kind::Group { .. } | Kind::For { .. } | Kind::Parallel { .. } => false,
    }
}

fn is_broken(expr: &Expr) -> bool {
    struct Broken(bool);
    impl<'ast> Visit<'ast> for Broken {
        fn visit_expr(&mut self, expr: &'ast Expr) {
            self.0 |= parse::is_broken(expr);
            visit::visit_expr(self, expr);
        }
        fn visit_stmt_macro(&mut self, stmt: &'ast syn::StmtMacro) {
            self.0 |= parse::is_broken_macro(&stmt.mac);
        }
    }
    let mut broken = Broken(false);
    broken.visit_expr(expr);
    broken.0
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
                errors.at(*span, NEVER_SKIPPED);
            }
        }
        Kind::Match { arms, .. } => {
            if !arms.iter().any(skips) {
                errors.at(*span, NEVER_SKIPPED);
            }
        }
        // Without items it is skipped.
        Kind::For { .. } => {}
        _ => errors.at(
            *span,
            "only an `if`, a `match` or a `for` can be skipped; \
             remove `#[skip]`, or put the step's code in an `if`",
        ),
    }
}

fn parallel(step: &Step, errors: &mut Errors) {
    let Some(span) = step.marks.parallel else { return };
    match &step.kind {
        Kind::Parallel { tuple, branches, .. } => {
            if branches.len() < *BRANCHES.start() {
                let single =
                    "a single branch is not parallel: remove `#[parallel]`, or add a branch";
                errors.on(tuple, single);
            } else if branches.len() > *BRANCHES.end() {
                errors.on(
                    tuple,
                    format!(
                        "at most {} branches run in parallel: use a `for` with `#[concurrent(n)]`",
                        BRANCHES.end()
                    ),
                );
            }
        }
        Kind::For { .. } => {
            errors.at(span, "a `for` step runs at once with `#[concurrent(n)]`");
        }
        // Reported where it was read.
        Kind::Plain(_) => {}
        _ => errors.on(Syntax(step), "write the branches as a tuple"),
    }
}

/// Whether the step hands on the share, and says so.
fn share(step: &Step, progress: &Ident, errors: &mut Errors) {
    let runs = |arm: &Arm| matches!(arm, Arm::Run(_) | Arm::Group(_));
    let uses = match &step.kind {
        Kind::Plain(expr) => syntax::expr_names(expr, progress),
        Kind::If { arms, otherwise } => {
            let by_name = |arm: &Arm| names(arm, progress);
            if step.marks.untracked.is_none()
                && !arms.iter().any(|(_, arm)| runs(arm))
                && !otherwise.as_ref().is_some_and(|(_, arm)| runs(arm))
            {
                return unused(step, progress, errors);
            }
            arms.iter().any(|(_, arm)| by_name(arm))
                || otherwise.as_ref().is_some_and(|(_, arm)| by_name(arm))
        }
        // Without arms it never runs.
        Kind::Match { arms, .. } if arms.is_empty() => return,
        Kind::Match { arms, .. } => arms.iter().any(|arm| names(arm, progress)),
        Kind::Group { .. } | Kind::Parallel { .. } | Kind::For { body: Body::Steps(_), .. } => {
            if let Some(span) = step.marks.untracked {
                errors.at(
                    span,
                    "the inner steps say what they do with their shares; remove `#[untracked]`",
                );
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
    let arm_awaits = |arm: &Arm| match arm {
        Arm::Run(expr) | Arm::Skip(expr) => syntax::awaits(expr),
        Arm::Group(_) => true,
    };
    let awaits = match &step.kind {
        Kind::Plain(expr) => syntax::awaits(expr),
        Kind::If { arms, otherwise } => arms
            .iter()
            .map(|(_, arm)| arm)
            .chain(otherwise.iter().map(|(_, arm)| arm))
            .any(arm_awaits),
        Kind::Match { arms, .. } => arms.iter().any(arm_awaits),
        _ => true,
    };
    let does =
        if awaits { "awaits a sub-job but never passes" } else { "does its work but never uses" };
    errors.on(
        Syntax(step),
        format!(
            "this step {does} `{progress}`{}; pass it, or mark the step `#[untracked]`",
            if awaits { " to it" } else { "" }
        ),
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
pub(crate) fn contained(
    visit: impl FnOnce(&mut Escapes<'_>),
    what: &'static str,
    errors: &mut Errors,
) {
    visit(&mut Escapes { errors, what, loops: 0, labels: Vec::new() });
}

pub(crate) struct Escapes<'a> {
    errors: &'a mut Errors,
    what: &'static str,
    loops: usize,
    labels: Vec<Lifetime>,
}

impl Escapes<'_> {
    pub(crate) fn expr(&mut self, expr: &mut Expr) {
        self.visit_expr_mut(expr);
    }

    /// Reports an expression that leaves, with its word and the mend.
    fn leaves(&self, expr: &Expr) -> Option<(Span, &'static str, &'static str)> {
        let inside = |label: &Option<Lifetime>| match label {
            Some(label) => self.labels.contains(label),
            None => self.loops > 0,
        };
        match expr {
            Expr::Return(expr) => Some((
                expr.return_token.span,
                "return",
                "; give back a value, or an error with `?`",
            )),
            Expr::Break(expr) if !inside(&expr.label) => Some((expr.break_token.span, "break", "")),
            Expr::Continue(expr) if !inside(&expr.label) => {
                Some((expr.continue_token.span, "continue", ""))
            }
            _ => None,
        }
    }

    fn inside(&mut self, label: Option<Label>, loops: usize, visit: impl FnOnce(&mut Self)) {
        let outer = self.labels.len();
        self.labels.extend(label.map(|label| label.name));
        self.loops += loops;
        visit(self);
        self.loops -= loops;
        self.labels.truncate(outer);
    }
}

impl VisitMut for Escapes<'_> {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        if let Some((span, word, mend)) = self.leaves(expr) {
            self.errors.at(span, format!("`{word}` cannot leave {}{mend}", self.what));
            // Something of every type, so that rustc has nothing to add.
            *expr = Expr::Verbatim(quote_spanned!(span=> ::core::unreachable!()));
            return;
        }
        match expr {
            // Its body is checked for itself.
            Expr::ForLoop(each) if has(&each.attrs, "concurrent") => {
                self.visit_expr_mut(&mut each.expr);
            }
            Expr::Tuple(tuple) if has(&tuple.attrs, "parallel") => {}
            Expr::ForLoop(each) => {
                let label = each.label.clone();
                self.inside(label, 1, |this| visit_mut::visit_expr_mut(this, expr));
            }
            Expr::While(each) => {
                let label = each.label.clone();
                self.inside(label, 1, |this| visit_mut::visit_expr_mut(this, expr));
            }
            Expr::Loop(each) => {
                let label = each.label.clone();
                self.inside(label, 1, |this| visit_mut::visit_expr_mut(this, expr));
            }
            Expr::Block(block) => {
                let label = block.label.clone();
                self.inside(label, 0, |this| visit_mut::visit_expr_mut(this, expr));
            }
            Expr::Closure(_) | Expr::Async(_) => {}
            expr => visit_mut::visit_expr_mut(self, expr),
        }
    }

    fn visit_local_mut(&mut self, local: &mut syn::Local) {
        if !has(&local.attrs, "parallel") {
            visit_mut::visit_local_mut(self, local);
        }
    }

    fn visit_item_mut(&mut self, _: &mut syn::Item) {}
}

fn has(attrs: &[Attribute], name: &str) -> bool {
    attrs.iter().any(|attr| attr.path().is_ident(name))
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
    let mut escapes =
        Escapes { errors, what: "a concurrent body", loops: 0, labels: vec![item_label()] };
    escapes.visit_block_mut(block);
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
                        break_token: syn::Token![break](skip.continue_token.span),
                        label: Some(item_label()),
                        expr: None,
                    });
                }
            }
            Expr::ForLoop(inner) if has(&inner.attrs, "concurrent") => {}
            Expr::ForLoop(_) | Expr::While(_) | Expr::Loop(_) => {
                self.loops += 1;
                visit_mut::visit_expr_mut(self, expr);
                self.loops -= 1;
            }
            Expr::Closure(_) | Expr::Async(_) => {}
            // What runs in a future of its own cannot reach this label; it is reported there.
            Expr::Tuple(tuple) if has(&tuple.attrs, "parallel") => {}
            expr => visit_mut::visit_expr_mut(self, expr),
        }
    }

    fn visit_local_mut(&mut self, local: &mut syn::Local) {
        if !has(&local.attrs, "parallel") {
            visit_mut::visit_local_mut(self, local);
        }
    }

    fn visit_item_mut(&mut self, _: &mut syn::Item) {}
}
