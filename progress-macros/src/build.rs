//! From statements to a tree of steps. The shape of the syntax decides everything here; whether the
//! tree keeps the rules is for `check`.

use crate::ast::{
    Arm, Binding, Code, ForBody, ForStep, Form, Function, IfArm, List, MatchArm, Node, Step,
    StepKind, Workflow,
};
use crate::attrs::function::FunctionAttrs;
use crate::attrs::{self, StepAttrs, misspelt};
use crate::diagnostics::Diagnostics;
use crate::parse::Progress;
use crate::recover::attempt;
use crate::syntax::place;
use crate::syntax::uses;
use crate::syntax::walk::Reading;
use proc_macro2::Ident;
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::visit::Visit;
use syn::{
    Attribute, Block, Expr, ExprBlock, ExprForLoop, ExprIf, ExprMatch, Local, Pat, Stmt, Token,
};

/// The tree of a function.
pub(crate) fn workflow(
    function: Function,
    attrs: FunctionAttrs,
    progress: Progress,
    body: Block,
    errors: &mut Diagnostics,
) -> Workflow {
    let braces = body.brace_token.span.join();
    let Progress { name: progress, error } = progress;
    let body = Builder { progress: &progress, form: function.form, errors }.list(body.stmts);
    let FunctionAttrs { total, durable } = attrs;
    Workflow { function, progress, total, durable, braces, error, body }
}

struct Builder<'a> {
    progress: &'a Ident,
    form: Form,
    errors: &'a mut Diagnostics,
}

impl Builder<'_> {
    fn list(&mut self, stmts: Vec<Stmt>) -> List {
        let mut nodes = Vec::new();
        let mut index = 0;
        let mut after_marked_item = false;
        for mut stmt in stmts {
            if misspelt::is_called(&stmt, self.errors) {
                continue;
            }
            let unclear = misspelt::correct_statement(&mut stmt, self.errors) | after_marked_item;
            // A `#[step]` on an item was meant for the statement after it.
            after_marked_item = is_marked_item(&stmt);
            nodes.push(match self.step_attrs(&mut stmt) {
                Some(attrs) => {
                    let step = self.statement(index, attrs, stmt);
                    index += 1;
                    Node::Step(Box::new(step))
                }
                None if unclear => Node::Unclear(Box::new(stmt), self.errors.rustc_will_report()),
                None => Node::Plain(Box::new(stmt)),
            });
        }
        List { nodes }
    }

    /// Takes the attributes of a step off a statement, if there is something to make a step of.
    fn step_attrs(&mut self, stmt: &mut Stmt) -> Option<StepAttrs> {
        let attrs = attrs::take(place::leading_attrs_mut(stmt)?, self.errors)?;
        match stmt {
            Stmt::Local(local) if local.init.is_none() => {
                let message = "a step runs something: give this `let` a value";
                self.errors.on(&local.pat, message);
                None
            }
            _ => Some(attrs),
        }
    }

    fn statement(&mut self, index: usize, attrs: StepAttrs, stmt: Stmt) -> Step {
        let Parts { foreign_attrs, binding, expr, semi } = Parts::of(stmt);
        let code = attempt::runnable(expr, &attrs, self.form, self.errors);
        let kind = self.kind_of(code, &attrs);
        Step { index, attrs, foreign_attrs, binding, kind, semi }
    }

    fn branch(&mut self, index: usize, mut expr: Expr) -> Step {
        let taken = place::expr_attrs_mut(place::leftmost_mut(&mut expr)).and_then(|attrs| {
            attrs::take(attrs, self.errors).map(|ours| (ours, std::mem::take(attrs)))
        });
        let (attrs, foreign_attrs) = taken.unwrap_or_else(|| {
            let message =
                "every branch of a parallel step is a step: add `#[step(1, \"…\")]` to it";
            (StepAttrs::error(expr.span(), self.errors.on(&expr, message)), Vec::new())
        });
        let code = attempt::branch(expr, &attrs, self.form, self.errors);
        let kind = self.kind_of(code, &attrs);
        Step { index, attrs, foreign_attrs, binding: None, kind, semi: None }
    }

    fn kind_of(&mut self, code: Code, attrs: &StepAttrs) -> StepKind {
        match code {
            Code::Expr(expr) => self.kind(expr, attrs),
            code => StepKind::Plain(code),
        }
    }

    fn kind(&mut self, mut expr: Expr, attrs: &StepAttrs) -> StepKind {
        while let Expr::Group(group) = expr {
            expr = *group.expr;
        }
        match expr {
            Expr::ForLoop(expr) => StepKind::For(Box::new(self.each(expr))),
            Expr::If(expr) if !self.condition_uses_share(&expr) => self.branching(expr, attrs),
            Expr::Match(expr) if !self.head_uses_share(&expr) => self.matching(expr, attrs),
            Expr::Block(expr) if has_steps(&expr.block) => {
                StepKind::Group { label: expr.label, list: self.list(expr.block.stmts) }
            }
            Expr::Tuple(expr) if attrs.parallel.is_some() => {
                let tuple = expr.to_token_stream();
                let branches = expr.elems.into_iter().enumerate();
                let branches = branches.map(|(index, expr)| self.branch(index, expr)).collect();
                StepKind::Parallel { tuple, branches }
            }
            expr => StepKind::Plain(self.code(expr)),
        }
    }

    fn each(&mut self, each: ExprForLoop) -> ForStep {
        let ExprForLoop { label, for_token, pat, in_token, expr, body, .. } = each;
        let body = match has_steps(&body) {
            true => ForBody::Steps(self.list(body.stmts)),
            false => ForBody::Items(body),
        };
        ForStep { label, for_token, pat: *pat, in_token, items: *expr, body, item_label: None }
    }

    /// Whether a condition of the chain uses the share, so that the step runs in any case.
    fn condition_uses_share(&self, expr: &ExprIf) -> bool {
        let rest = match expr.else_branch.as_ref().map(|(_, rest)| &**rest) {
            Some(Expr::If(rest)) => self.condition_uses_share(rest),
            _ => false,
        };
        rest || uses::uses(&expr.cond, self.progress)
    }

    /// Whether the scrutinee or a guard uses the share, so that the step may run in any case.
    fn head_uses_share(&self, expr: &ExprMatch) -> bool {
        let head = |reading: &mut Reading<'_>| {
            reading.visit_expr(&expr.expr);
            expr.arms.iter().for_each(|arm| reading.visit_pat(&arm.pat));
        };
        uses::first_use(head, self.progress).is_some()
    }

    fn branching(&mut self, expr: ExprIf, attrs: &StepAttrs) -> StepKind {
        let alone = expr.else_branch.is_none();
        let mut arms = Vec::new();
        let mut otherwise = None;
        let mut next = Some(expr);
        while let Some(ExprIf { if_token, cond, then_branch, else_branch, .. }) = next.take() {
            let body = if alone && has_steps(&then_branch) {
                Arm::Group(self.list(then_branch.stmts))
            } else {
                let shadowed = uses::binds(&cond, self.progress);
                self.arm(block_expr(then_branch), attrs, shadowed)
            };
            arms.push(IfArm { if_token, cond: self.code(*cond), body });
            match else_branch.map(|(else_token, rest)| (else_token, *rest)) {
                Some((_, Expr::If(rest))) => next = Some(rest),
                Some((else_token, rest)) => {
                    otherwise = Some((else_token, self.arm(rest, attrs, false)));
                }
                None => {}
            }
        }
        StepKind::If { arms, otherwise }
    }

    fn matching(&mut self, expr: ExprMatch, attrs: &StepAttrs) -> StepKind {
        let mut arms = Vec::new();
        for arm in expr.arms {
            let syn::Arm { attrs: of_arm, pat, fat_arrow_token: fat_arrow, body, .. } = arm;
            let body = match attempt::arm(*body, fat_arrow, self.errors) {
                Code::Expr(body) => {
                    let shadowed = uses::binding(&pat, self.progress).is_some();
                    self.arm(body, attrs, shadowed)
                }
                code => Arm::Skip(code),
            };
            arms.push(MatchArm { attrs: of_arm, pat, fat_arrow, body });
        }
        let scrutinee = self.code(*expr.expr);
        StepKind::Match { match_token: expr.match_token, scrutinee, arms }
    }

    /// An arm that does not name the share skips the step. The text alone decides.
    /// `shadowed` means that the share cannot be named there.
    fn arm(&mut self, expr: Expr, attrs: &StepAttrs, shadowed: bool) -> Arm {
        let code = match self.code(expr) {
            Code::Expr(expr) if shadowed => Code::Shadowed(expr),
            code => code,
        };
        let runs = match attrs.untracked {
            Some(_) => !is_empty(code.expr()),
            None => code.uses(self.progress),
        };
        if runs { Arm::Run(code) } else { Arm::Skip(code) }
    }

    fn code(&self, expr: Expr) -> Code {
        attempt::code(expr, self.errors)
    }
}

