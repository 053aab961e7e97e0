//! The collector of errors: every check writes into it, and all of them are reported at once.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};

/// The errors found so far, and who is going to read them.
#[derive(Default)]
pub(crate) struct Errors {
    found: Vec<syn::Error>,
    excused: bool,
    editor: bool,
}

impl Errors {
    /// For whoever runs this macro: the compiler, or the language server of an editor.
    pub(crate) fn for_the_caller() -> Self {
        let program = std::env::current_exe().ok();
        let name = program.as_deref().and_then(|path| path.file_stem());
        match name {
            Some(name) if name.to_string_lossy().starts_with("rust-analyzer") => {
                Self::for_an_editor()
            }
            _ => Self::default(),
        }
    }

    /// For an editor: what is half-written goes out as it is, to be completed.
    pub(crate) fn for_an_editor() -> Self {
        Self { editor: true, ..Self::default() }
    }

    /// Whether an editor reads the expansion.
    pub(crate) fn editor(&self) -> bool {
        self.editor
    }

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

    /// Reports a message in the place of an expression, a type or a statement. What stands there is
    /// of an erroneous type to rustc, which has nothing to add then.
    pub(crate) fn in_place(&mut self, span: Span, message: &str) -> TokenStream {
        self.excuse();
        in_place(span, message)
    }

    /// rustc is going to report something here, so that what follows from it is not for us to say.
    pub(crate) fn excuse(&mut self) {
        self.excused = true;
    }

    /// Where the reports are now, to come back to if an attempt to mend leads nowhere.
    pub(crate) fn mark(&self) -> (usize, bool) {
        (self.found.len(), self.excused)
    }

    /// Forgets what has been reported since.
    pub(crate) fn rewind(&mut self, (found, excused): (usize, bool)) {
        self.found.truncate(found);
        self.excused = excused;
    }

    /// How many there are, to see whether a check found any.
    pub(crate) fn count(&self) -> usize {
        self.found.len()
    }

    /// Whether something is wrong, whoever reports it.
    pub(crate) fn any(&self) -> bool {
        self.excused || !self.found.is_empty()
    }

    /// The statements that make rustc report what was found so far, for the body of a function: beside a
    /// `compile_error!` among the items of a module rustc reports no name that it does not find in all of the crate.
    ///
    /// An editor holds the body against itself with a word more, and has its messages apart.
    pub(crate) fn take(&mut self) -> TokenStream {
        if self.editor {
            return TokenStream::new();
        }
        self.excused |= !self.found.is_empty();
        let errors = self.found.drain(..).map(|error| error.to_compile_error());
        errors.map(|error| quote!(const _: () = #error;)).collect()
    }

    /// The items that make rustc report the rest.
    pub(crate) fn into_compile_errors(self) -> TokenStream {
        self.found.iter().map(syn::Error::to_compile_error).collect()
    }
}

/// A message in the place of an expression, a type or a statement.
pub(crate) fn in_place(span: Span, message: &str) -> TokenStream {
    quote_spanned!(span=> ::core::compile_error! { #message })
}
