//! The mark for a part of the source that is still to be written.
//!
//! syn parses complete syntax only, so half-written code carries a mark from its repair to its
//! expansion: an identifier in the place of a missing name, and a macro of that name around code
//! that does not parse. The expansion for rustc has a message instead, and that for an editor the
//! code as the user wrote it.

use super::tokens::{is_punct, regroup};
use super::walk::{Part, Reader, Reading, Walk};
use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::quote;
use syn::visit::Visit;
use syn::{Expr, Macro, Member};

const NAME: &str = "__unfinished";

const UNREAD: &str = "__unread";

/// A name that is still to be typed.
pub(crate) fn name(span: Span) -> Ident {
    Ident::new(NAME, span)
}

/// Broken code as it was written, in a macro that parses.
pub(crate) fn around(broken: TokenStream, span: Span) -> TokenStream {
    let name = name(span);
    quote!(#name! { #broken })
}

/// Whether a name is still to be typed.
pub(crate) fn is(name: &Ident) -> bool {
    name == NAME
}

/// Stands for the arguments of an attribute that has none, if its mistake was reported.
pub(crate) fn unread(span: Span) -> Ident {
    Ident::new(UNREAD, span)
}

pub(crate) fn is_unread(argument: &Ident) -> bool {
    argument == UNREAD
}

/// The first hole in these tokens.
pub(crate) fn first(tokens: TokenStream) -> Option<Span> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Ident(name) if is(&name) => Some(name.span()),
        TokenTree::Group(group) => first(group.stream()),
        _ => None,
    })
}

/// Whether an expression has a hole, or a message in the place of a part.
pub(crate) fn is_in(expr: &Expr) -> bool {
    struct Holes(bool);
    impl Reader for Holes {
        fn read(&mut self, part: Part<'_>) -> Walk {
            self.0 |= match part {
                Part::Macro(mac) => is_mark(mac),
                Part::Expr(Expr::Field(field)) => {
                    matches!(&field.member, Member::Named(name) if is(name))
                }
                Part::Expr(Expr::Path(path)) => {
                    path.path.segments.iter().any(|segment| is(&segment.ident))
                }
                _ => false,
            };
            Walk::Into
        }
    }
    let mut holes = Holes(false);
    Reading(&mut holes).visit_expr(expr);
    holes.0
}

fn is_mark(mac: &Macro) -> bool {
    let name = mac.path.segments.last().map(|last| &last.ident);
    name.is_some_and(|name| is(name) || name == "compile_error")
}

/// Removes the marks, so that only the user's code is left.
pub(crate) fn unmarked(tokens: TokenStream) -> TokenStream {
    let mut kept = TokenStream::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Ident(name) if is(&name) => {
                if is_punct(tokens.peek(), '!') {
                    tokens.next();
                    if let Some(TokenTree::Group(broken)) = tokens.next() {
                        kept.extend(broken.stream());
                    }
                }
            }
            TokenTree::Group(group) => {
                let group = regroup(&group, unmarked(group.stream()));
                kept.extend([TokenTree::Group(group)]);
            }
            token => kept.extend([token]),
        }
    }
    kept
}
