//! The stage that rewrites the user's code.
//!
//! In a correct workflow it rewrites `continue` only: the body of a concurrent item is a future, so
//! `continue` becomes a `break` to the label of the body.
//!
//! After an error it also keeps rustc from reporting the consequences: it removes misplaced
//! attributes, and replaces uses of a missing share, and exits from code that nothing can leave, by
//! an expression of the type that fits.

use crate::ast::{Arm, Code, ForBody, Form, List, Node, Step, StepKind, Workflow};
use crate::attrs;
use crate::diagnostics::Reported;
use crate::syntax::flow::{Body, Exit, Nested, Scope, has, item_label};
use crate::syntax::place;
use crate::syntax::uses::{self, ErrorExpr};
use crate::syntax::walk::{PartMut, Rewriter, Rewriting, Walk};
use proc_macro2::Ident;
use quote::quote_spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, Expr, ExprBreak, Label, Local, Stmt};

/// Rewrites the code of a workflow.
pub(crate) fn workflow(workflow: &mut Workflow, reported: Option<Reported>) {
    let form = workflow.function.form;
    let lower = Lower { progress: &workflow.progress, form, reported };
    lower.list(&mut workflow.body);
}

struct Lower<'a> {
    progress: &'a Ident,
    form: Form,
    reported: Option<Reported>,
}

impl Lower<'_> {
    fn list(&self, list: &mut List) {
        let mut shadowed = false;
        for node in &mut list.nodes {
            shadowed |= node.pat().is_some_and(|pat| uses::binding(pat, self.progress).is_some());
            match node {
                Node::Step(step) => self.step(step),
                Node::Plain(stmt) if self.reported.is_some() => self.plain(stmt, shadowed),
                Node::Unclear(stmt, _) => self.plain(stmt, false),
                Node::Plain(_) => {}
            }
        }
    }

    fn step(&self, step: &mut Step) {
        if let StepKind::For(each) = &mut step.kind
            && step.attrs.concurrent.is_some()
        {
            let label = each.label.clone();
            let mut exits = Exits::new(Scope::new(Body::Item(label.as_ref())), self.reported);
            exits.body(&mut each.body);
            each.item_label = exits.continues.then(item_label);
        }
        if self.reported.is_some() {
            self.cover_errors(step);
        }
        match &mut step.kind {
            StepKind::Plain(_) | StepKind::Match { .. } => {}
            StepKind::If { arms, .. } => {
                for arm in arms {
                    if let Arm::Group(list) = &mut arm.body {
                        self.list(list);
                    }
                }
            }
            StepKind::Group { list, .. } => self.list(list),
            StepKind::For(each) => {
                if let ForBody::Steps(list) = &mut each.body {
                    self.list(list);
                }
            }
            StepKind::Parallel { branches, .. } => {
                branches.iter_mut().for_each(|branch| self.step(branch));
            }
        }
    }

    /// A plain statement, in which a use of the share is an error unless another variable has its
    /// name.
    fn plain(&self, stmt: &mut Stmt, shadowed: bool) {
        let stripped = strip(|rewriting| rewriting.visit_stmt_mut(stmt));
        if stripped || !shadowed {
            self.without_share(|rewriting| rewriting.visit_stmt_mut(stmt));
        }
    }

    /// Covers the errors in the code of a step, except that of inner steps.
    fn cover_errors(&self, step: &mut Step) {
        if step.call(self.form).is_none() {
            // They were refused, and what they wrap around a value changes what rustc sees.
            (step.attrs.retry, step.attrs.timeout) = (None, None);
        }
        let parallel = step.attrs.parallel.is_some();
        match &mut step.kind {
            StepKind::Plain(code) => self.code(code, parallel),
            StepKind::If { arms, otherwise } => {
                for arm in arms {
                    strip(|rewriting| rewriting.visit_expr_mut(arm.cond.expr_mut()));
                    self.arm(&mut arm.body);
                }
                if let Some((_, arm)) = otherwise {
                    self.arm(arm);
                }
            }
            StepKind::Match { scrutinee, arms, .. } => {
                strip(|rewriting| rewriting.visit_expr_mut(scrutinee.expr_mut()));
                for arm in arms {
                    strip(|rewriting| rewriting.visit_pat_mut(&mut arm.pat));
                    self.arm(&mut arm.body);
                }
            }
            StepKind::Group { .. } => {}
            StepKind::For(each) => {
                self.never_share(&mut each.items);
                if let ForBody::Items(block) = &mut each.body
                    && strip(|rewriting| rewriting.visit_block_mut(block))
                {
                    self.without_share(|rewriting| rewriting.visit_block_mut(block));
                }
            }
            StepKind::Parallel { branches, .. } => {
                for branch in branches {
                    Exits::new(Scope::new(Body::Branch), self.reported).step(branch);
                }
            }
        }
        let binding = step.binding.as_mut();
        if let Some((_, block)) = binding.and_then(|binding| binding.otherwise.as_mut()) {
            self.never_share(block);
        }
    }

    fn arm(&self, arm: &mut Arm) {
        match arm {
            Arm::Run(code) | Arm::Skip(code) => self.code(code, false),
            Arm::Group(_) => {}
        }
    }

    fn code(&self, code: &mut Code, is_error: bool) {
        let expr = code.expr_mut();
        if strip(|rewriting| rewriting.visit_expr_mut(expr)) || is_error {
            self.without_share(|rewriting| rewriting.visit_expr_mut(expr));
        }
    }

    fn never_share(&self, expr: &mut Expr) {
        strip(|rewriting| rewriting.visit_expr_mut(expr));
        self.without_share(|rewriting| rewriting.visit_expr_mut(expr));
    }

    fn without_share(&self, visit: impl FnOnce(&mut Rewriting<'_>)) {
        visit(&mut Rewriting(&mut ErrorExpr::in_place_of(self.progress)));
    }
}

