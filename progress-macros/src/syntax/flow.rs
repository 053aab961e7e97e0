//! Control flow: the ways in which code ends early or never.

use super::walk::{Part, Reader, Reading, Walk};
use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, Block, Expr, ExprForLoop, Label, Lifetime, Stmt};

/// Control flow that belongs to the code itself, as opposed to its closures, `async` blocks and
/// items, which have their own.
#[derive(Default)]
pub(crate) struct Flow {
    /// The first `?` that leaves the code.
    pub(crate) question: Option<Span>,
    /// A macro has a `?` among its tokens, which may leave the code too.
    pub(crate) question_in_macro: bool,
    pub(crate) awaits: bool,
    /// The code may never reach its end: it leaves early, loops, or calls a macro that may panic.
    pub(crate) diverges: bool,
}

impl Flow {
    /// The flow of the code that `visit` walks.
    pub(crate) fn of(visit: impl FnOnce(&mut Reading<'_>)) -> Self {
        let mut flow = Self::default();
        visit(&mut Reading(&mut flow));
        flow
    }

    pub(crate) fn of_expr(expr: &Expr) -> Self {
        Self::of(|reading| reading.visit_expr(expr))
    }

    fn search(&mut self, tokens: TokenStream) {
        let mut deferred = false;
        for token in tokens {
            match token {
                TokenTree::Ident(word) => deferred = word == "async" || deferred && word == "move",
                TokenTree::Punct(punct) => {
                    self.question_in_macro |= punct.as_char() == '?';
                    deferred = false;
                }
                TokenTree::Group(group) => {
                    if !(deferred && group.delimiter() == Delimiter::Brace) {
                        self.search(group.stream());
                    }
                    deferred = false;
                }
                TokenTree::Literal(_) => deferred = false,
            }
        }
    }
}

impl Reader for Flow {
    fn read(&mut self, part: Part<'_>) -> Walk {
        match part {
            Part::Expr(expr) => match expr {
                Expr::Try(tried) => {
                    visit::visit_expr_try(&mut Reading(self), tried);
                    self.question.get_or_insert(tried.question_token.span);
                    return Walk::Past;
                }
                Expr::Await(_) => self.awaits = true,
                Expr::Return(_) | Expr::Break(_) | Expr::Continue(_) | Expr::Loop(_) => {
                    self.diverges = true;
                }
                Expr::Closure(_) | Expr::Async(_) | Expr::TryBlock(_) => return Walk::Past,
                _ => {}
            },
            Part::Macro(mac) => {
                self.diverges = true;
                self.search(mac.tokens.clone());
                return Walk::Past;
            }
            Part::Item(_) => return Walk::Past,
            _ => {}
        }
        Walk::Into
    }
}

/// The expression that the value of another one comes from, through parentheses and blocks.
pub(crate) fn origin(expr: &Expr) -> &Expr {
    match expr {
        Expr::Paren(paren) => origin(&paren.expr),
        Expr::Group(group) => origin(&group.expr),
        Expr::Block(block) if block.label.is_none() => value_of(&block.block).map_or(expr, origin),
        Expr::Unsafe(block) => value_of(&block.block).map_or(expr, origin),
        expr => expr,
    }
}

fn value_of(block: &Block) -> Option<&Expr> {
    match block.stmts.last() {
        Some(Stmt::Expr(value, None)) => Some(value),
        _ => None,
    }
}

/// The label that `continue` breaks to in a concurrent body.
pub(crate) fn item_label() -> Lifetime {
    Lifetime::new("'__item", Span::mixed_site())
}

/// A `return`, `break` or `continue` that leaves code which becomes a future of its own.
pub(crate) struct Exit {
    pub(crate) span: Span,
    pub(crate) keyword: &'static str,
}

/// Code which becomes a future of its own.
#[derive(Clone, Copy)]
pub(crate) enum Body<'a> {
    /// A branch of `#[parallel]`.
    Branch,
    /// The body of a concurrent loop with this label. `continue` ends the item there.
    Item(Option<&'a Label>),
}

/// The loops and labels around a place in code which becomes a future of its own.
pub(crate) struct Scope<'a> {
    body: Body<'a>,
    loops: usize,
    labels: Vec<Lifetime>,
}

/// The effect of an expression on the exits inside it.
pub(crate) enum Nested<'a> {
    /// A loop, or a block with a label.
    Scope {
        label: Option<Label>,
        loops: usize,
    },
    /// `#[concurrent]`: its items are evaluated here, its body is a future of its own.
    Concurrent(&'a ExprForLoop),
    /// A future of its own, or a function of its own.
    Apart,
    Plain,
}

impl<'a> Scope<'a> {
    pub(crate) fn new(body: Body<'a>) -> Self {
        Self { body, loops: 0, labels: Vec::new() }
    }

    /// Enters a loop or a labelled block, and returns the state for [`leave`](Self::leave).
    pub(crate) fn enter(&mut self, label: Option<&Label>, loops: usize) -> (usize, usize) {
        let outside = (self.labels.len(), self.loops);
        self.labels.extend(label.map(|label| label.name.clone()));
        self.loops += loops;
        outside
    }

    pub(crate) fn leave(&mut self, (labels, loops): (usize, usize)) {
        self.labels.truncate(labels);
        self.loops = loops;
    }

    /// Whether this is a `continue` that ends the item of a concurrent body.
    pub(crate) fn ends_item(&self, expr: &Expr) -> bool {
        let (Body::Item(of_items), Expr::Continue(expr)) = (self.body, expr) else { return false };
        match &expr.label {
            Some(label) => of_items.is_some_and(|items| items.name == *label),
            None => self.loops == 0,
        }
    }

    /// Whether an expression leaves the code.
    pub(crate) fn exit(&self, expr: &Expr) -> Option<Exit> {
        let inside = |label: &Option<Lifetime>| match label {
            Some(label) => self.labels.contains(label) || *label == item_label(),
            None => self.loops > 0,
        };
        let (span, keyword) = match expr {
            Expr::Return(expr) => (expr.return_token.span, "return"),
            Expr::Break(expr) if !inside(&expr.label) => (expr.break_token.span, "break"),
            Expr::Continue(skip) if !inside(&skip.label) && !self.ends_item(expr) => {
                (skip.continue_token.span, "continue")
            }
            _ => return None,
        };
        Some(Exit { span, keyword })
    }
}

impl<'a> Nested<'a> {
    pub(crate) fn of(expr: &'a Expr) -> Self {
        let (label, loops) = match expr {
            Expr::ForLoop(each) if has(&each.attrs, "concurrent") => return Self::Concurrent(each),
            Expr::Tuple(tuple) if has(&tuple.attrs, "parallel") => return Self::Apart,
            Expr::Closure(_) | Expr::Async(_) => return Self::Apart,
            Expr::ForLoop(each) => (&each.label, 1),
            Expr::While(each) => (&each.label, 1),
            Expr::Loop(each) => (&each.label, 1),
            Expr::Block(block) => (&block.label, 0),
            _ => return Self::Plain,
        };
        Self::Scope { label: label.clone(), loops }
    }
}

/// Whether an attribute of this name is among these.
pub(crate) fn has(attrs: &[Attribute], name: &str) -> bool {
    attrs.iter().any(|attr| attr.path().is_ident(name))
}
