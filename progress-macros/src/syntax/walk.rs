//! The two visitors of syn that the whole crate shares.
//!
//! Each implementor of `syn::visit::Visit` makes rustc compile some 150 functions. So there is one
//! for reading and one for rewriting, and each hands the parts that matter to a trait object.

use syn::visit::{self, Visit};
use syn::visit_mut::{self, VisitMut};
use syn::{Arm, Attribute, Block, Expr, Item, Local, Macro, Pat, Path, Stmt, Type};

/// Where a walk continues after a part.
pub(crate) enum Walk {
    /// Inside the part.
    Into,
    /// After the part.
    Past,
}

/// Syntax that a [`Reader`] is shown.
pub(crate) enum Part<'a> {
    Block(&'a Block),
    Stmt(&'a Stmt),
    Local(&'a Local),
    Expr(&'a Expr),
    Arm(&'a Arm),
    Macro(&'a Macro),
    Item(&'a Item),
    Pat(&'a Pat),
    Type(&'a Type),
    Path(&'a Path),
}

/// Looks at code, part by part, outermost first. Attributes are not part of the code.
pub(crate) trait Reader {
    fn read(&mut self, part: Part<'_>) -> Walk;
}

/// Walks code for a reader: `Reading(reader).visit_expr(expr)`.
pub(crate) struct Reading<'r>(pub(crate) &'r mut dyn Reader);

macro_rules! reading {
    ($($visit:ident: $part:ident,)*) => {
        impl<'ast> Visit<'ast> for Reading<'_> {
            $(fn $visit(&mut self, part: &'ast $part) {
                if let Walk::Into = self.0.read(Part::$part(part)) {
                    visit::$visit(self, part);
                }
            })*

            fn visit_attribute(&mut self, _: &'ast Attribute) {}
        }
    };
}

reading! {
    visit_block: Block,
    visit_stmt: Stmt,
    visit_local: Local,
    visit_expr: Expr,
    visit_arm: Arm,
    visit_macro: Macro,
    visit_item: Item,
    visit_pat: Pat,
    visit_type: Type,
    visit_path: Path,
}

/// Syntax that a [`Rewriter`] is shown.
pub(crate) enum PartMut<'a> {
    Stmt(&'a mut Stmt),
    Local(&'a mut Local),
    Expr(&'a mut Expr),
    Arm(&'a mut Arm),
    Macro(&'a mut Macro),
    Item(&'a mut Item),
    Type(&'a mut Type),
}

/// Changes code, part by part, outermost first.
pub(crate) trait Rewriter {
    fn rewrite(&mut self, part: PartMut<'_>) -> Walk;
}

/// Walks code for a rewriter: `Rewriting(rewriter).visit_expr_mut(expr)`.
pub(crate) struct Rewriting<'r>(pub(crate) &'r mut dyn Rewriter);

macro_rules! rewriting {
    ($($visit:ident: $part:ident,)*) => {
        impl VisitMut for Rewriting<'_> {
            $(fn $visit(&mut self, part: &mut $part) {
                if let Walk::Into = self.0.rewrite(PartMut::$part(part)) {
                    visit_mut::$visit(self, part);
                }
            })*

            fn visit_attribute_mut(&mut self, _: &mut Attribute) {}
        }
    };
}

rewriting! {
    visit_stmt_mut: Stmt,
    visit_local_mut: Local,
    visit_expr_mut: Expr,
    visit_arm_mut: Arm,
    visit_macro_mut: Macro,
    visit_item_mut: Item,
    visit_type_mut: Type,
}