/// Removes the attributes of steps, which rustc would report as unknown. Returns whether there were
/// any.
fn strip(visit: impl FnOnce(&mut Rewriting<'_>)) -> bool {
    let mut stripper = AttrStripper { stripped: false };
    visit(&mut Rewriting(&mut stripper));
    stripper.stripped
}

struct AttrStripper {
    stripped: bool,
}

impl Rewriter for AttrStripper {
    fn rewrite(&mut self, mut part: PartMut<'_>) -> Walk {
        if matches!(&part, PartMut::Item(item) if place::is_workflow(item)) {
            return Walk::Past;
        }
        if let PartMut::Macro(mac) = &mut part {
            self.stripped |= attrs::in_macro::strip(mac);
        }
        if let PartMut::Local(local) = &mut part
            && local.attrs.iter().any(attrs::is_step)
        {
            without_collecting(local);
        }
        let attrs: Option<&mut Vec<Attribute>> = match part {
            PartMut::Expr(expr) => place::expr_attrs_mut(expr),
            PartMut::Item(item) => place::item_attrs_mut(item),
            PartMut::Local(local) => Some(&mut local.attrs),
            PartMut::Stmt(Stmt::Macro(mac)) => Some(&mut mac.attrs),
            PartMut::Arm(arm) => Some(&mut arm.attrs),
            _ => None,
        };
        if let Some(attrs) = attrs {
            let all = attrs.len();
            attrs.retain(|attr| attrs::name(attr).is_none());
            self.stripped |= attrs.len() < all;
        }
        Walk::Into
    }
}

/// Replaces a `for` whose values a `let` collects, which plain Rust gives no values.
fn without_collecting(local: &mut Local) {
    if let Some(init) = &mut local.init
        && let Expr::ForLoop(each) = &*init.expr
    {
        let span = each.for_token.span;
        *init.expr = Expr::Verbatim(quote_spanned!(span=> ::core::unreachable!()));
    }
}

/// Rewrites `continue`, and exits from where nothing can leave. It follows loops and labels exactly
/// as the check of exits does.
struct Exits<'a> {
    scope: Scope<'a>,
    reported: Option<Reported>,
    /// Whether a `continue` became a `break`.
    continues: bool,
}

