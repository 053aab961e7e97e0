//! The places of attributes and expressions in a statement.

use syn::{Attribute, BinOp, Expr, Item, Stmt, Type};

/// Defines access to the attributes of an enum of syn, for the kinds that have any.
macro_rules! attrs_of {
    ($enum:ident, $attrs:ident, $attrs_mut:ident: $($kind:ident)*) => {
        pub(crate) fn $attrs(syntax: &$enum) -> Option<&Vec<Attribute>> {
            match syntax {
                $($enum::$kind(syntax) => Some(&syntax.attrs),)*
                _ => None,
            }
        }

        pub(crate) fn $attrs_mut(syntax: &mut $enum) -> Option<&mut Vec<Attribute>> {
            match syntax {
                $($enum::$kind(syntax) => Some(&mut syntax.attrs),)*
                _ => None,
            }
        }
    };
}

// Of the expressions, those that can be a step.
attrs_of! {
    Expr, expr_attrs, expr_attrs_mut:
    Array Async Await Block Break Call Closure Const Continue Field ForLoop Group If Index Infer
    Let Lit Loop Macro Match MethodCall Paren Path Range RawAddr Reference Repeat Return Struct
    Try TryBlock Tuple Unary Unsafe While Yield
}

attrs_of! {
    Item, item_attrs, item_attrs_mut:
    Const Enum ExternCrate Fn ForeignMod Impl Macro Mod Static Struct Trait TraitAlias Type Union
    Use
}

/// Whether an item is under `#[workflow]`, so that the attributes in it are its own.
pub(crate) fn is_workflow(item: &Item) -> bool {
    let is_workflow =
        |attr: &Attribute| attr.path().segments.last().is_some_and(|last| last.ident == "workflow");
    item_attrs(item).is_some_and(|attrs| attrs.iter().any(is_workflow))
}

/// The attributes in front of a statement. syn hangs them on its leftmost operand.
pub(crate) fn leading_attrs(stmt: &Stmt) -> Option<&Vec<Attribute>> {
    match stmt {
        Stmt::Local(local) => Some(&local.attrs),
        Stmt::Macro(mac) => Some(&mac.attrs),
        Stmt::Expr(expr, _) => expr_attrs(leftmost(expr)),
        Stmt::Item(_) => None,
    }
}

/// The attributes in front of a statement. syn hangs them on its leftmost operand.
pub(crate) fn leading_attrs_mut(stmt: &mut Stmt) -> Option<&mut Vec<Attribute>> {
    match stmt {
        Stmt::Local(local) => Some(&mut local.attrs),
        Stmt::Macro(mac) => Some(&mut mac.attrs),
        Stmt::Expr(expr, _) => expr_attrs_mut(leftmost_mut(expr)),
        Stmt::Item(_) => None,
    }
}

/// The operand that an expression begins with.
fn leftmost(expr: &Expr) -> &Expr {
    match expr {
        Expr::Assign(assign) => leftmost(&assign.left),
        Expr::Binary(binary) => leftmost(&binary.left),
        Expr::Cast(cast) => leftmost(&cast.expr),
        expr => expr,
    }
}

/// The operand that an expression begins with.
pub(crate) fn leftmost_mut(expr: &mut Expr) -> &mut Expr {
    match expr {
        Expr::Assign(assign) => leftmost_mut(&mut assign.left),
        Expr::Binary(binary) => leftmost_mut(&mut binary.left),
        Expr::Cast(cast) => leftmost_mut(&mut cast.expr),
        expr => expr,
    }
}

/// Whether an expression would mean something else at the start of a statement, where a block ends
/// the statement and `let` begins another.
pub(crate) fn is_cut_short(expr: &Expr) -> bool {
    let (left, joins) = match expr {
        Expr::Let(_) => return true,
        Expr::Assign(assign) => (&assign.left, true),
        Expr::Binary(binary) => (&binary.left, true),
        Expr::Cast(cast) => (&cast.expr, true),
        Expr::Call(call) => (&call.func, true),
        Expr::Index(index) => (&index.expr, true),
        Expr::Range(syn::ExprRange { start: Some(start), .. }) => (start, true),
        // A `.` or a `?` continues an expression after a block.
        Expr::Await(awaited) => (&awaited.base, false),
        Expr::Field(field) => (&field.base, false),
        Expr::MethodCall(call) => (&call.receiver, false),
        Expr::Try(tried) => (&tried.expr, false),
        _ => return false,
    };
    joins && ends_statement(left) || is_cut_short(left)
}

/// Whether an expression ends a statement without a `;`.
pub(crate) fn ends_statement(expr: &Expr) -> bool {
    match expr {
        Expr::Macro(expr) => matches!(expr.mac.delimiter, syn::MacroDelimiter::Brace(_)),
        expr => matches!(
            expr,
            Expr::Block(_)
                | Expr::Const(_)
                | Expr::ForLoop(_)
                | Expr::If(_)
                | Expr::Loop(_)
                | Expr::Match(_)
                | Expr::TryBlock(_)
                | Expr::Unsafe(_)
                | Expr::While(_)
        ),
    }
}

/// Whether an expression is a place, and runs no code but an index or a `Deref` of the user's.
pub(crate) fn is_place(expr: &Expr) -> bool {
    match expr {
        Expr::Path(_) => true,
        Expr::Field(field) => is_place(&field.base),
        Expr::Index(index) => {
            is_place(&index.expr) && matches!(*index.index, Expr::Path(_) | Expr::Lit(_))
        }
        Expr::Paren(paren) => is_place(&paren.expr),
        Expr::Unary(unary) => matches!(unary.op, syn::UnOp::Deref(_)) && is_place(&unary.expr),
        _ => false,
    }
}

/// Whether an expression assigns: `=`, `+=` and the like.
pub(crate) fn assigns(expr: &Expr) -> bool {
    match expr {
        Expr::Assign(_) => true,
        Expr::Binary(binary) => matches!(
            binary.op,
            BinOp::AddAssign(_)
                | BinOp::SubAssign(_)
                | BinOp::MulAssign(_)
                | BinOp::DivAssign(_)
                | BinOp::RemAssign(_)
                | BinOp::BitXorAssign(_)
                | BinOp::BitAndAssign(_)
                | BinOp::BitOrAssign(_)
                | BinOp::ShlAssign(_)
                | BinOp::ShrAssign(_)
        ),
        _ => false,
    }
}

/// Whether a type is one that every program has, and no `Result`.
pub(crate) fn never_fails(ty: &Type) -> bool {
    const PLAIN: [&str; 19] = [
        "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "str", "u8",
        "u16", "u32", "u64", "u128", "usize", "String", "Vec",
    ];
    match ty {
        Type::Tuple(_) | Type::Reference(_) | Type::Array(_) | Type::Slice(_) => true,
        Type::Path(ty) => match ty.path.segments.first() {
            Some(only) if ty.path.segments.len() == 1 => {
                PLAIN.iter().any(|plain| only.ident == plain)
            }
            _ => false,
        },
        _ => false,
    }
}
