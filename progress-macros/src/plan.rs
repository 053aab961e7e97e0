//! The second stage: the tree of steps in a body, with everything that is no step kept in place.

use crate::check::{ids, misplaced, shape};
use crate::errors::Errors;
use crate::parse::Function;
use crate::parse::attributes::{self, Marks, Number};
use crate::syntax;
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::visit::Visit;
use syn::visit_mut::VisitMut;
use syn::{
    Attribute, Block, Expr, ExprForLoop, ExprIf, ExprMatch, FnArg, Label, Local, Pat, Signature,
    Stmt, Token, Type, Visibility,
};

/// A function with its steps.
pub(crate) struct Workflow {
    pub(crate) runtime: TokenStream,
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) sig: Signature,
    /// The last parameter, whose name every share bears.
    pub(crate) progress: Ident,
    pub(crate) total: Option<Number>,
    /// The braces of the body.
    pub(crate) braces: Span,
    /// Whether rustc would say again what has been said, so that the body is not for it.
    pub(crate) told: bool,
    pub(crate) body: List,
}

/// Statements of which some are steps.
pub(crate) struct List {
    pub(crate) nodes: Vec<Node>,
}

pub(crate) enum Node {
    Plain(Box<Stmt>),
    Step(Box<Step>),
}

impl List {
    pub(crate) fn steps(&self) -> impl Iterator<Item = &Step> {
        self.nodes.iter().filter_map(|node| match node {
            Node::Step(step) => Some(&**step),
            Node::Plain(_) => None,
        })
    }
}

/// A statement, or a branch of `#[parallel]`, that is a step.
pub(crate) struct Step {
    pub(crate) index: usize,
    pub(crate) marks: Marks,
    pub(crate) id: String,
    /// Attributes that are not ours.
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) binding: Option<Binding>,
    pub(crate) kind: Kind,
    pub(crate) semi: Option<Token![;]>,
}

/// The `let PAT: TYPE = … else { … };` around a step.
pub(crate) struct Binding {
    pub(crate) let_token: Token![let],
    pub(crate) pat: Pat,
    pub(crate) ty: Option<Type>,
    pub(crate) eq_token: Token![=],
    pub(crate) otherwise: Option<(Token![else], Box<Expr>)>,
    pub(crate) semi_token: Token![;],
}

pub(crate) enum Kind {
    Plain(Expr),
    If { arms: Vec<(ExprIf, Arm)>, otherwise: Option<(Token![else], Arm)> },
    Match { expr: ExprMatch, arms: Vec<Arm> },
    Group { label: Option<Label>, list: List },
    For { head: Box<ExprForLoop>, body: Body, flow: Flow },
    Parallel { tuple: TokenStream, branches: Vec<Step>, fails: bool },
}

/// What happens to the step in an arm of its `if` or `match`.
pub(crate) enum Arm {
    /// Runs with the share, if the arm names it.
    Run(Expr),
    Skip(Expr),
    Group(List),
}

pub(crate) enum Body {
    /// Every item counts by itself, and may report on its slice.
    Items(Block),
    /// Every slice is divided by inner steps.
    Steps(List),
}

/// What the text of a body says about the ways out of it.
#[derive(Clone, Copy)]
pub(crate) struct Flow {
    /// Some `?` leaves it.
    pub(crate) fails: bool,
    /// Some `continue` of a concurrent body became a `break` out of the item.
    pub(crate) continues: bool,
}

impl Step {
    /// Where the code stands that the step is lowered to: at the word `step`.
    pub(crate) fn at(&self) -> Span {
        Span::mixed_site().located_at(self.marks.step)
    }

    /// Whether it is a statement whose value goes nowhere.
    pub(crate) fn is_discarded(&self) -> bool {
        self.semi.is_some() && self.binding.is_none()
    }

    /// Its place in its list, as a literal.
    pub(crate) fn position(&self) -> Literal {
        Literal::usize_unsuffixed(self.index)
    }

    /// The lists inside of this step, of which there is at most one.
    pub(crate) fn inner(&self) -> Option<&List> {
        match &self.kind {
            Kind::Group { list, .. } | Kind::For { body: Body::Steps(list), .. } => Some(list),
            Kind::If { arms, .. } => arms.iter().find_map(|(_, arm)| match arm {
                Arm::Group(list) => Some(list),
                Arm::Run(_) | Arm::Skip(_) => None,
            }),
            _ => None,
        }
    }