/// A statement in its parts.
struct Parts {
    foreign_attrs: Vec<Attribute>,
    binding: Option<Binding>,
    expr: Expr,
    semi: Option<Token![;]>,
}

impl Parts {
    fn of(stmt: Stmt) -> Self {
        match stmt {
            Stmt::Local(Local { attrs, let_token, pat, init: Some(init), semi_token, .. }) => {
                let (pat, ty) = match pat {
                    Pat::Type(typed) => (*typed.pat, Some(*typed.ty)),
                    pat => (pat, None),
                };
                let (eq_token, otherwise) = (init.eq_token, init.diverge);
                let binding = Binding { let_token, pat, ty, eq_token, otherwise, semi_token };
                let expr = *init.expr;
                Self { foreign_attrs: attrs, binding: Some(binding), expr, semi: None }
            }
            Stmt::Expr(mut expr, semi) => {
                let attrs = place::expr_attrs_mut(place::leftmost_mut(&mut expr));
                let foreign_attrs = attrs.map(std::mem::take).unwrap_or_default();
                Self { foreign_attrs, binding: None, expr, semi }
            }
            Stmt::Macro(mac) => {
                let expr = Expr::Macro(syn::ExprMacro { attrs: Vec::new(), mac: mac.mac });
                Self { foreign_attrs: mac.attrs, binding: None, expr, semi: mac.semi_token }
            }
            // Neither an item nor a `let` without a value is a step.
            stmt @ (Stmt::Local(_) | Stmt::Item(_)) => {
                let expr = Expr::Verbatim(stmt.into_token_stream());
                Self { foreign_attrs: Vec::new(), binding: None, expr, semi: None }
            }
        }
    }
}

fn has_steps(block: &Block) -> bool {
    let is_step =
        |stmt| place::leading_attrs(stmt).is_some_and(|all| all.iter().any(attrs::is_step));
    block.stmts.iter().any(is_step)
}

fn is_marked_item(stmt: &Stmt) -> bool {
    let Stmt::Item(item) = stmt else { return false };
    place::item_attrs(item).is_some_and(|all| all.iter().any(|attr| attrs::name(attr).is_some()))
}

fn is_empty(expr: &Expr) -> bool {
    match expr {
        Expr::Block(block) => block.block.stmts.is_empty(),
        Expr::Tuple(tuple) => tuple.elems.is_empty(),
        _ => false,
    }
}

fn block_expr(block: Block) -> Expr {
    Expr::Block(ExprBlock { attrs: Vec::new(), label: None, block })
}
