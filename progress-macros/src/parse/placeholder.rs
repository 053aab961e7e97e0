//! What stands for the part of a body that is still to be written, from its parsing to its
//! expansion: an editor gets nothing in its place in the end, and rustc a message.

use crate::errors::Errors;
use crate::syntax::{self, is_punct};
use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, Member, Stmt, Type};

/// Stands for what is missing; as a macro, around what is broken.
pub(super) const PLACEHOLDER: &str = "__unfinished";

const DOT: &str = "expected a field or a method after this `.`";
const PATH: &str = "expected a name after this `::`";

/// Whether an expression stands for one that could not be read, which has been reported.
pub(crate) fn is_broken(expr: &Expr) -> bool {
    match expr {
        Expr::Macro(expr) => is_broken_macro(&expr.mac),
        Expr::Field(field) => matches!(&field.member, Member::Named(name) if name == PLACEHOLDER),
        Expr::Path(path) => path.path.segments.iter().any(|part| part.ident == PLACEHOLDER),
        _ => false,
    }
}

pub(crate) fn is_broken_macro(mac: &syn::Macro) -> bool {
    let name = mac.path.segments.last().map(|last| last.ident.to_string());
    matches!(name.as_deref(), Some(PLACEHOLDER | "compile_error"))
}

/// Takes the placeholders out again, and what they hold with them. Where nothing is wrong there are none.
pub(crate) fn forget_repairs(tokens: TokenStream, errors: &Errors) -> TokenStream {
    match errors.any() || errors.editor() {
        true => without_placeholders(tokens),
        false => tokens,
    }
}

fn without_placeholders(tokens: TokenStream) -> TokenStream {
    let mut kept = TokenStream::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Ident(name) if name == PLACEHOLDER => {
                if is_punct(tokens.peek(), '!') {
                    tokens.next();
                    if let Some(TokenTree::Group(broken)) = tokens.next() {
                        kept.extend(broken.stream());
                    }
                }
            }
            token => kept.extend([within_group(token, without_placeholders)]),
        }
    }
    kept
}

/// Puts a message in the place of every unfinished name.
pub(super) struct Unfinished<'a> {
    pub(super) errors: &'a mut Errors,
}

impl Unfinished<'_> {
    pub(super) fn statement(&mut self, stmt: &mut Stmt) {
        self.visit_stmt_mut(stmt);
        if let Some(span) = placeholder(stmt.to_token_stream()) {
            // In a pattern, an item, a macro: somewhere a message cannot stand.
            let error = self.errors.in_place(span, "expected a name here");
            *stmt = Stmt::Expr(Expr::Verbatim(error), Some(syn::Token![;](span)));
        }
    }
}

/// Where there is a placeholder, if there is one.
fn placeholder(tokens: TokenStream) -> Option<Span> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Ident(name) if name == PLACEHOLDER => Some(name.span()),
        TokenTree::Group(group) => placeholder(group.stream()),
        _ => None,
    })
}

impl VisitMut for Unfinished<'_> {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        visit_mut::visit_type_mut(self, ty);
        if let Type::Path(path) = ty
            && let Some(last) = path.path.segments.last()
            && last.ident == PLACEHOLDER
        {
            let error = self.errors.in_place(last.ident.span(), PATH);
            *ty = Type::Verbatim(error);
        }
    }

    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        visit_mut::visit_expr_mut(self, expr);
        let (base, span, message) = match expr {
            Expr::Field(field) => match &field.member {
                Member::Named(name) if name == PLACEHOLDER => {
                    (field.base.to_token_stream(), field.dot_token.spans[0], DOT)
                }
                _ => return,
            },
            Expr::MethodCall(call) if call.method == PLACEHOLDER => {
                (call.receiver.to_token_stream(), call.dot_token.spans[0], DOT)
            }
            Expr::Path(path) => match path.path.segments.last() {
                Some(last) if last.ident == PLACEHOLDER => {
                    (TokenStream::new(), last.ident.span(), PATH)
                }
                _ => return,
            },
            _ => return,
        };
        let attrs = syntax::expr_attrs_mut(expr).map(std::mem::take).unwrap_or_default();
        let error = self.errors.in_place(span, message);
        *expr = match syn::parse2(quote_spanned!(span=> { #base; #error })) {
            // In parentheses, as it may be what is assigned to, or called.
            Ok(block) => {
                let block = syn::ExprBlock { attrs: Vec::new(), label: None, block };
                let expr = Box::new(Expr::Block(block));
                Expr::Paren(syn::ExprParen { attrs, paren_token: syn::token::Paren(span), expr })
            }
            Err(_) => Expr::Verbatim(error),
        };
    }
}

fn within_group(token: TokenTree, change: fn(TokenStream) -> TokenStream) -> TokenTree {
    match token {
        TokenTree::Group(group) => regroup(&group, change(group.stream())).into(),
        token => token,
    }
}

pub(super) fn regroup(group: &Group, stream: TokenStream) -> Group {
    let mut regrouped = Group::new(group.delimiter(), stream);
    regrouped.set_span(group.span());
    regrouped
}
