//! Uses of the share in code, and their replacement in code that has no share.

use super::tokens::{is_punct, regroup};
use super::walk::{Part, PartMut, Reader, Reading, Rewriter, Rewriting, Walk};
use proc_macro2::{Ident, Literal, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use std::ops::Range;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::visit::Visit;
use syn::visit_mut::VisitMut;
use syn::{Block, Expr, ExprAssign, ExprLit, Lit, Macro, Pat, Stmt, Token};

/// The first use of the share in the code that `visit` walks. The arguments of macros are searched
/// too, as far as they can be understood.
pub(crate) fn first_use(visit: impl FnOnce(&mut Reading<'_>), share: &Ident) -> Option<Ident> {
    let mut uses = ShareUses { share, first: None };
    visit(&mut Reading(&mut uses));
    uses.first
}

/// Whether an expression uses the share.
pub(crate) fn uses(expr: &Expr, share: &Ident) -> bool {
    first_use(|reading| reading.visit_expr(expr), share).is_some()
}

/// Finds the first use of the share. Other variables and nested items of that name are something
/// else.
struct ShareUses<'a> {
    share: &'a Ident,
    first: Option<Ident>,
}

impl ShareUses<'_> {
    fn search(&mut self, tokens: TokenStream) {
        let mut member = false;
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            let after_dot = std::mem::replace(&mut member, false);
            match &token {
                TokenTree::Ident(ident) => {
                    let field = is_punct(tokens.peek(), ':');
                    if ident == self.share && !after_dot && !field {
                        self.first.get_or_insert(ident.clone());
                    }
                }
                TokenTree::Punct(punct) => {
                    let range = is_punct(tokens.peek(), '.');
                    member = punct.as_char() == '.' && !range && !after_dot;
                }
                TokenTree::Group(group) => self.search(group.stream()),
                TokenTree::Literal(literal) => self.format_string(literal),
            }
        }
    }

    fn format_string(&mut self, literal: &Literal) {
        let text = literal.to_string();
        if is_string(&text) && capture(&text, self.share).is_some() {
            let mut used = self.share.clone();
            used.set_span(literal.span());
            self.first.get_or_insert(used);
        }
    }

    /// The statements of a block, up to one that gives the name to another variable.
    fn block(&mut self, block: &Block) {
        for stmt in &block.stmts {
            match stmt {
                Stmt::Local(local) if binding(&local.pat, self.share).is_some() => {
                    if let Some(init) = &local.init {
                        Reading(self).visit_expr(&init.expr);
                        init.diverge.iter().for_each(|(_, block)| Reading(self).visit_expr(block));
                    }
                    return;
                }
                stmt => Reading(self).visit_stmt(stmt),
            }
        }
    }

    /// An `if`, `while`, `for` or a chain of conditions, the rest of which has another variable of
    /// the name. Returns whether it is one.
    fn shadowing(&mut self, expr: &Expr) -> bool {
        let (head, rest) = match expr {
            Expr::ForLoop(each) if binding(&each.pat, self.share).is_some() => (&each.expr, None),
            Expr::Binary(both) if binds(&both.left, self.share) => (&both.left, None),
            Expr::While(each) if binds(&each.cond, self.share) => (&each.cond, None),
            Expr::If(expr) if binds(&expr.cond, self.share) => {
                (&expr.cond, expr.else_branch.as_ref())
            }
            _ => return false,
        };
        Reading(self).visit_expr(head);
        if let Some((_, rest)) = rest {
            Reading(self).visit_expr(rest);
        }
        true
    }

    fn arguments(&mut self, mac: &Macro) {
        match Arguments::of(mac, self.share) {
            Arguments::Nested => {}
            Arguments::Tokens => self.search(mac.tokens.clone()),
            Arguments::Exprs { list, shadowed } => {
                for argument in &list {
                    let value = match argument {
                        Expr::Assign(named) if is_named(named) => &named.right,
                        argument => argument,
                    };
                    match value {
                        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) if !shadowed => {
                            self.format_string(&text.token());
                        }
                        argument => Reading(self).visit_expr(argument),
                    }
                }
            }
        }
    }
}

impl Reader for ShareUses<'_> {
    fn read(&mut self, part: Part<'_>) -> Walk {
        if self.first.is_some() {
            return Walk::Past;
        }
        match part {
            Part::Expr(Expr::Path(path)) => {
                self.first = path.path.get_ident().filter(|name| *name == self.share).cloned();
                Walk::Past
            }
            Part::Expr(Expr::Closure(closure)) if takes(closure, self.share) => Walk::Past,
            Part::Expr(expr) if self.shadowing(expr) => Walk::Past,
            Part::Block(block) => {
                self.block(block);
                Walk::Past
            }
            Part::Arm(arm) if binding(&arm.pat, self.share).is_some() => Walk::Past,
            Part::Expr(Expr::Verbatim(tokens)) => {
                self.search(tokens.clone());
                Walk::Past
            }
            Part::Macro(mac) => {
                self.arguments(mac);
                Walk::Past
            }
            Part::Item(_) => Walk::Past,
            _ => Walk::Into,
        }
    }
}

/// Replaces every use of the share in code that has none. That was reported; the replacement has
/// the type of a share, so that rustc reports nothing else.
pub(crate) struct ErrorExpr<'a> {
    share: &'a Ident,
}

impl<'a> ErrorExpr<'a> {
    pub(crate) fn in_place_of(share: &'a Ident) -> Self {
        Self { share }
    }

    fn expr(&self) -> TokenStream {
        let span = Span::mixed_site().located_at(self.share.span());
        quote_spanned!(span=> (__rt::unreachable::<__rt::Progress>()))
    }

