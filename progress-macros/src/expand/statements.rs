//! Statements that have a value.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};

/// Statements, the last of which is a value: what a step becomes.
///
/// They are no `ToTokens`, so that they cannot stand behind a `=` or as a scrutinee, where only the
/// first of them would be the expression. Their [`block`](Self::block) can.
pub(super) struct Statements(TokenStream);

impl Statements {
    pub(super) fn new(statements: TokenStream) -> Self {
        Self(statements)
    }

    /// These statements behind others.
    pub(super) fn behind(self, before: impl ToTokens) -> Self {
        let mut statements = before.into_token_stream();
        statements.extend(self.0);
        Self(statements)
    }

    /// The block, which is an expression. `braces` decides by its edition when the temporaries of
    /// the value are dropped.
    pub(super) fn block(&self, braces: Span) -> TokenStream {
        let statements = &self.0;
        quote_spanned!(braces=> { #statements })
    }
}
