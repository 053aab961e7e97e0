//! A `;` between statements that lack one, and the `=` of a `let`.

use super::braces;
use crate::diagnostics::Diagnostics;
use crate::syntax::hole;
use crate::syntax::tokens::{is_brace, is_punct, is_word, parse_statements, punct, regroup};
use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};

/// How many missing signs are reported at once. Each costs parsing the body once more.
const REPAIRS: usize = 16;

/// Inserts each sign where the parser asks for a semicolon.
pub(super) fn separated(tokens: TokenStream, errors: &mut Diagnostics) -> TokenStream {
    let mut separated = tokens;
    for _ in 0..REPAIRS {
        let Err(error) = parse_statements(separated.clone()) else { break };
        let text = error.to_string();
        if !text.contains("expected `;`") && !text.contains("expected semicolon") {
            break;
        }
        if let Some(tokens) = braces::before_else(error.span(), &separated, errors) {
            separated = tokens;
            continue;
        }
        let Some(Separated { tokens, before, sign }) =
            Separated::at(error.span(), separated.clone())
        else {
            break;
        };
        separated = tokens;
        match before {
            _ if sign == '.' => {
                errors.at(error.span(), "a `.` is missing before this `await`");
            }
            // A hole has a message of its own.
            TokenTree::Ident(name) if hole::is(&name) => {}
            before => {
                errors.at(before.span(), format!("expected `{sign}` after this"));
            }
        }
    }
    separated
}

/// Tokens with a sign inserted.
struct Separated {
    tokens: TokenStream,
    before: TokenTree,
    sign: char,
}

impl Separated {
    /// Inserts the sign that is missing in front of the token at `span`.
    fn at(span: Span, tokens: TokenStream) -> Option<Self> {
        let mut done: Vec<TokenTree> = Vec::new();
        let mut tokens = tokens.into_iter();
        while let Some(token) = tokens.next() {
            if starts_at(&token, span) {
                let before = done.last()?.clone();
                let sign = match &token {
                    token if is_word(token, "await") => '.',
                    // No statement begins with these.
                    TokenTree::Punct(punct) if "=,+/^@?".contains(punct.as_char()) => return None,
                    _ if is_let_without_value(&done) => '=',
                    _ => ';',
                };
                done.extend([punct(sign, before.span()), token]);
                done.extend(tokens);
                return Some(Self { tokens: done.into_iter().collect(), before, sign });
            }
            if let TokenTree::Group(group) = &token
                && let Some(inside) = Self::at(span, group.stream())
            {
                done.push(regroup(group, inside.tokens).into());
                done.extend(tokens);
                return Some(Self { tokens: done.into_iter().collect(), ..inside });
            }
            done.push(token);
        }
        None
    }
}

/// Whether the last tokens are a `let` that has a pattern only.
fn is_let_without_value(tokens: &[TokenTree]) -> bool {
    let start = tokens.iter().rposition(|token| is_punct(Some(token), ';') || is_brace(token));
    let statement = tokens.get(start.map_or(0, |start| start + 1)..).unwrap_or_default();
    statement.iter().any(|token| is_word(token, "let"))
        && !statement.iter().any(|token| is_punct(Some(token), '='))
}

/// Whether an error points at this token. Some language servers give no lines and columns, so this
/// compares the `Debug` output of the spans.
pub(super) fn starts_at(token: &TokenTree, span: Span) -> bool {
    let of_token = match token {
        TokenTree::Group(group) if group.delimiter() != Delimiter::None => group.span_open(),
        token => token.span(),
    };
    format!("{of_token:?}") == format!("{span:?}")
}
