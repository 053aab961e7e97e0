//! Step attributes where no step can be. They are reported and taken off, so that rustc does not
//! report them a second time, as attributes that it cannot find.

use super::shape;
use crate::errors::Errors;
use crate::parse::attributes::{self, NAMES};
use crate::syntax;
use proc_macro2::{Span, TokenTree};
use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, Block, Expr, Meta, Pat, Stmt};

/// Where an attribute stands; says how the mend is called.
#[derive(Clone, Copy)]
enum Place {
    /// In a list, where only the `#[step]` itself is missing.
    Statement,
    If,
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
    Expression,
}

impl Place {
    fn message(self) -> &'static str {
        match self {
            Self::Statement => "goes with a `#[step]`, which this statement does not have",
            Self::If => "a step cannot stand in a plain `if`: put `#[step]` on the `if` itself",
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
            Self::Expression => "a step is a statement: bind its value with `let`, and use that",
        }
    }
}

/// Reports the attributes of steps in code that has no share to divide.
pub(crate) struct Strip<'a> {
    errors: &'a mut Errors,
    place: Place,
    /// What lacks an attribute is reported once, however many steps it has.
    told: bool,
    /// The statement lacks the `#[step]` that the steps in it need too, which has been reported.
    quiet: bool,
}

impl<'a> Strip<'a> {
    pub(crate) fn plain(errors: &'a mut Errors) -> Self {
        Self { errors, place: Place::Statement, told: false, quiet: false }
    }

    fn at(errors: &'a mut Errors, place: Place) -> Self {
        Self { errors, place, told: false, quiet: false }
    }

    fn strip(&mut self, attrs: &mut Vec<Attribute>) {
        let (ours, others): (Vec<_>, Vec<_>) =
            std::mem::take(attrs).into_iter().partition(|attr| attributes::name(attr).is_some());
        *attrs = others;
        let Some(attr) = ours.iter().find(|attr| attributes::is_step(attr)).or(ours.first()) else {
            return;
        };
        match self.place {
            _ if self.quiet => {}
            Place::Statement => {
                self.quiet = ours.iter().any(|attr| {
                    attr.path().is_ident("parallel") || attr.path().is_ident("concurrent")
                });
                let name = attributes::name(attr).unwrap_or_default();
                self.errors.on(attr, format!("`#[{name}]` {}", self.place.message()));
            }
            _ if self.told => {}
            Place::Unbounded(keyword) => self.errors.at(keyword, self.place.message()),
            place => self.errors.on(attr, place.message()),
        }
        self.told = true;
    }

    fn within(&mut self, place: Place, visit: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.place, place);
        let told = std::mem::replace(&mut self.told, false);
        visit(self);
        self.place = outer;
        self.told = told;
    }
}

impl Strip<'_> {
    /// What a closure or an arm runs; its block is not a plain one.
    fn body(&mut self, body: &mut Expr) {
        match body {
            Expr::Block(block) => self.visit_block_mut(&mut block.block),
            body => self.visit_expr_mut(body),
        }
    }
}

impl VisitMut for Strip<'_> {
    fn visit_stmt_mut(&mut self, stmt: &mut Stmt) {
        let quiet = self.quiet;
        match stmt {
            Stmt::Local(local) => {
                self.strip(&mut local.attrs);
                self.visit_pat_mut(&mut local.pat);
                if let Some(init) = &mut local.init {
                    self.within(Place::Let, |strip| strip.visit_expr_mut(&mut init.expr));
                    if let Some((_, block)) = &mut init.diverge {
                        self.within(Place::Else, |strip| strip.body(block));
                    }
                }
            }
            Stmt::Macro(mac) => self.strip(&mut mac.attrs),
            Stmt::Item(item) => self.visit_item_mut(item),
            Stmt::Expr(expr, _) => self.visit_expr_mut(expr),
        }
        self.quiet = quiet;
    }

    fn visit_item_mut(&mut self, item: &mut syn::Item) {
        let place = match item {
            syn::Item::Fn(_) | syn::Item::Mod(_) | syn::Item::Impl(_) => Place::Item,
            _ => Place::NoStatement,
        };
        self.within(place, |strip| {
            if let Some(attrs) = syntax::item_attrs_mut(item) {
                strip.strip(attrs);
            }
            visit_mut::visit_item_mut(strip, item);
        });
    }

    fn visit_arm_mut(&mut self, arm: &mut syn::Arm) {
        self.strip(&mut arm.attrs);
        self.visit_pat_mut(&mut arm.pat);
        self.body(&mut arm.body);
    }

    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        if let Some(attrs) = syntax::expr_attrs_mut(expr) {
            self.strip(attrs);
        }
        let assigns = assigns(expr);
        let place = match expr {
            Expr::If(expr) => {
                self.within(Place::Expression, |strip| strip.visit_expr_mut(&mut expr.cond));
                self.within(Place::If, |strip| strip.visit_block_mut(&mut expr.then_branch));
                if let Some((_, rest)) = &mut expr.else_branch {
                    self.within(Place::If, |strip| strip.body(rest));
                }
                return;
            }
            Expr::Closure(closure) => {
                self.within(Place::Closure, |strip| strip.body(&mut closure.body));
                return;
            }
            Expr::Match(_) => Place::Match,
            Expr::ForLoop(_) => Place::For,
            Expr::While(expr) => Place::Unbounded(expr.while_token.span),
            Expr::Loop(expr) => Place::Unbounded(expr.loop_token.span),
            Expr::Unsafe(_) => Place::Unsafe,
            Expr::Block(_) | Expr::Const(_) => Place::Block,
            Expr::Async(_) => Place::Async,
            _ if assigns => Place::Assignment,
            Expr::Binary(_) | Expr::Cast(_) => Place::Binary,
            Expr::Tuple(_) => Place::Tuple,
            _ => Place::Expression,
        };
        self.within(place, |strip| visit_mut::visit_expr_mut(strip, expr));
    }
}

