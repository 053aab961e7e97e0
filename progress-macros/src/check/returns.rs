//! The return type, as far as the body demands something of it.

use super::Check;
use crate::diagnostics::Reported;
use crate::syntax::flow::Flow;
use crate::syntax::place::never_fails;
use syn::ReturnType;

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
