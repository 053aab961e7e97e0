//! Tokens, where syn has not parsed them yet or never will.

use proc_macro2::{Delimiter, Group, Punct, Spacing, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{Parse, Parser};
use syn::{Block, Signature, Stmt};

/// Whether a token is there and is this sign.
pub(crate) fn is_punct(token: Option<&TokenTree>, sign: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == sign)
}

/// Whether a token is this word.
pub(crate) fn is_word(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == word)
}

/// Whether a token is a group in braces.
pub(crate) fn is_brace(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
}

/// Whether a token is a group in brackets.
pub(crate) fn is_bracket(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket)
}

/// A group in parentheses.
pub(crate) fn is_parenthesis(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis)
}

/// A sign that stands alone.
pub(crate) fn punct(sign: char, span: Span) -> TokenTree {
    let mut punct = Punct::new(sign, Spacing::Alone);
    punct.set_span(span);
    punct.into()
}

/// A group with the delimiters and the span of another.
pub(crate) fn regroup(group: &Group, stream: TokenStream) -> Group {
    let mut regrouped = Group::new(group.delimiter(), stream);
    regrouped.set_span(group.span());
    regrouped
}

/// Parses all of the tokens as one thing.
pub(crate) fn parse_all<T: Parse>(tokens: TokenStream) -> syn::Result<T> {
    T::parse.parse2(tokens)
}

/// Parses all of the tokens as statements.
pub(crate) fn parse_statements(tokens: TokenStream) -> syn::Result<Vec<Stmt>> {
    Block::parse_within.parse2(tokens)
}

/// The arguments of a macro or an attribute, separated at commas.
pub(crate) fn split_at_commas(tokens: TokenStream) -> Vec<TokenStream> {
    let mut parts = vec![TokenStream::new()];
    for token in tokens {
        match &token {
            TokenTree::Punct(punct) if punct.as_char() == ',' => parts.push(TokenStream::new()),
            _ => {
                if let Some(part) = parts.last_mut() {
                    part.extend([token]);
                }
            }
        }
    }
    if parts.len() > 1 && parts.last().is_some_and(TokenStream::is_empty) {
        parts.pop();
    }
    parts
}

/// Whether a function stands in an `impl`, as far as its signature shows.
pub(crate) fn is_associated(sig: &Signature) -> bool {
    sig.receiver().is_some() || mentions_self(sig.to_token_stream())
}

/// Whether tokens name `Self`.
pub(crate) fn mentions_self(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == "Self",
        TokenTree::Group(group) => mentions_self(group.stream()),
        _ => false,
    })
}