pub(crate) fn strip_stmt(stmt: &mut Stmt, errors: &mut Errors) {
    Strip::plain(errors).visit_stmt_mut(stmt);
}

pub(crate) fn strip_block(block: &mut Block, errors: &mut Errors) {
    Strip::plain(errors).visit_block_mut(block);
}

pub(crate) fn strip_expr(expr: &mut Expr, errors: &mut Errors) {
    Strip::at(errors, Place::Expression).visit_expr_mut(expr);
}

pub(crate) fn strip_pat(pat: &mut Pat, errors: &mut Errors) {
    Strip::at(errors, Place::Expression).visit_pat_mut(pat);
}

/// The `else` of a `let`.
pub(crate) fn strip_else(block: &mut Expr, errors: &mut Errors) {
    Strip::at(errors, Place::Else).body(block);
}

/// An arm of a step with several: it can use the share, but not divide it.
pub(crate) fn strip_arm(expr: &mut Expr, errors: &mut Errors) {
    Strip::at(errors, Place::Arm).body(expr);
}

fn assigns(expr: &Expr) -> bool {
    use syn::BinOp::{
        AddAssign, BitAndAssign, BitOrAssign, BitXorAssign, DivAssign, MulAssign, RemAssign,
        ShlAssign, ShrAssign, SubAssign,
    };
    match expr {
        Expr::Assign(_) => true,
        Expr::Binary(binary) => matches!(
            binary.op,
            AddAssign(_)
                | SubAssign(_)
                | MulAssign(_)
                | DivAssign(_)
                | RemAssign(_)
                | BitXorAssign(_)
                | BitAndAssign(_)
                | BitOrAssign(_)
                | ShlAssign(_)
                | ShrAssign(_)
        ),
        _ => false,
    }
}

/// A step on the left of an operator would be the operand alone.
pub(crate) fn not_a_value(expr: &Expr, span: Span, errors: &mut Errors) {
    match expr {
        expr if assigns(expr) => errors.at(span, Place::Assignment.message()),
        Expr::Binary(_) | Expr::Cast(_) => errors.at(span, Place::Binary.message()),
        _ => {}
    }
}

/// Attributes that rustc knows, in whatever place.
const OTHERS: [&str; 24] = [
    "allow",
    "automatically_derived",
    "cfg",
    "cfg_attr",
    "cold",
    "coverage",
    "deny",
    "deprecated",
    "derive",
    "doc",
    "expect",
    "forbid",
    "ignore",
    "inline",
    "macro_use",
    "must_use",
    "no_mangle",
    "non_exhaustive",
    "path",
    "repr",
    "rustfmt",
    "test",
    "track_caller",
    "warn",
];

/// Reports `#[stpe(…)]` and `#[progress_runtime::step(…)]`, and reads them as what they were meant
/// to be. Tells whether there is one that only rustc can name.
pub(crate) fn misspelt(stmt: &mut Stmt, errors: &mut Errors) -> bool {
    let attrs = match stmt {
        Stmt::Item(item) => syntax::item_attrs_mut(item),
        stmt => return misspelt_among(syntax::leading_attrs_mut(stmt), &NAMES, errors),
    };
    misspelt_among(attrs, &NAMES, errors);
    false
}