    /// The steps that divide this one's share.
    pub(crate) fn children(&self) -> Vec<&Step> {
        match &self.kind {
            Kind::Parallel { branches, .. } => branches.iter().collect(),
            _ => self.inner().map(|list| list.steps().collect()).unwrap_or_default(),
        }
    }
}

/// The tree of a function, whose body it takes; nothing where there is no body, or no share to divide.
pub(crate) fn workflow(function: &mut Function, errors: &mut Errors) -> Option<Workflow> {
    let body = function.body.take();
    if function.in_a_trait {
        errors.on(
            &function.sig.ident,
            "a trait and its `impl`s have no room for the plan of a workflow: \
             make it a method of the type, or a function, and call that from here",
        );
        return None;
    }
    let Function { runtime, mut attrs, vis, sig, .. } = function.clone();
    misplaced::misspelt_total(&mut attrs, errors);
    let total = take_total(&mut attrs, errors);
    let before = errors.count();
    let progress = progress(&sig, errors);
    let told = errors.count() > before;
    let (body, progress) = (body?, progress?);
    let braces = body.brace_token.span.join();
    let planner = Planner { progress: &progress };
    let body = planner.list(body.stmts, errors);
    Some(Workflow { runtime, attrs, vis, sig, progress, total, braces, told, body })
}

/// Takes `#[total(n)]` off the function.
fn take_total(attrs: &mut Vec<Attribute>, errors: &mut Errors) -> Option<Number> {
    let mut total = None;
    let mut seen = false;
    attrs.retain(|attr| {
        let Some(name) = attributes::name(attr) else { return true };
        if name == "total" && seen {
            errors.on(attr, "a second `#[total]`; remove it");
        } else if name == "total" {
            seen = true;
            let needs = "needs what the weights add up to: `#[total(100)]`";
            let expr = attributes::argument(attr, |input| input.parse(), needs, errors);
            total = expr.and_then(|expr| attributes::total(expr, errors));
        } else {
            errors.on(
                attr,
                format!("`#[{name}]` marks a statement of the workflow, not the function"),
            );
        }
        false
    });
    total
}

/// The name of the last parameter.
fn progress(sig: &Signature, errors: &mut Errors) -> Option<Ident> {
    let last = match sig.inputs.last() {
        Some(FnArg::Typed(last)) => last,
        Some(FnArg::Receiver(_)) | None => {
            errors.at(
                sig.paren_token.span.join(),
                "a workflow takes its progress as the last parameter: add `progress: Progress`",
            );
            return None;
        }
    };
    let before = sig.inputs.iter().rev().skip(1).find_map(|input| match input {
        FnArg::Typed(input) => Some(input).filter(|input| is_progress(&input.ty)),
        FnArg::Receiver(_) => None,
    });
    let parameter = match before {
        Some(earlier) if !is_progress(&last.ty) => {
            errors.on(earlier, "a workflow takes its progress as the last parameter: move this");
            earlier
        }
        _ => last,
    };
    match &*parameter.pat {
        Pat::Ident(pat) if pat.by_ref.is_none() && pat.subpat.is_none() => {
            if !is_progress(&parameter.ty) && mentions_progress(&parameter.ty) {
                errors.on(
                    &parameter.ty,
                    "a workflow takes its progress by value, as a whole: `progress: Progress`",
                );
            }
            Some(pat.ident.clone())
        }
        pat => {
            errors.on(
                pat,
                "the last parameter is the workflow's progress and needs a name: \
                 `progress: Progress`",
            );
            None
        }
    }
}

/// Whether a type is written as that of the progress.
fn is_progress(ty: &Type) -> bool {
    match ty {
        Type::Path(ty) => ty.path.segments.last().is_some_and(|last| last.ident == "Progress"),
        Type::Group(ty) => is_progress(&ty.elem),
        Type::Paren(ty) => is_progress(&ty.elem),
        _ => false,
    }
}

fn mentions_progress(ty: &Type) -> bool {
    struct Mentions(bool);
    impl<'ast> Visit<'ast> for Mentions {
        fn visit_type(&mut self, ty: &'ast Type) {
            self.0 |= is_progress(ty);
            syn::visit::visit_type(self, ty);
        }
    }
    let mut mentions = Mentions(false);
    mentions.visit_type(ty);
    mentions.0
}

/// Makes lists out of statements.
struct Planner<'a> {
    progress: &'a Ident,
}

