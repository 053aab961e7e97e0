//! The second stage: the tree of steps in a body, with everything that is no step kept in place.

use crate::check::{ids, misplaced, shape};
use crate::errors::Errors;
use crate::parse::Function;
use crate::parse::attributes::{self, Marks, Number};
use crate::syntax;
use proc_macro2::{Ident, Literal, TokenStream};
use quote::ToTokens;
use syn::visit::Visit;
use syn::visit_mut::VisitMut;
use syn::{
    Attribute, Block, Expr, ExprForLoop, ExprIf, ExprMatch, FnArg, Label, Pat, Signature, Stmt,
    Token, Type, Visibility,
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

/// The tree of a function; nothing where there is no body, or no share to divide.
pub(crate) fn workflow(function: Function, errors: &mut Errors) -> Option<Workflow> {
    let Function { runtime, mut attrs, vis, sig, body } = function;
    let total = take_total(&mut attrs, errors);
    let progress = progress(&sig, errors);
    let (body, progress) = (body?, progress?);
    let planner = Planner { progress: &progress };
    let body = planner.list(body.stmts, errors);
    Some(Workflow { runtime, attrs, vis, sig, progress, total, body })
}

/// Takes `#[total(n)]` off the function.
fn take_total(attrs: &mut Vec<Attribute>, errors: &mut Errors) -> Option<Number> {
    let mut total = None;
    attrs.retain(|attr| {
        let Some(name) = attributes::name(attr) else { return true };
        if name == "total" {
            let needs = "needs what the weights add up to: `#[total(100)]`";
            let expr = attributes::argument(attr, |input| input.parse(), needs, errors);
            total = expr.and_then(|expr| attributes::number(expr, errors));
        } else {
            errors.on(attr, format!("`#[{name}]` marks a statement of the workflow, not the function"));
        }
        false
    });
    total
}

/// The name of the last parameter.
fn progress(sig: &Signature, errors: &mut Errors) -> Option<Ident> {
    match sig.inputs.last() {
        Some(FnArg::Typed(last)) => match &*last.pat {
            Pat::Ident(pat) if pat.by_ref.is_none() && pat.subpat.is_none() => {
                Some(pat.ident.clone())
            }
            pat => {
                errors.on(pat, "the last parameter is the workflow's progress and needs a name: `progress: Progress`");
                None
            }
        },
        Some(FnArg::Receiver(_)) | None => {
            errors.at(
                sig.paren_token.span.join(),
                "a workflow takes its progress as the last parameter: add `progress: Progress`",
            );
            None
        }
    }
}

/// Makes lists out of statements.
struct Planner<'a> {
    progress: &'a Ident,
}

impl Planner<'_> {
    fn list(&self, stmts: Vec<Stmt>, errors: &mut Errors) -> List {
        let mut nodes = Vec::new();
        let mut index = 0;
        for mut stmt in stmts {
            misplaced::misspelt(&mut stmt, errors);
            let marks = syntax::leading_attrs_mut(&mut stmt)
                .and_then(|attrs| attributes::take(attrs, errors));
            match marks {
                Some(marks) => {
                    nodes.push(Node::Step(Box::new(self.step(index, marks, stmt, errors))));
                    index += 1;
                }
                None => {
                    let before = errors.count();
                    misplaced::strip_stmt(&mut stmt, errors);
                    if errors.count() > before {
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
        let (attrs, binding, expr, semi) = take_apart(stmt, errors);
        self.finish(index, marks, attrs, binding, expr, semi, errors)
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one value")]
    fn finish(
        &self,
        index: usize,
        marks: Marks,
        attrs: Vec<Attribute>,
        binding: Option<Binding>,
        expr: Expr,
        semi: Option<Token![;]>,
        errors: &mut Errors,
    ) -> Step {
        let before = errors.count();
        misplaced::not_a_value(&expr, marks.step, errors);
        let kind = self.kind(expr, &marks, errors);
        let sound = errors.count() == before;
        let id = ids::of(&marks, binding.as_ref(), errors);
        let step = Step { index, marks, id, attrs, binding, kind, semi };
        shape::step(&step, self.progress, sound, errors);
        step
    }

    fn kind(&self, mut expr: Expr, marks: &Marks, errors: &mut Errors) -> Kind {
        while let Expr::Group(group) = expr {
            expr = *group.expr;
        }
        match expr {
            Expr::ForLoop(head) => self.each(head, marks, errors),
            Expr::If(expr) => self.branching(expr, marks, errors),
            Expr::Match(expr) => self.matching(expr, marks, errors),
            Expr::Block(expr) if expr.block.stmts.iter().any(syntax::is_step) => {
                Kind::Group { label: expr.label, list: self.list(expr.block.stmts, errors) }
            }
            Expr::Tuple(expr) if marks.parallel.is_some() => {
                let tuple = expr.to_token_stream();
                let fails = syntax::has_question(|flow| flow.visit_expr_tuple(&expr));
                let elems = expr.elems.into_iter().enumerate();
                let branches: Vec<_> =
                    elems.filter_map(|(index, elem)| self.branch(index, elem, errors)).collect();
                ids::unique(branches.iter(), errors);
                Kind::Parallel { tuple, branches, fails }
            }
            mut expr => {
                let before = errors.count();
                misplaced::strip_expr(&mut expr, errors);
                if errors.count() > before {
                    syntax::stand_in(self.progress).visit_expr_mut(&mut expr);
                }
                Kind::Plain(expr)
            }
        }
    }

    fn branch(&self, index: usize, mut expr: Expr, errors: &mut Errors) -> Option<Step> {
        shape::contained(|escapes| escapes.expr(&expr), "a parallel branch", errors);
        let taken = syntax::expr_attrs_mut(syntax::leftmost(&mut expr))
            .and_then(|attrs| attributes::take(attrs, errors).map(|marks| (marks, std::mem::take(attrs))));
        let Some((marks, attrs)) = taken else {
            errors.on(&expr, "every branch of a parallel step is a step: add `#[step(1, \"…\")]` to it");
            return None;
        };
        Some(self.finish(index, marks, attrs, None, expr, None, errors))
    }

    fn each(&self, mut head: ExprForLoop, marks: &Marks, errors: &mut Errors) -> Kind {
        misplaced::strip_expr(&mut head.expr, errors);
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
            let body = std::mem::replace(&mut *arm.body, block_expr(empty_block()));
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

/// A statement as attributes, binding, expression and semicolon.
fn take_apart(
    stmt: Stmt,
    errors: &mut Errors,
) -> (Vec<Attribute>, Option<Binding>, Expr, Option<Token![;]>) {
    match stmt {
        Stmt::Local(local) => {
            let (pat, ty) = match local.pat {
                Pat::Type(typed) => (*typed.pat, Some(*typed.ty)),
                pat => (pat, None),
            };
            let Some(init) = local.init else {
                errors.on(&pat, "a step runs something: give this `let` a value");
                return (local.attrs, None, Expr::Verbatim(TokenStream::new()), Some(local.semi_token));
            };
            let mut otherwise = init.diverge;
            if let Some((_, block)) = &mut otherwise {
                misplaced::Strip::plain(errors).visit_expr_mut(block);
            }
            let binding = Binding {
                let_token: local.let_token,
                pat,
                ty,
                eq_token: init.eq_token,
                otherwise,
                semi_token: local.semi_token,
            };
            (local.attrs, Some(binding), *init.expr, None)
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
        Stmt::Item(item) => (Vec::new(), None, Expr::Verbatim(item.into_token_stream()), None),
    }
}
