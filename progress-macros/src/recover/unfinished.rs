//! Replacements for broken code and for names that are still to be typed.

use crate::diagnostics::Diagnostics;
use crate::syntax::walk::{PartMut, Rewriter, Rewriting, Walk};
use crate::syntax::{hole, place};
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, ExprBlock, ExprParen, Member, Stmt, Type};

const DOT: &str = "expected a field or a method after this `.`";
const PATH: &str = "expected a name after this `::`";

/// Replaces broken code: by itself in a hole for an editor, by a message for rustc.
pub(super) fn broken(
    span: Span,
    message: &str,
    code: TokenStream,
    errors: &mut Diagnostics,
) -> TokenStream {
    if errors.for_editor() {
        errors.at(span, message);
        hole::around(code, span)
    } else {
        errors.in_place(span, message).0
    }
}

/// For rustc: puts a message in the place of every name that is still to be typed.
pub(super) struct Unfinished<'a> {
    pub(super) errors: &'a mut Diagnostics,
}

impl Unfinished<'_> {
    pub(super) fn statement(&mut self, stmt: &mut Stmt) {
        Rewriting(self).visit_stmt_mut(stmt);
        if let Some(span) = hole::first(stmt.to_token_stream()) {
            // It is in a pattern, an item or a macro, where a message cannot always stand.
            let (error, _) = self.errors.in_place(span, "expected a name here");
            *stmt = Stmt::Expr(Expr::Verbatim(error), Some(syn::Token![;](span)));
        }
    }

    fn ty(&mut self, ty: &mut Type) {
        if let Type::Path(path) = ty
            && let Some(last) = path.path.segments.last()
            && hole::is(&last.ident)
        {
            let (error, _) = self.errors.in_place(last.ident.span(), PATH);
            *ty = Type::Verbatim(error);
        }
    }

    fn expr(&mut self, expr: &mut Expr) {
        let (base, span, message) = match expr {
            Expr::Field(field) => match &field.member {
                Member::Named(name) if hole::is(name) => {
                    (field.base.to_token_stream(), field.dot_token.spans[0], DOT)
                }
                _ => return,
            },
            Expr::MethodCall(call) if hole::is(&call.method) => {
                (call.receiver.to_token_stream(), call.dot_token.spans[0], DOT)
            }
            Expr::Path(path) => match path.path.segments.last() {
                Some(last) if hole::is(&last.ident) => {
                    (TokenStream::new(), last.ident.span(), PATH)
                }
                _ => return,
            },
            _ => return,
        };
        let attrs = place::expr_attrs_mut(expr).map(std::mem::take).unwrap_or_default();
        let (error, _) = self.errors.in_place(span, message);
        *expr = match syn::parse2(quote_spanned!(span=> { #base; #error })) {
            // It may be assigned to, or called: hence the parentheses.
            Ok(block) => {
                let block = ExprBlock { attrs: Vec::new(), label: None, block };
                let expr = Box::new(Expr::Block(block));
                Expr::Paren(ExprParen { attrs, paren_token: syn::token::Paren(span), expr })
            }
            Err(_) => Expr::Verbatim(error),
        };
    }
}

impl Rewriter for Unfinished<'_> {
    /// Changes the inner parts first.
    fn rewrite(&mut self, part: PartMut<'_>) -> Walk {
        match part {
            PartMut::Type(ty) => {
                visit_mut::visit_type_mut(&mut Rewriting(self), ty);
                self.ty(ty);
                Walk::Past
            }
            PartMut::Expr(expr) => {
                visit_mut::visit_expr_mut(&mut Rewriting(self), expr);
                self.expr(expr);
                Walk::Past
            }
            _ => Walk::Into,
        }
    }
}