impl Planner<'_> {
    fn list(&self, stmts: Vec<Stmt>, errors: &mut Errors) -> List {
        let mut nodes = Vec::new();
        let mut index = 0;
        let mut strayed = false;
        for mut stmt in stmts {
            if misplaced::is_called(&stmt, errors) {
                continue;
            }
            let item = matches!(stmt, Stmt::Item(_));
            let found = errors.count();
            let unknown = misplaced::is_conditional(&mut stmt, errors)
                | misplaced::misspelt(&mut stmt, errors)
                | strayed;
            let marks = syntax::leading_attrs_mut(&mut stmt)
                .and_then(|attrs| attributes::take(attrs, errors));
            let marks = marks.filter(|_| runs(&stmt, errors));
            match marks {
                Some(marks) => {
                    nodes.push(Node::Step(Box::new(self.step(index, marks, stmt, errors))));
                    index += 1;
                }
                None => {
                    let before = errors.count();
                    misplaced::strip_stmt(&mut stmt, errors);
                    // The step of an item was meant for what comes after it.
                    strayed = item && errors.count() > found;
                    if unknown {
                        // It may have been meant to be a step.
                        errors.excuse();
                    }
                    if unknown || errors.count() > before {
                        syntax::stand_in(self.progress).visit_stmt_mut(&mut stmt);
                    }
                    nodes.push(Node::Plain(Box::new(stmt)));
                }
            }
        }
        let list = List { nodes };
        ids::unique(list.steps(), errors);
        list
    }

    fn step(&self, index: usize, marks: Marks, stmt: Stmt, errors: &mut Errors) -> Step {
        let before = errors.count();
        let (attrs, mut binding, expr, semi) = take_apart(stmt, errors);
        if let Some((_, block)) = binding.as_mut().and_then(|binding| binding.otherwise.as_mut()) {
            self.without_share(block, before, errors);
        }
        if binding.is_none() {
            misplaced::not_a_value(&expr, marks.step, errors);
        }
        let expr = attempted(expr, &marks, errors);
        let kind = self.kind(expr, &marks, errors);
        let sound = errors.count() == before;
        let id = ids::of(&marks, binding.as_ref(), errors);
        let step = Step { index, marks, id, attrs, binding, kind, semi };
        shape::step(&step, self.progress, sound, errors);
        step
    }

    /// The `else` of a `let` comes after the step.
    fn without_share(&self, block: &mut Expr, before: usize, errors: &mut Errors) {
        let name = self.progress;
        if let Some(used) = syntax::names(|names| names.visit_expr(block), name) {
            if errors.count() == before {
                errors.at(used.span(), format!("`{name}` went into the step, which is over here"));
            }
            syntax::stand_in(name).visit_expr_mut(block);
        }
    }

    fn kind(&self, mut expr: Expr, marks: &Marks, errors: &mut Errors) -> Kind {
        while let Expr::Group(group) = expr {
            expr = *group.expr;
        }
        match expr {
            Expr::ForLoop(head) => self.each(head, marks, errors),
            Expr::If(expr) if !self.decides(&expr) => self.branching(expr, marks, errors),
            Expr::Match(expr) if !syntax::expr_names(&expr.expr, self.progress) => {
                self.matching(expr, marks, errors)
            }
            Expr::Block(expr) if expr.block.stmts.iter().any(syntax::is_step) => {
                Kind::Group { label: expr.label, list: self.list(expr.block.stmts, errors) }
            }
            Expr::Tuple(expr) if marks.parallel.is_some() => {
                let tuple = expr.to_token_stream();
                let fails = syntax::has_question(|flow| flow.visit_expr_tuple(&expr));
                let elems = expr.elems.into_iter().enumerate();
                let branches: Vec<_> =
                    elems.map(|(index, elem)| self.branch(index, elem, errors)).collect();
                ids::unique(branches.iter(), errors);
                Kind::Parallel { tuple, branches, fails }
            }
            mut expr => {
                let before = errors.count();
                if marks.parallel.is_some() && !crate::parse::is_broken(&expr) {
                    errors.on(&expr, "write the branches as a tuple");
                    misplaced::strip_expr(&mut expr, &mut Errors::default());
                } else {
                    misplaced::strip_expr(&mut expr, errors);
                }
                if errors.count() > before {
                    syntax::stand_in(self.progress).visit_expr_mut(&mut expr);
                }
                Kind::Plain(expr)
            }
        }
    }

    fn branch(&self, index: usize, mut expr: Expr, errors: &mut Errors) -> Step {
        let before = errors.count();
        shape::contained(|escapes| escapes.expr(&mut expr), "a parallel branch", errors);
        let taken = syntax::expr_attrs_mut(syntax::leftmost(&mut expr)).and_then(|attrs| {
            attributes::take(attrs, errors).map(|marks| (marks, std::mem::take(attrs)))
        });
        let (marks, attrs) = taken.unwrap_or_else(|| {
            errors.on(
                &expr,
                "every branch of a parallel step is a step: add `#[step(1, \"…\")]` to it",
            );
            (Marks::unknown(expr.span()), Vec::new())
        });
        misplaced::not_a_value(&expr, marks.step, errors);
        let expr = attempted(expr, &marks, errors);
        let kind = self.kind(expr, &marks, errors);
        let sound = errors.count() == before;
        let id = ids::of(&marks, None, errors);
        let step = Step { index, marks, id, attrs, binding: None, kind, semi: None };
        shape::step(&step, self.progress, sound, errors);
        step
    }

    fn each(&self, mut head: ExprForLoop, marks: &Marks, errors: &mut Errors) -> Kind {
        misplaced::strip_expr(&mut head.expr, errors);
        let name = self.progress;
        if let Some(used) = syntax::names(|names| names.visit_expr(&head.expr), name) {
            let message = format!(
                "the items divide `{name}`: get them in a step of its own, in front of this one"
            );
            errors.at(used.span(), message);
            syntax::stand_in(name).visit_expr_mut(&mut head.expr);
        }
        let mut block = std::mem::replace(&mut head.body, empty_block());
        let fails = syntax::has_question(|flow| flow.visit_block(&block));
        let continues = marks.concurrent.is_some()
            && shape::concurrent_body(&mut block, head.label.as_ref(), errors);
        let flow = Flow { fails, continues };
        let body = if block.stmts.iter().any(syntax::is_step) {
            Body::Steps(self.list(block.stmts, errors))
        } else {
            let before = errors.count();
            misplaced::strip_block(&mut block, errors);
            if errors.count() > before {
                syntax::stand_in(self.progress).visit_block_mut(&mut block);
            }
            Body::Items(block)
        };
        Kind::For { head: Box::new(head), body, flow }
    }

    /// Whether a condition of the chain takes the share, so that the step runs in any case.
    fn decides(&self, expr: &ExprIf) -> bool {
        let rest = match expr.else_branch.as_ref().map(|(_, rest)| &**rest) {
            Some(Expr::If(rest)) => self.decides(rest),
            _ => false,
        };
        rest || syntax::expr_names(&expr.cond, self.progress)
    }

    fn branching(&self, expr: ExprIf, marks: &Marks, errors: &mut Errors) -> Kind {
        let alone = expr.else_branch.is_none();
        let mut arms = Vec::new();
        let mut otherwise = None;
        let mut next = Some(expr);
        while let Some(mut head) = next.take() {
            misplaced::strip_expr(&mut head.cond, errors);
            let block = std::mem::replace(&mut head.then_branch, empty_block());
            let last = head.else_branch.take();
            let arm = if alone && block.stmts.iter().any(syntax::is_step) {
                Arm::Group(self.list(block.stmts, errors))
            } else {
                self.arm(block_expr(block), marks, errors)
            };
            arms.push((head, arm));
            match last {
                Some((_, rest)) if matches!(*rest, Expr::If(_)) => {
                    if let Expr::If(rest) = *rest {
                        next = Some(rest);
                    }
                }
                Some((else_token, rest)) => {
                    otherwise = Some((else_token, self.arm(*rest, marks, errors)));
                }
                None => {}
            }
        }
        Kind::If { arms, otherwise }
    }

    fn matching(&self, mut expr: ExprMatch, marks: &Marks, errors: &mut Errors) -> Kind {
        misplaced::strip_expr(&mut expr.expr, errors);
        let mut arms = Vec::new();
        for arm in &mut expr.arms {
            misplaced::strip_pat(&mut arm.pat, errors);
            let mut body = std::mem::replace(&mut *arm.body, block_expr(empty_block()));
            if matches!(&body, Expr::Verbatim(nothing) if nothing.is_empty()) {
                let span = arm.fat_arrow_token.spans[1];
                let error = errors.in_place(span, "expected a value after this `=>`");
                body = syn::parse2(error).unwrap_or(body);
            }
            arms.push(self.arm(body, marks, errors));
        }
        Kind::Match { expr, arms }
    }

    /// An arm that does not name the share is a skip; decided from the text.
    fn arm(&self, mut expr: Expr, marks: &Marks, errors: &mut Errors) -> Arm {
        let before = errors.count();
        misplaced::strip_arm(&mut expr, errors);
        if errors.count() > before {
            syntax::stand_in(self.progress).visit_expr_mut(&mut expr);
        }
        let runs = if marks.untracked.is_some() {
            !is_empty(&expr)
        } else {
            syntax::expr_names(&expr, self.progress)
        };
        if runs { Arm::Run(expr) } else { Arm::Skip(expr) }
    }
}

