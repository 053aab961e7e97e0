//! Attributes of steps where no step can be.

use crate::attrs;
use crate::attrs::in_macro;
use crate::diagnostics::{Diagnostics, Reported};
use crate::syntax::place;
use crate::syntax::walk::{Part, Reader, Reading, Walk};
use proc_macro2::Span;
use syn::visit::{self, Visit};
use syn::{Attribute, Expr, Item, Local, Stmt};

/// The place of an attribute. It decides which correction the message recommends.
#[derive(Clone, Copy)]
pub(super) enum Place {
    /// In a list, where only the `#[step]` itself is missing.
    Statement,
    If,
    /// An `if` with an `else`.
    IfElse,
    Match,
    For,
    Unbounded(Span),
    Block,
    Unsafe,
    Else,
    Arm,
    Closure,
    Async,
    Item,
    NoStatement,
    Assignment,
    Binary,
    Let,
    Tuple,
    Macro,
    Expression,
}

impl Place {
    fn message(self) -> &'static str {
        match self {
            Self::Statement => "goes with a `#[step]`, which this statement does not have",
            Self::If => "a step cannot stand in a plain `if`: put `#[step]` on the `if` itself",
            Self::IfElse => {
                "a step cannot stand in a plain `if`: make a workflow of each arm that has steps, \
                 and hand it `progress` in a step on the `if`"
            }
            Self::Match => {
                "a step cannot stand in a plain `match`: put `#[step]` on the `match` itself"
            }
            Self::For => {
                "a step cannot stand in a plain `for`: \
                 put `#[step]` on the `for` too, and its steps divide each item"
            }
            Self::Unbounded(_) => "an unbounded loop has no share; use `for`",
            Self::Block => {
                "a step cannot stand in a plain block: \
                 put `#[step]` on the block too, to make it a group"
            }
            Self::Unsafe => {
                "a step cannot stand in an `unsafe` block: put the `unsafe` into the step"
            }
            Self::Else => {
                "a step cannot stand in the `else` of a `let`: \
                 use an `if` or a `match` with a step, and leave from there"
            }
            Self::Arm => {
                "only an `if` without `else` can have inner steps: \
                 hand `progress` to one sub-job here, and make that a workflow with these steps"
            }
            Self::Closure => {
                "a step cannot stand in a closure: \
                 move it into a workflow of its own, and call that"
            }
            Self::Async => {
                "a step cannot stand in an `async` block: \
                 use a tuple with `#[parallel]`, or a workflow of its own"
            }
            Self::Item => {
                "a step cannot stand in a nested item: make that function a workflow of its own"
            }
            Self::NoStatement => {
                "a step runs something, and an item does not: put `#[step]` on a statement"
            }
            Self::Assignment => {
                "a step cannot be an assignment: bind its value with `let`, and assign that"
            }
            Self::Binary => "a step cannot be an operand: bind its value with `let`, and use that",
            Self::Let => "put `#[step]` in front of the `let`",
            Self::Tuple => "the branches of a tuple are steps only with `#[parallel]` on it",
            Self::Macro => {
                "a step cannot stand in the arguments of a macro: \
                 put `#[step]` on the statement with the macro, or bind its value in front of that"
            }
            Self::Expression => "a step is a statement: bind its value with `let`, and use that",
        }
    }
}

/// Reports the attributes of steps in code that has no share to divide.
pub(super) struct Misplaced<'a> {
    errors: &'a mut Diagnostics,
    place: Place,
    /// The error of this place: a place that lacks an attribute is reported once, however many
    /// steps it has.
    of_place: Option<Reported>,
    /// The error of the statement around: it is a misplaced step, or lacks the `#[step]` that the
    /// steps inside need too.
    of_statement: Option<Reported>,
    /// Any error.
    pub(super) found: Option<Reported>,
}

impl<'a> Misplaced<'a> {
    pub(super) fn new(place: Place, errors: &'a mut Diagnostics) -> Self {
        Self { errors, place, of_place: None, of_statement: None, found: None }
    }

