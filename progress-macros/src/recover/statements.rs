//! Statements that do not parse: each is taken out, and the others stay.

use super::mend::is_ours;
use super::messages;
use super::separate::starts_at;
use super::unfinished::broken;
use crate::diagnostics::Diagnostics;
use crate::syntax::hole;
use crate::syntax::tokens::{
    is_brace, is_bracket, is_punct, is_word, parse_statements, punct, regroup,
};
use proc_macro2::{TokenStream, TokenTree};
use quote::quote;
use syn::{Expr, Stmt};

/// The tokens of a block, with a message or a hole for each statement that does not parse.
pub(super) fn recovered(tokens: TokenStream, errors: &mut Diagnostics) -> TokenStream {
    let mut recovered = TokenStream::new();
    let mut statements = split(tokens).into_iter().peekable();
    while let Some(statement) = statements.next() {
        let whole: TokenStream = statement.iter().cloned().collect();
        match parse_statements(whole.clone()) {
            Ok(stmts) => {
                recovered.extend(whole);
                if statements.peek().is_some()
                    && let Some(last) = statement.last()
                    && needs_semicolon(stmts.last())
                {
                    if !matches!(last, TokenTree::Ident(name) if hole::is(name)) {
                        errors.at(last.span(), "expected `;` after this");
                    }
                    recovered.extend([punct(';', last.span())]);
                }
            }
            Err(error) => recovered.extend(
                with_recovered_blocks(&statement, errors)
                    .unwrap_or_else(|| broken_statement(&statement, error, errors)),
            ),
        }
    }
    recovered
}

/// A statement with its blocks recovered, if that makes it parse.
fn with_recovered_blocks(statement: &[TokenTree], errors: &mut Diagnostics) -> Option<TokenStream> {
    let mut attempt = errors.attempt();
    let inside: TokenStream = statement
        .iter()
        .map(|token| match token {
            TokenTree::Group(group)
                if is_brace(token) && parse_statements(group.stream()).is_err() =>
            {
                regroup(group, recovered(group.stream(), &mut attempt)).into()
            }
            token => token.clone(),
        })
        .collect();
    parse_statements(inside.clone()).ok()?;
    errors.adopt(attempt);
    Some(inside)
}

/// Whether a statement is a value, which can only be the last of its block.
fn needs_semicolon(stmt: Option<&Stmt>) -> bool {
    match stmt {
        Some(Stmt::Expr(expr, None)) => !matches!(
            expr,
            Expr::Block(_)
                | Expr::ForLoop(_)
                | Expr::If(_)
                | Expr::Loop(_)
                | Expr::Match(_)
                | Expr::Unsafe(_)
                | Expr::While(_)
        ),
        _ => false,
    }
}

/// Splits the tokens of a block after its semicolons and blocks, and in front of its steps.
fn split(tokens: TokenStream) -> Vec<Vec<TokenTree>> {
    let mut statements = vec![Vec::new()];
    let mut attributes = false;
    let mut head = None;
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let ours = is_punct(Some(&token), '#') && tokens.peek().is_some_and(is_ours);
        if ours && !attributes {
            statements.push(Vec::new());
            head = None;
        }
        attributes = ours || attributes && is_bracket(&token);
        let in_attribute = is_punct(Some(&token), '#') || is_bracket(&token);
        if head.is_none() && !in_attribute {
            head = Some(token.clone());
        }
        let goes_on = match tokens.peek() {
            Some(TokenTree::Ident(word)) => word == "else",
            Some(next) => !is_punct(Some(next), '#'),
            None => true,
        };
        let block_ends = is_brace(&token) && head.as_ref().is_some_and(ends_with_block);
        let ends = is_punct(Some(&token), ';') || block_ends && !goes_on;
        if let Some(statement) = statements.last_mut() {
            statement.push(token);
        }
        if ends {
            statements.push(Vec::new());
            head = None;
        }
    }
    statements.retain(|statement| !statement.is_empty());
    statements
}

/// Whether a statement that begins with this token ends with a block.
fn ends_with_block(head: &TokenTree) -> bool {
    let keywords = ["for", "if", "loop", "match", "unsafe", "while"];
    is_brace(head) || keywords.iter().any(|keyword| is_word(head, keyword))
}

/// A statement with a message, or a hole, in the place of its value. Its attributes stay, and the
/// names that it binds.
fn broken_statement(
    statement: &[TokenTree],
    error: syn::Error,
    errors: &mut Diagnostics,
) -> TokenStream {
    let mut start = 0;
    while is_punct(statement.get(start), '#') && statement.get(start + 1).is_some_and(is_bracket) {
        start += 2;
    }
    let (attributes, rest) = statement.split_at(start);
    let attributes: TokenStream = attributes.iter().cloned().collect();
    let (head, value) = split_binding(rest);
    let value = match value {
        [value @ .., semi] if is_punct(Some(semi), ';') => value,
        value => value,
    };
    let raw: TokenStream = value.iter().cloned().collect();
    let at_await =
        value.iter().any(|token| is_word(token, "await") && starts_at(token, error.span()));
    let error = match value {
        [first, ..] if at_await && is_word(first, "for") => syn::Error::new(
            error.span(),
            "a `for` step knows how many items there are: take those of a stream in a `while` step",
        ),
        _ => messages::plain(error, at_await),
    };
    // A block without a `;` may have been the value of the block around it.
    let end = statement.last().filter(|last| is_punct(Some(last), ';') || !is_brace(last));
    let value = broken(error.span(), &error.to_string(), raw, errors);
    let end = end.map(|_| quote!(;));
    quote!(#attributes #head #value #end)
}

/// Splits `let name =` from its value, if so much of the statement parses.
fn split_binding(statement: &[TokenTree]) -> (TokenStream, &[TokenTree]) {
    if statement.first().is_some_and(|first| is_word(first, "let"))
        && let Some(sign) = statement.iter().position(|token| is_punct(Some(token), '='))
    {
        let (binding, value) = statement.split_at(sign + 1);
        let binding: TokenStream = binding.iter().cloned().collect();
        if parse_statements(quote!(#binding 0;)).is_ok() {
            return (binding, value);
        }
    }
    (TokenStream::new(), statement)
}