impl<'a> Exits<'a> {
    fn new(scope: Scope<'a>, reported: Option<Reported>) -> Self {
        Self { scope, reported, continues: false }
    }

    fn within(&mut self, label: Option<&Label>, loops: usize, rewrite: impl FnOnce(&mut Self)) {
        let outside = self.scope.enter(label, loops);
        rewrite(self);
        self.scope.leave(outside);
    }

    fn body(&mut self, body: &mut ForBody) {
        match body {
            ForBody::Items(block) => Rewriting(self).visit_block_mut(block),
            ForBody::Steps(list) => self.list(list),
        }
    }

    fn list(&mut self, list: &mut List) {
        for node in &mut list.nodes {
            match node {
                Node::Plain(stmt) | Node::Unclear(stmt, _) => {
                    Rewriting(self).visit_stmt_mut(stmt);
                }
                Node::Step(step) => self.step(step),
            }
        }
    }

    fn step(&mut self, step: &mut Step) {
        match &mut step.kind {
            StepKind::Parallel { .. } => return,
            StepKind::Plain(code) => Rewriting(self).visit_expr_mut(code.expr_mut()),
            StepKind::If { arms, otherwise } => {
                for arm in arms {
                    Rewriting(self).visit_expr_mut(arm.cond.expr_mut());
                    self.arm(&mut arm.body);
                }
                if let Some((_, arm)) = otherwise {
                    self.arm(arm);
                }
            }
            StepKind::Match { scrutinee, arms, .. } => {
                Rewriting(self).visit_expr_mut(scrutinee.expr_mut());
                arms.iter_mut().for_each(|arm| self.arm(&mut arm.body));
            }
            StepKind::Group { label, list } => {
                let label = label.clone();
                self.within(label.as_ref(), 0, |this| this.list(list));
            }
            StepKind::For(each) => {
                Rewriting(self).visit_expr_mut(&mut each.items);
                if step.attrs.concurrent.is_none() {
                    let label = each.label.clone();
                    self.within(label.as_ref(), 1, |this| this.body(&mut each.body));
                }
            }
        }
        let binding = step.binding.as_mut();
        if let Some((_, block)) = binding.and_then(|binding| binding.otherwise.as_mut()) {
            Rewriting(self).visit_expr_mut(block);
        }
    }

    fn arm(&mut self, arm: &mut Arm) {
        match arm {
            Arm::Run(code) | Arm::Skip(code) => Rewriting(self).visit_expr_mut(code.expr_mut()),
            Arm::Group(list) => self.list(list),
        }
    }

    fn expr(&mut self, expr: &mut Expr) {
        if self.scope.ends_item(expr)
            && let Expr::Continue(skip) = expr
        {
            self.continues = true;
            let break_token = syn::Token![break](skip.continue_token.span);
            let label = Some(item_label());
            *expr = Expr::Break(ExprBreak { attrs: Vec::new(), break_token, label, expr: None });
            return;
        }
        if let (Some(_), Some(Exit { span, .. })) = (self.reported, self.scope.exit(expr)) {
            *expr = Expr::Verbatim(quote_spanned!(span=> ::core::unreachable!()));
            return;
        }
        match Nested::of(expr) {
            Nested::Apart => {}
            Nested::Concurrent(_) => {
                if let Expr::ForLoop(each) = expr {
                    Rewriting(self).visit_expr_mut(&mut each.expr);
                }
            }
            Nested::Scope { label, loops } => self.within(label.as_ref(), loops, |this| {
                visit_mut::visit_expr_mut(&mut Rewriting(this), expr);
            }),
            Nested::Plain => visit_mut::visit_expr_mut(&mut Rewriting(self), expr),
        }
    }
}

impl Rewriter for Exits<'_> {
    fn rewrite(&mut self, part: PartMut<'_>) -> Walk {
        match part {
            PartMut::Expr(expr) => self.expr(expr),
            PartMut::Local(local) if has(&local.attrs, "parallel") => {}
            PartMut::Item(_) => {}
            _ => return Walk::Into,
        }
        Walk::Past
    }
}
