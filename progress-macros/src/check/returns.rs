//! The return type, as far as the body demands something of it.

use super::Check;
use crate::diagnostics::Reported;
use crate::syntax::flow::Flow;
use syn::{ReturnType, Type};

impl Check<'_> {
    /// Reports the first `?` of a workflow whose return type cannot hold its error. For a type
    /// alias, only rustc can tell.
    pub(super) fn question_marks(&mut self) -> Option<Reported> {
        let returns = match &self.workflow.function.sig.output {
            ReturnType::Default => None,
            ReturnType::Type(_, ty) => Some(&**ty),
        };
        if !returns.is_none_or(never_fails) {
            return None;
        }
        let question = Flow::of(|reading| self.workflow.body.visit_code(reading)).question?;
        let message = match returns {
            None => {
                "`?` needs a workflow that returns a `Result`: \
                 add `-> Result<(), Error>`, and `Ok(())` at the end"
            }
            Some(_) => "`?` needs a workflow that returns a `Result`",
        };
        Some(self.errors.at(question, message))
    }
}

/// Whether a type is one that every program has, and no `Result`.
fn never_fails(ty: &Type) -> bool {
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
