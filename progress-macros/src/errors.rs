//! The collector of errors: every check writes into it, and all of them are reported at once.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;

/// The errors found so far.
#[derive(Default)]
pub(crate) struct Errors {
    found: Vec<syn::Error>,
}

impl Errors {
    /// Reports a message with the caret under the given span.
    pub(crate) fn at(&mut self, span: Span, message: impl std::fmt::Display) {
        self.found.push(syn::Error::new(span, message));
    }

    /// Reports a message with the caret under all of the given syntax.
    pub(crate) fn on(&mut self, syntax: impl ToTokens, message: impl std::fmt::Display) {
        self.found.push(syn::Error::new_spanned(syntax, message));
    }

    /// Takes over an error of the parser.
    pub(crate) fn push(&mut self, error: syn::Error) {
        self.found.push(error);
    }

    /// How many there are, to see whether a check found any.
    pub(crate) fn count(&self) -> usize {
        self.found.len()
    }

    /// The items that make rustc report them.
    pub(crate) fn into_compile_errors(self) -> TokenStream {
        self.found.iter().map(syn::Error::to_compile_error).collect()
    }
}