/// Reports and takes off `#[cfg_attr(…, step(…))]`. Tells whether there was one.
pub(crate) fn is_conditional(stmt: &mut Stmt, errors: &mut Errors) -> bool {
    let Some(attrs) = syntax::leading_attrs_mut(stmt) else { return false };
    let all = attrs.len();
    attrs.retain(|attr| {
        let Meta::List(list) = &attr.meta else { return true };
        let conditional = list.path.is_ident("cfg_attr")
            && list
                .tokens
                .clone()
                .into_iter()
                .any(|token| matches!(token, TokenTree::Ident(word) if word == "step"));
        if conditional {
            errors.on(attr, shape::ALWAYS);
        }
        !conditional
    });
    attrs.len() < all
}

/// Reports `step!(1, "…")`, which is no statement. Tells whether it is one.
pub(crate) fn is_called(stmt: &Stmt, errors: &mut Errors) -> bool {
    let mac = match stmt {
        Stmt::Macro(stmt) => &stmt.mac,
        Stmt::Expr(Expr::Macro(expr), _) => &expr.mac,
        _ => return false,
    };
    let ours = mac.path.is_ident("step")
        && matches!(mac.tokens.clone().into_iter().next(), Some(TokenTree::Literal(_)));
    if ours {
        let arguments = &mac.tokens;
        errors.on(&mac.path, format!("this is an attribute: write `#[step({arguments})]`"));
    }
    ours
}

/// Reports `#[totla(…)]` on the function.
pub(crate) fn misspelt_total(attrs: &mut Vec<Attribute>, errors: &mut Errors) {
    misspelt_among(Some(attrs), &["total"], errors);
}

fn misspelt_among(
    attrs: Option<&mut Vec<Attribute>>,
    names: &[&'static str],
    errors: &mut Errors,
) -> bool {
    let mut unknown = false;
    for attr in attrs.into_iter().flatten() {
        let meant = match attr.path().get_ident() {
            Some(ident) => {
                let name = ident.to_string();
                if NAMES.contains(&name.as_str()) || OTHERS.contains(&name.as_str()) {
                    continue;
                }
                let meant = names.iter().find(|meant| is_near(&name, meant));
                if let Some(meant) = meant {
                    let message =
                        format!("unknown step attribute `{name}`; did you mean `{meant}`?");
                    errors.at(ident.span(), message);
                }
                // An editor may be asked to finish the word.
                unknown |= meant.is_none() || errors.editor();
                meant.filter(|_| !errors.editor())
            }
            None => {
                let segments: Vec<_> =
                    attr.path().segments.iter().map(|segment| segment.ident.to_string()).collect();
                let ours = segments.iter().any(|name| name == "progress_runtime" || name == "attr");
                let meant =
                    names.iter().find(|meant| ours && segments.last().is_some_and(|l| l == *meant));
                if let Some(meant) = meant {
                    errors.on(attr.path(), format!("write `#[{meant}]`, without a path"));
                }
                meant
            }
        };
        if let Some(meant) = meant {
            let span = attr.path().segments.last().map_or_else(Span::call_site, |s| s.ident.span());
            let path = syn::Path::from(proc_macro2::Ident::new(meant, span));
            match &mut attr.meta {
                syn::Meta::Path(_) if *meant == "step" => {
                    let word = proc_macro2::Ident::new(attributes::UNTOLD, span);
                    attr.meta = syn::parse_quote!(#path(#word));
                }
                syn::Meta::Path(old) => *old = path,
                syn::Meta::List(list) => list.path = path,
                syn::Meta::NameValue(pair) => pair.path = path,
            }
        }
    }
    unknown
}

/// One slip of the fingers away: a letter too many, too few, another, or two swapped; in a long
/// word two. Or its beginning.
fn is_near(name: &str, meant: &str) -> bool {
    let name = name.to_lowercase();
    if name.len() > 1 && meant.starts_with(&name) {
        return true;
    }
    let (name, meant): (Vec<_>, Vec<_>) = (name.chars().collect(), meant.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=meant.len()).collect();
    for (i, letter) in name.iter().enumerate() {
        let mut next = vec![i + 1];
        for (j, other) in meant.iter().enumerate() {
            let swapped = i > 0 && j > 0 && name[i - 1] == *other && meant[j - 1] == *letter;
            let mut least =
                (row[j] + usize::from(letter != other)).min(row[j + 1] + 1).min(next[j] + 1);
            if swapped {
                least = least.min(before[j - 1] + 1);
            }
            next.push(least);
        }
        before = std::mem::replace(&mut row, next);
    }
    row.last().is_some_and(|distance| *distance <= if meant.len() > 5 { 2 } else { 1 })
}
