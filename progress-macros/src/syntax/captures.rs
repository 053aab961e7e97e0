//! What a closure borrows from the code around it.

use super::walk::{Part, Reader, Reading, Walk};
use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::visit::Visit;
use syn::{Expr, Pat};

/// Whether a function borrows nothing while it exists: it is named, or a closure that names only
/// what it binds itself. A name in capitals, or behind a `::`, is no variable.
pub(crate) fn captures_nothing(function: &Expr) -> bool {
    match function {
        Expr::Path(_) => true,
        Expr::Closure(_) => {
            let mut bound = Bound(Vec::new());
            Reading(&mut bound).visit_expr(function);
            let mut captures = Captures { bound: bound.0, found: false };
            Reading(&mut captures).visit_expr(function);
            !captures.found
        }
        _ => false,
    }
}

struct Bound(Vec<Ident>);

impl Reader for Bound {
    fn read(&mut self, part: Part<'_>) -> Walk {
        if let Part::Pat(Pat::Ident(pat)) = part {
            self.0.push(pat.ident.clone());
        }
        Walk::Into
    }
}

struct Captures {
    bound: Vec<Ident>,
    found: bool,
}

impl Captures {
    fn name(&mut self, name: &Ident) {
        let is_variable = !name.to_string().starts_with(char::is_uppercase);
        self.found |= is_variable && !self.bound.contains(name);
    }

    fn tokens(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Ident(name) => self.name(&name),
                TokenTree::Group(group) => self.tokens(group.stream()),
                // A format string may capture.
                TokenTree::Literal(text) => self.found |= text.to_string().contains('{'),
                TokenTree::Punct(_) => {}
            }
        }
    }
}

impl Reader for Captures {
    fn read(&mut self, part: Part<'_>) -> Walk {
        match part {
            Part::Expr(Expr::Path(path)) => {
                if let Some(name) = path.path.get_ident() {
                    self.name(name);
                }
            }
            Part::Expr(Expr::Verbatim(tokens)) => self.tokens(tokens.clone()),
            Part::Macro(mac) => {
                self.tokens(mac.tokens.clone());
                return Walk::Past;
            }
            Part::Item(_) => return Walk::Past,
            _ => {}
        }
        Walk::Into
    }
}