fn is_empty(expr: &Expr) -> bool {
    match expr {
        Expr::Block(block) => block.block.stmts.is_empty(),
        Expr::Tuple(tuple) => tuple.elems.is_empty(),
        _ => false,
    }
}

fn empty_block() -> Block {
    Block { brace_token: syn::token::Brace::default(), stmts: Vec::new() }
}

fn block_expr(block: Block) -> Expr {
    Expr::Block(syn::ExprBlock { attrs: Vec::new(), label: None, block })
}

/// What a step runs. Where rustc would have a word to say too, there is a message in its place.
fn attempted(expr: Expr, marks: &Marks, errors: &mut Errors) -> Expr {
    let idle = match &expr {
        Expr::Break(word) => Some((word.break_token.span, "break")),
        Expr::Continue(word) => Some((word.continue_token.span, "continue")),
        _ => None,
    };
    if let Some((span, word)) = idle {
        let message = format!("a step runs something, and `{word}` only leaves: put it behind");
        let error = errors.in_place(span, &message);
        return syn::parse2(error).unwrap_or(expr);
    }
    let what = match marks {
        Marks { retry: Some(_), .. } => "retry",
        Marks { timeout: Some(_), .. } => "a timeout",
        _ => return expr,
    };
    match &expr {
        Expr::Try(call) if !matches!(*call.expr, Expr::Await(_)) && !syntax::awaits(&expr) => {
            let message = format!("{what} needs a single `call.await?`: the `.await` is missing");
            let span = call.question_token.span;
            let error = errors.in_place(span, &message);
            syn::parse2(error).unwrap_or(expr)
        }
        _ => expr,
    }
}