    fn tokens(&self, tokens: TokenStream) -> TokenStream {
        let mut replaced = TokenStream::new();
        for token in tokens {
            match token {
                TokenTree::Ident(ident) if ident == *self.share => replaced.extend(self.expr()),
                TokenTree::Group(group) => {
                    let inside = self.tokens(group.stream());
                    replaced.extend([TokenTree::Group(regroup(&group, inside))]);
                }
                TokenTree::Literal(text) => replaced.extend([self.format_string(text)]),
                token => replaced.extend([token]),
            }
        }
        replaced
    }

    /// A format string, with each capture of the share replaced by its name as plain text.
    fn format_string(&self, literal: Literal) -> TokenTree {
        let mut text = literal.to_string();
        if !is_string(&text) {
            return literal.into();
        }
        while let Some(capture) = capture(&text, self.share) {
            text.replace_range(capture, &self.share.to_string());
        }
        let mut plain = text.parse().unwrap_or(literal.clone());
        plain.set_span(literal.span());
        plain.into()
    }

    fn arguments(&mut self, mac: &mut Macro) {
        match Arguments::of(mac, self.share) {
            Arguments::Nested => {}
            Arguments::Tokens => mac.tokens = self.tokens(std::mem::take(&mut mac.tokens)),
            Arguments::Exprs { mut list, shadowed } => {
                for argument in &mut list {
                    match argument {
                        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) if !shadowed => {
                            let replaced = self.format_string(text.token());
                            *argument = Expr::Verbatim(replaced.into());
                        }
                        Expr::Assign(named) if is_named(named) => {
                            Rewriting(self).visit_expr_mut(&mut named.right);
                        }
                        argument => Rewriting(self).visit_expr_mut(argument),
                    }
                }
                mac.tokens = list.into_token_stream();
            }
        }
    }
}

impl Rewriter for ErrorExpr<'_> {
    fn rewrite(&mut self, part: PartMut<'_>) -> Walk {
        match part {
            PartMut::Expr(expr) => match expr {
                Expr::Path(path) if path.path.is_ident(self.share) => {
                    *expr = Expr::Verbatim(self.expr());
                    Walk::Past
                }
                Expr::Closure(closure) if takes(closure, self.share) => Walk::Past,
                _ => Walk::Into,
            },
            PartMut::Macro(mac) => {
                self.arguments(mac);
                Walk::Past
            }
            PartMut::Item(_) => Walk::Past,
            _ => Walk::Into,
        }
    }
}

/// The arguments of a macro, as far as they can be understood.
enum Arguments {
    /// A workflow inside a workflow: it has a share of its own, usually under the same name.
    Nested,
    /// A list of expressions. `shadowed` means that one is named like the share, as in
    /// `println!("{progress}", progress = 3)`, so that the format string does not capture the
    /// share.
    Exprs {
        list: Punctuated<Expr, Token![,]>,
        shadowed: bool,
    },
    Tokens,
}

impl Arguments {
    fn of(mac: &Macro, share: &Ident) -> Self {
        if mac.path.segments.last().is_some_and(|last| last.ident == "workflow") {
            return Self::Nested;
        }
        let Ok(list) = Punctuated::<Expr, Token![,]>::parse_terminated.parse2(mac.tokens.clone())
        else {
            return Self::Tokens;
        };
        let shadowed = list.iter().any(|argument| match argument {
            Expr::Assign(named) => {
                matches!(&*named.left, Expr::Path(path) if path.path.is_ident(share))
            }
            _ => false,
        });
        Self::Exprs { list, shadowed }
    }
}

/// Whether an argument is `name = value`.
fn is_named(argument: &ExprAssign) -> bool {
    matches!(*argument.left, Expr::Path(_))
}

fn is_string(literal: &str) -> bool {
    literal.ends_with(['"', '#'])
}

/// The bytes from `{` to `}` where a format string captures a variable.
fn capture(text: &str, name: &Ident) -> Option<Range<usize>> {
    let name = name.to_string();
    let mut from = 0;
    loop {
        let start = from + text.get(from..)?.find('{')?;
        let inside = text.get(start + 1..)?;
        if inside.starts_with('{') {
            from = start + 2;
            continue;
        }
        let end = start + 1 + inside.find('}')?;
        if inside.strip_prefix(&*name).is_some_and(|rest| rest.starts_with(['}', ':'])) {
            return Some(start..end + 1);
        }
        from = start + 1;
    }
}

fn takes(closure: &syn::ExprClosure, name: &Ident) -> bool {
    closure.inputs.iter().any(|input| binding(input, name).is_some())
}

/// Whether a condition binds a name: `let Some(name) = …`.
pub(crate) fn binds(condition: &Expr, name: &Ident) -> bool {
    match condition {
        Expr::Let(condition) => binding(&condition.pat, name).is_some(),
        Expr::Binary(both) => binds(&both.left, name) || binds(&both.right, name),
        Expr::Paren(condition) => binds(&condition.expr, name),
        _ => false,
    }
}

/// The place where a pattern binds a name.
pub(crate) fn binding(pat: &Pat, name: &Ident) -> Option<Ident> {
    struct Binding<'a>(&'a Ident, Option<Ident>);
    impl Reader for Binding<'_> {
        fn read(&mut self, part: Part<'_>) -> Walk {
            if let Part::Pat(Pat::Ident(pat)) = part
                && pat.ident == *self.0
            {
                self.1.get_or_insert(pat.ident.clone());
            }
            Walk::Into
        }
    }
    let mut found = Binding(name, None);
    Reading(&mut found).visit_pat(pat);
    found.1
}
