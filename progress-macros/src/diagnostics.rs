//! The collector of errors, and the token that proves that an error was reported.
//!
//! Every stage reports into one [`Diagnostics`] and continues as if the input were correct, so that
//! one run of the compiler shows every mistake. [`Reported`] keeps one mistake from causing a
//! second message: syntax that holds an error carries the token, and later stages leave that syntax
//! alone.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use std::fmt::Display;

/// Proof that the user will see an error. Only [`Diagnostics`] can make one.
#[derive(Clone, Copy)]
pub(crate) struct Reported(());

/// Who reads the expansion.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Audience {
    /// rustc: half-written code is replaced by a message.
    Compiler,
    /// A language server: half-written code is passed on as it is, so that it can be completed.
    Editor,
}

impl Audience {
    /// The program that runs this macro.
    pub(crate) fn of_this_process() -> Self {
        let program = std::env::current_exe().ok();
        match program.as_deref().and_then(|path| path.file_stem()) {
            Some(name) if name.to_string_lossy().starts_with("rust-analyzer") => Self::Editor,
            _ => Self::Compiler,
        }
    }
}

/// The errors found so far.
pub(crate) struct Diagnostics {
    audience: Audience,
    errors: Vec<syn::Error>,
    reported: Option<Reported>,
}

impl Diagnostics {
    pub(crate) fn new(audience: Audience) -> Self {
        Self { audience, errors: Vec::new(), reported: None }
    }

    /// Whether a language server reads the expansion.
    pub(crate) fn for_editor(&self) -> bool {
        self.audience == Audience::Editor
    }

    /// Reports a message that points at `span`.
    pub(crate) fn at(&mut self, span: Span, message: impl Display) -> Reported {
        self.push(syn::Error::new(span, message))
    }

    /// Reports a message that points at all of `syntax`.
    pub(crate) fn on(&mut self, syntax: impl ToTokens, message: impl Display) -> Reported {
        self.push(syn::Error::new_spanned(syntax, message))
    }

    /// Reports an error of syn's parser.
    pub(crate) fn push(&mut self, error: syn::Error) -> Reported {
        self.errors.push(error);
        self.rustc_will_report()
    }

    /// Records that rustc itself reports an error in the expansion.
    pub(crate) fn rustc_will_report(&mut self) -> Reported {
        *self.reported.insert(Reported(()))
    }

    /// Reports a message through the returned tokens, which replace an expression, a type or a
    /// statement. To rustc they have the error type, so it reports nothing else about that place.
    pub(crate) fn in_place(&mut self, span: Span, message: &str) -> (TokenStream, Reported) {
        (compile_error(span, message), self.rustc_will_report())
    }

    /// Reports a message through the returned type. To rustc it is the error type: whatever is done
    /// with a value of it is right. A `compile_error!` as a type would be `()`.
    pub(crate) fn in_type(&mut self, span: Span, message: &str) -> TokenStream {
        let (error, _) = self.in_place(span, message);
        quote!([(); #error])
    }

    /// Whether anything was reported, in whatever form.
    pub(crate) fn reported(&self) -> Option<Reported> {
        self.reported
    }

    /// An empty collector for a repair that may fail. [`adopt`](Self::adopt) it if the repair
    /// worked.
    pub(crate) fn attempt(&self) -> Self {
        Self::new(self.audience)
    }

    /// Takes over the errors of a repair that worked.
    pub(crate) fn adopt(&mut self, attempt: Self) {
        self.errors.extend(attempt.errors);
        self.reported = self.reported.or(attempt.reported);
    }

    /// Moves the errors found so far into statements for the body of a function. As expressions,
    /// they keep rustc from checking the borrows of that body, whose code may not mean what the user
    /// meant.
    ///
    /// A `compile_error!` among the items of a module stops rustc's name resolution, and unresolved
    /// names anywhere in the crate would go unreported. For an editor this returns nothing:
    /// rust-analyzer compares two expansions, with and without the word being typed, so errors must
    /// not appear inside the body. They are emitted as separate items.
    pub(crate) fn take_statements(&mut self) -> TokenStream {
        if self.for_editor() {
            return TokenStream::new();
        }
        let errors = in_order(std::mem::take(&mut self.errors));
        errors.map(|error| quote!(let () = #error;)).collect()
    }

    /// The items that make rustc report the remaining errors.
    pub(crate) fn into_items(self) -> TokenStream {
        in_order(self.errors).collect()
    }
}

/// The errors in the order of the source, whichever stage found them.
fn in_order(mut errors: Vec<syn::Error>) -> impl Iterator<Item = TokenStream> {
    errors.sort_by_key(|error| {
        let start = error.span().start();
        (start.line, start.column)
    });
    errors.into_iter().map(|error| error.to_compile_error())
}

/// An invocation of `compile_error!`, for the place of an expression, a type or a statement.
pub(crate) fn compile_error(span: Span, message: &str) -> TokenStream {
    quote_spanned!(span=> ::core::compile_error! { #message })
}