/// Whether a statement with `#[step]` has something to run.
fn runs(stmt: &Stmt, errors: &mut Errors) -> bool {
    match stmt {
        Stmt::Local(local) if local.init.is_none() => {
            errors.on(&local.pat, "a step runs something: give this `let` a value");
            false
        }
        _ => true,
    }
}

/// A statement as attributes, binding, expression and semicolon.
fn take_apart(
    stmt: Stmt,
    errors: &mut Errors,
) -> (Vec<Attribute>, Option<Binding>, Expr, Option<Token![;]>) {
    match stmt {
        Stmt::Local(Local { attrs, let_token, pat, init: Some(init), semi_token, .. }) => {
            let (pat, ty) = match pat {
                Pat::Type(typed) => (*typed.pat, Some(*typed.ty)),
                pat => (pat, None),
            };
            let mut otherwise = init.diverge;
            if let Some((_, block)) = &mut otherwise {
                misplaced::strip_else(block, errors);
            }
            let eq_token = init.eq_token;
            let binding = Binding { let_token, pat, ty, eq_token, otherwise, semi_token };
            (attrs, Some(binding), *init.expr, None)
        }
        Stmt::Expr(mut expr, semi) => {
            let attrs = syntax::expr_attrs_mut(syntax::leftmost(&mut expr));
            let attrs = attrs.map(std::mem::take).unwrap_or_default();
            (attrs, None, expr, semi)
        }
        Stmt::Macro(mac) => {
            let expr = Expr::Macro(syn::ExprMacro { attrs: Vec::new(), mac: mac.mac });
            (mac.attrs, None, expr, mac.semi_token)
        }
        // Items and `let`s without a value are no steps.
        stmt @ (Stmt::Local(_) | Stmt::Item(_)) => {
            (Vec::new(), None, Expr::Verbatim(stmt.into_token_stream()), None)
        }
    }
}
