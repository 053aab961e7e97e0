//! The values that a step ends by, in a future whose types are known only at its end.
//!
//! A step assigns `__judgedN`, which ties the types of the value and of its judge to a variable.
//! Behind the `return` of the future, method resolution chooses the judge. Code that is never
//! reached has no cost, and no part in the borrows of the value.

use super::durable;
use super::quote::quote_mixed;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote_spanned};
use std::cell::RefCell;

#[derive(Default)]
pub(super) struct JudgedValues {
    judged: RefCell<Vec<Ident>>,
    /// The values that are kept, whose keepers are chosen in the same way.
    keepers: RefCell<Vec<Ident>>,
}

impl JudgedValues {
    /// The variable for another value, which rustc points at if it cannot know the type.
    pub(super) fn variable(&self, value: Span) -> Ident {
        let mut variables = self.judged.borrow_mut();
        let at = Span::mixed_site().located_at(value);
        let variable = format_ident!("__judged{}", variables.len(), span = at);
        variables.push(variable.clone());
        variable
    }

    /// The variable for the keeper of another value.
    pub(super) fn keeper(&self, value: Span) -> Ident {
        let mut keepers = self.keepers.borrow_mut();
        let at = Span::mixed_site().located_at(value);
        let keeper = format_ident!("__keeper{}", keepers.len(), span = at);
        keepers.push(keeper.clone());
        keeper
    }

    /// The variables, in front of the code that assigns them.
    pub(super) fn declarations(&self) -> TokenStream {
        let (judged, keepers) = (self.judged.borrow(), self.keepers.borrow());
        let variables = judged.iter().chain(&*keepers);
        quote_mixed!(#(#[allow(unused_mut)] let mut #variables;)*)
    }

    /// The end of a future inside the workflow: its value, and the choices.
    pub(super) fn returning(&self, value: TokenStream, runtime: &TokenStream) -> TokenStream {
        if self.judged.borrow().is_empty() && self.keepers.borrow().is_empty() {
            return value;
        }
        let choices = self.choices(runtime);
        quote_mixed!(return #value; #choices)
    }

    /// The choices, behind the `return` of the future.
    pub(super) fn choices(&self, runtime: &TokenStream) -> TokenStream {
        let variables = self.judged.borrow();
        let keepers = durable::choices(&self.keepers.borrow(), runtime);
        if variables.is_empty() {
            return keepers;
        }
        let choices = variables.iter().map(|variable| {
            let at = variable.span();
            quote_spanned!(at=> #variable.by((&&&&#variable.probe()).judge());)
        });
        quote_mixed! {
            #[allow(unreachable_code, unused_imports, clippy::needless_borrow)]
            {
                use #runtime::__private::{
                    ByDebug as _, ByName as _, ByNothing as _, ByOutcome as _,
                };
                #(#choices)*
            };
            #keepers
        }
    }
}