    pub(super) fn reading(&mut self) -> Reading<'_> {
        Reading(self)
    }

    pub(super) fn stmt(&mut self, stmt: &Stmt) {
        self.reading().visit_stmt(stmt);
    }

    /// The code of a closure or an arm. Its block is not a plain one.
    pub(super) fn body(&mut self, body: &Expr) {
        match body {
            Expr::Block(block) => self.reading().visit_block(&block.block),
            body => self.reading().visit_expr(body),
        }
    }

    fn attrs(&mut self, all: &[Attribute]) {
        let ours = || all.iter().filter(|attr| attrs::name(attr).is_some());
        let Some(attr) = ours().find(|attr| attrs::is_step(attr)).or(ours().next()) else {
            return;
        };
        let reported = match (self.of_statement, self.place, self.of_place) {
            (Some(reported), ..) => reported,
            (None, Place::Statement, _) => {
                let name = attrs::name(attr).unwrap_or_default();
                let message = format!("`#[{name}]` {}", self.place.message());
                let reported = self.errors.on(attr, message);
                let divides = |attr: &Attribute| {
                    attr.path().is_ident("parallel") || attr.path().is_ident("concurrent")
                };
                self.of_statement = ours().any(divides).then_some(reported);
                reported
            }
            (None, _, Some(reported)) => reported,
            (None, Place::Unbounded(keyword), None) => {
                self.errors.at(keyword, self.place.message())
            }
            (None, place, None) => self.errors.on(attr, place.message()),
        };
        // What stands inside of a step is right, once the step itself is.
        if attrs::is_step(attr) {
            self.of_statement = Some(reported);
        }
        self.of_place = Some(reported);
        self.found = Some(reported);
    }

    fn within(&mut self, place: Place, seek: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.place, place);
        let of_outer = self.of_place.take();
        seek(self);
        self.place = outer;
        self.of_place = of_outer;
    }

    fn statement(&mut self, stmt: &Stmt) {
        let outer = self.of_statement;
        match stmt {
            Stmt::Local(local) => self.local(local),
            Stmt::Macro(mac) => {
                self.attrs(&mac.attrs);
                self.reading().visit_macro(&mac.mac);
            }
            Stmt::Item(item) => self.reading().visit_item(item),
            Stmt::Expr(expr, _) => self.reading().visit_expr(expr),
        }
        self.of_statement = outer;
    }

    fn local(&mut self, local: &Local) {
        self.attrs(&local.attrs);
        self.reading().visit_pat(&local.pat);
        let Some(init) = &local.init else { return };
        self.within(Place::Let, |this| this.reading().visit_expr(&init.expr));
        if let Some((_, block)) = &init.diverge {
            self.within(Place::Else, |this| this.body(block));
        }
    }

    fn expr(&mut self, expr: &Expr) {
        if let Some(all) = place::expr_attrs(expr) {
            self.attrs(all);
        }
        let place = match expr {
            Expr::If(expr) => {
                self.within(Place::Expression, |this| this.reading().visit_expr(&expr.cond));
                let place = match &expr.else_branch {
                    Some(_) => Place::IfElse,
                    None => Place::If,
                };
                self.within(place, |this| {
                    this.reading().visit_block(&expr.then_branch);
                    if let Some((_, rest)) = &expr.else_branch {
                        this.body(rest);
                    }
                });
                return;
            }
            Expr::Closure(closure) => {
                return self.within(Place::Closure, |this| this.body(&closure.body));
            }
            Expr::Match(_) => Place::Match,
            Expr::ForLoop(_) => Place::For,
            Expr::While(expr) => Place::Unbounded(expr.while_token.span),
            Expr::Loop(expr) => Place::Unbounded(expr.loop_token.span),
            Expr::Unsafe(_) => Place::Unsafe,
            Expr::Block(_) | Expr::Const(_) => Place::Block,
            Expr::Async(_) => Place::Async,
            expr if place::assigns(expr) => Place::Assignment,
            Expr::Binary(_) | Expr::Cast(_) => Place::Binary,
            Expr::Tuple(_) => Place::Tuple,
            _ => Place::Expression,
        };
        self.within(place, |this| visit::visit_expr(&mut this.reading(), expr));
    }

    fn item(&mut self, item: &Item) {
        let place = match item {
            Item::Fn(_) | Item::Mod(_) | Item::Impl(_) => Place::Item,
            _ => Place::NoStatement,
        };
        self.within(place, |this| {
            this.attrs(place::item_attrs(item).map_or(&[], |all| &all[..]));
            if !place::is_workflow(item) {
                visit::visit_item(&mut this.reading(), item);
            }
        });
    }
}

impl Reader for Misplaced<'_> {
    fn read(&mut self, part: Part<'_>) -> Walk {
        match part {
            Part::Stmt(stmt) => self.statement(stmt),
            Part::Expr(expr) => {
                let outer = self.of_statement;
                self.expr(expr);
                self.of_statement = outer;
            }
            Part::Item(item) => self.item(item),
            Part::Macro(mac) => {
                if let Some(step) = in_macro::first(mac) {
                    self.found = Some(self.errors.on(step, Place::Macro.message()));
                }
            }
            Part::Arm(arm) => {
                self.attrs(&arm.attrs);
                self.reading().visit_pat(&arm.pat);
                self.body(&arm.body);
            }
            _ => return Walk::Into,
        }
        Walk::Past
    }
}

/// Reports a step on the left of an operator: it would be the operand alone.
pub(super) fn not_a_value(expr: &Expr, at: Span, errors: &mut Diagnostics) -> Option<Reported> {
    let place = match expr {
        expr if place::assigns(expr) => Place::Assignment,
        Expr::Binary(_) | Expr::Cast(_) => Place::Binary,
        _ => return None,
    };
    Some(errors.at(at, place.message()))
}
