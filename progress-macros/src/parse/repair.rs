//! Half-written bodies: an editor asks for completions at `jobs.`, and wants the other steps intact.
//!
//! A body that does not parse is mended where the mend is plain, a missing `;` or a name still to
//! be typed after a dot, and parsed again. A mended dot is a placeholder that [`forget_repairs`]
//! takes out of the expansion, so that rustc sees, and reports, what the user wrote.

use crate::errors::Errors;
use proc_macro2::{Delimiter, Group, Ident, Punct, Spacing, Span, TokenStream, TokenTree};
use syn::parse::Parser;
use syn::{Block, Stmt};

const PLACEHOLDER: &str = "__unfinished";

/// How many missing semicolons are told at once.
const MENDS: usize = 16;

/// The statements of a body, unless it is beyond mending.
pub(super) fn statements(tokens: TokenStream, errors: &mut Errors) -> Option<Vec<Stmt>> {
    let parse = |tokens: TokenStream| Block::parse_within.parse2(tokens);
    let first = match parse(tokens.clone()) {
        Ok(stmts) => return Some(stmts),
        Err(error) => error,
    };
    let mut mended = finish_dots(tokens);
    for _ in 0..MENDS {
        let error = match parse(mended.clone()) {
            Ok(stmts) => return Some(stmts),
            Err(error) => error,
        };
        let text = error.to_string();
        if !text.contains("expected `;`") && !text.contains("expected semicolon") {
            break;
        }
        let mut last = None;
        let Some(tokens) = end_statement(mended.clone(), error.span(), &mut last) else {
            break;
        };
        match last {
            // rustc has a word to say about the unfinished name.
            Some(TokenTree::Ident(name)) if name == PLACEHOLDER => {}
            Some(last) => errors.at(last.span(), "expected `;` after this"),
            None => break,
        }
        mended = tokens;
    }
    match parse(mended) {
        Ok(stmts) => Some(stmts),
        Err(_) => {
            errors.push(first);
            None
        }
    }
}

/// Takes the placeholders out again.
pub(crate) fn forget_repairs(tokens: TokenStream) -> TokenStream {
    tokens
        .into_iter()
        .filter(|token| !matches!(token, TokenTree::Ident(name) if name == PLACEHOLDER))
        .map(|token| within_group(token, forget_repairs))
        .collect()
}

/// Puts a name after every dot that has none.
fn finish_dots(tokens: TokenStream) -> TokenStream {
    let tokens: Vec<_> = tokens.into_iter().collect();
    let mut finished = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|before| tokens.get(before));
        let dangling = is_punct(Some(token), '.')
            && !is_punct(before, '.')
            && !continues(tokens.get(index + 1));
        finished.push(within_group(token.clone(), finish_dots));
        if dangling {
            finished.push(Ident::new(PLACEHOLDER, token.span()).into());
        }
    }
    finished.into_iter().collect()
}

/// Whether a token may stand after a dot.
fn continues(token: Option<&TokenTree>) -> bool {
    const KEYWORDS: [&str; 9] =
        ["for", "if", "let", "loop", "match", "return", "while", "break", "continue"];
    match token {
        Some(TokenTree::Ident(name)) => !KEYWORDS.iter().any(|keyword| name == keyword),
        Some(TokenTree::Literal(_)) => true,
        Some(TokenTree::Punct(punct)) => punct.as_char() == '.',
        Some(TokenTree::Group(_)) | None => false,
    }
}

fn is_punct(token: Option<&TokenTree>, character: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == character)
}

/// Puts a `;` before the token at `span`; `last` becomes the token that it ends.
fn end_statement(
    tokens: TokenStream,
    span: Span,
    last: &mut Option<TokenTree>,
) -> Option<TokenStream> {
    let mut ended = Vec::new();
    let mut tokens = tokens.into_iter();
    while let Some(token) = tokens.next() {
        if starts_at(&token, span) {
            let before: &TokenTree = ended.last()?;
            *last = Some(before.clone());
            let mut semicolon = Punct::new(';', Spacing::Alone);
            semicolon.set_span(before.span());
            ended.extend([semicolon.into(), token]);
            ended.extend(tokens);
            return Some(ended.into_iter().collect());
        }
        if let TokenTree::Group(group) = &token
            && let Some(stream) = end_statement(group.stream(), span, last)
        {
            ended.push(regroup(group, stream));
            ended.extend(tokens);
            return Some(ended.into_iter().collect());
        }
        ended.push(token);
    }
    None
}

fn starts_at(token: &TokenTree, span: Span) -> bool {
    let of_token = match token {
        TokenTree::Group(group) if group.delimiter() != Delimiter::None => group.span_open(),
        token => token.span(),
    };
    of_token.start() == span.start()
}

fn within_group(token: TokenTree, change: fn(TokenStream) -> TokenStream) -> TokenTree {
    match token {
        TokenTree::Group(group) => regroup(&group, change(group.stream())),
        token => token,
    }
}

fn regroup(group: &Group, stream: TokenStream) -> TokenTree {
    let mut regrouped = Group::new(group.delimiter(), stream);
    regrouped.set_span(group.span());
    regrouped.into()
}
