//! Half-written bodies: an editor asks for completions at `jobs.`, and wants the other steps
//! intact; a user wants to hear of every mistake, and of none twice.
//!
//! A body that does not parse is mended where the mend is plain: a missing `;`, a name still to be
//! typed after a dot, an attribute without its statement. Where it is not, the statement that does
//! not parse is taken out, and the others stay.
//!
//! For rustc, what is taken out leaves its message behind, as `compile_error!` in the place of an
//! expression. For an editor it leaves itself: inside of [`PLACEHOLDER`], so that our own parser
//! steps over it, and which is taken off again at the end.

use super::messages;
use super::placeholder::{PLACEHOLDER, Unfinished, regroup};
use crate::errors::{Errors, in_place};
use crate::parse::attributes;
use crate::syntax::is_punct;
use proc_macro2::{Delimiter, Group, Ident, Punct, Spacing, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::buffer::Cursor;
use syn::parse::discouraged::Speculative;
use syn::parse::{ParseStream, Parser};
use syn::{Block, Expr, Stmt};

/// How many missing semicolons are told at once.
const MENDS: usize = 16;

/// The statements of a body, as far as they can be read.
pub(super) fn statements(
    input: ParseStream<'_>,
    errors: &mut Errors,
) -> syn::Result<Option<Vec<Stmt>>> {
    let ahead = input.fork();
    if let Ok(stmts) = Block::parse_within(&ahead)
        && ahead.is_empty()
        && !has_open_let(input.cursor())
    {
        input.advance_to(&ahead);
        return Ok(Some(stmts));
    }
    Ok(mended(input.parse()?, errors))
}

fn mended(tokens: TokenStream, errors: &mut Errors) -> Option<Vec<Stmt>> {
    let mended = separated(mend(tokens, errors), errors);
    let parsed = parse(mended.clone()).or_else(|_| parse(recover(mended, errors)));
    match parsed {
        Ok(mut stmts) => {
            if !errors.editor() {
                let mut unfinished = Unfinished { errors };
                stmts.iter_mut().for_each(|stmt| unfinished.statement(stmt));
            }
            Some(stmts)
        }
        Err(error) => {
            errors.push(messages::plain(error, false));
            None
        }
    }
}

fn parse(tokens: TokenStream) -> syn::Result<Vec<Stmt>> {
    Block::parse_within.parse2(tokens)
}

/// What is broken: for an editor as it stands, for rustc as a message.
fn broken(span: Span, message: &str, raw: TokenStream, errors: &mut Errors) -> TokenStream {
    if errors.editor() {
        errors.at(span, message);
        let placeholder = Ident::new(PLACEHOLDER, span);
        quote!(#placeholder! { #raw })
    } else {
        errors.in_place(span, message)
    }
}

/// Mends what can be told from a token and the next.
fn mend(tokens: TokenStream, errors: &mut Errors) -> TokenStream {
    let tokens: Vec<_> = tokens.into_iter().collect();
    let mut mended: Vec<TokenTree> = Vec::new();
    let mut index = 0;
    while let Some(token) = tokens.get(index) {
        let next = tokens.get(index + 1);
        index += 1;
        match token {
            TokenTree::Punct(punct) if punct.as_char() == '#' => {
                index += attribute(token, next, tokens.get(index + 1), &mut mended, errors);
            }
            TokenTree::Punct(_) => {
                mended.push(token.clone());
                if is_dangling(&mended, next) {
                    mended.push(Ident::new(PLACEHOLDER, token.span()).into());
                }
                if is_assignment(&mended, next) && lacks_value(token, next, &tokens, index) {
                    let span = token.span();
                    let value = "expected a value after this `=`";
                    mended.extend(broken(span, value, TokenStream::new(), errors));
                    if !is_punct(next, ';') {
                        mended.push(semicolon(span));
                    }
                }
            }
            TokenTree::Ident(word) => {
                index +=
                    declaration(word, tokens.get(index..).unwrap_or_default(), &mut mended, errors);
                if word == "let" && is_punct(next, '=') {
                    errors.at(word.span(), "expected a name after this `let`");
                    mended.push(Ident::new("_", word.span()).into());
                }
                let whole = matches!(tokens.get(index + 1), Some(group) if is_brace(group));
                if ["if", "while", "match"].iter().any(|head| word == head)
                    && next.is_some_and(is_brace)
                    && !whole
                {
                    let what = if word == "match" { "value" } else { "condition" };
                    let message = format!("expected a {what} after this `{word}`");
                    mended.extend(broken(word.span(), &message, TokenStream::new(), errors));
                }
            }
            TokenTree::Group(group) => {
                mended.push(regroup(group, mend(group.stream(), errors)).into());
            }
            TokenTree::Literal(_) => mended.push(token.clone()),
        }
    }
    mended.into_iter().collect()
}

/// Mends `var n = …` and `n := …`, which other languages have. Tells how many tokens there were after the word.
fn declaration(
    word: &Ident,
    after: &[TokenTree],
    mended: &mut Vec<TokenTree>,
    errors: &mut Errors,
) -> usize {
    const LET: &str = "a variable is declared by `let`: `let name = …`";
    let begins = mended
        .last()
        .is_none_or(|last| is_punct(Some(last), ';') || is_brace(last) || is_bracket(last));
    let is_let = Ident::new("let", word.span());
    match after {
        [name @ TokenTree::Ident(_), sign, ..]
            if begins && (word == "var" || word == "val") && is_punct(Some(sign), '=') =>
        {
            errors.at(word.span(), LET);
            mended.extend([is_let.into(), name.clone()]);
            1
        }
        [colon, sign, ..] if begins && is_joint_colon(colon) && is_punct(Some(sign), '=') => {
            errors.at(colon.span(), LET);
            mended.extend([is_let, word.clone()].map(TokenTree::from));
            1
        }
        _ => {
            mended.push(word.clone().into());
            0
        }
    }
}

/// Mends an attribute: `#` alone, without a name, with a `;` behind it, or without a statement.
/// Tells how many tokens of it there were after the `#`.
fn attribute(
    hash: &TokenTree,
    next: Option<&TokenTree>,
    after: Option<&TokenTree>,
    mended: &mut Vec<TokenTree>,
    errors: &mut Errors,
) -> usize {
    let Some(TokenTree::Group(group)) = next.filter(|next| is_bracket(next)) else {
        if is_punct(next, '!') {
            mended.push(hash.clone());
        } else {
            errors.at(hash.span(), "an attribute is missing after this `#`: `#[step(15, \"…\")]`");
        }
        return 0;
    };
    let both: TokenStream = [hash.clone(), TokenTree::Group(group.clone())].into_iter().collect();
    if group.stream().is_empty() {
        errors.on(both, "the name of the attribute is missing: `#[step(15, \"…\")]`");
        let name = if errors.editor() {
            Ident::new(PLACEHOLDER, group.span_close()).into_token_stream()
        } else {
            let unread = Ident::new(attributes::UNTOLD, group.span_close());
            quote!(step(#unread))
        };
        mended.extend([hash.clone(), regroup(group, name).into()]);
        return 1;
    }
    mended.extend(both.clone());
    match after {
        Some(semi) if is_punct(after, ';') => {
            errors
                .at(semi.span(), "remove this `;`: the attribute is about the statement after it");
            2
        }
        None => {
            let message = "a statement is missing after this attribute";
            if errors.editor() {
                errors.on(both, message);
                let placeholder = Ident::new(PLACEHOLDER, hash.span());
                mended.extend(quote!(#placeholder! {}));
            } else {
                // The caret goes from the `#` to the bracket.
                mended.extend(in_place(hash.span(), message));
                errors.excuse();
            }
            1
        }
        Some(_) => 1,
    }
}

/// Whether the last sign is a `.` or a `::` with nothing to name behind it.
fn is_dangling(tokens: &[TokenTree], next: Option<&TokenTree>) -> bool {
    let [.., before, last] = tokens else {
        return false;
    };
    let sign = |sign| is_punct(Some(last), sign);
    if sign('.') {
        return !is_punct(Some(before), '.') && !may_follow_dot(next);
    }
    let path = sign(':') && is_joint_colon(before);
    path && match next {
        Some(TokenTree::Ident(name)) => is_statement_word(name),
        Some(TokenTree::Punct(punct)) => !"<*$".contains(punct.as_char()),
        Some(TokenTree::Group(group)) => group.delimiter() != Delimiter::Brace,
        Some(TokenTree::Literal(_)) | None => true,
    }
}

fn is_joint_colon(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(punct)
        if punct.as_char() == ':' && punct.spacing() == Spacing::Joint)
}

fn may_follow_dot(token: Option<&TokenTree>) -> bool {
    match token {
        Some(TokenTree::Ident(name)) => !is_statement_word(name),
        Some(TokenTree::Literal(_)) => true,
        Some(TokenTree::Punct(punct)) => punct.as_char() == '.',
        Some(TokenTree::Group(_)) | None => false,
    }
}

fn is_statement_word(name: &Ident) -> bool {
    const WORDS: [&str; 9] =
        ["for", "if", "let", "loop", "match", "return", "while", "break", "continue"];
    WORDS.iter().any(|word| name == word)
}

/// Whether the last sign is a `=` that is not part of another.
fn is_assignment(tokens: &[TokenTree], next: Option<&TokenTree>) -> bool {
    let [.., before, TokenTree::Punct(last)] = tokens else {
        return false;
    };
    let part = matches!(before, TokenTree::Punct(punct) if punct.spacing() == Spacing::Joint);
    last.as_char() == '='
        && !part
        && !(last.spacing() == Spacing::Joint && matches!(next, Some(TokenTree::Punct(_))))
}

/// Whether a `=` is followed by the end of its statement, or by a step on a later line.
fn lacks_value(
    sign: &TokenTree,
    next: Option<&TokenTree>,
    tokens: &[TokenTree],
    index: usize,
) -> bool {
    let ours = matches!(tokens.get(index + 1), Some(TokenTree::Group(group)) if is_ours(group));
    match next {
        None => true,
        Some(next) if is_punct(Some(next), '#') && ours => {
            next.span().start().line > sign.span().end().line
        }
        next => is_punct(next, ';'),
    }
}

/// Whether a bracket holds an attribute of ours.
fn is_ours(group: &Group) -> bool {
    matches!(group.stream().into_iter().next(), Some(TokenTree::Ident(name))
        if group.delimiter() == Delimiter::Bracket
            && attributes::NAMES.iter().any(|ours| name == ours))
}

/// Whether some `=` is followed by a step on a later line, which would parse as its value.
fn has_open_let(mut rest: Cursor<'_>) -> bool {
    loop {
        rest = if let Some((inside, delimiter, _, after)) = rest.any_group() {
            if delimiter == Delimiter::Brace && has_open_let(inside) {
                return true;
            }
            after
        } else if let Some((sign, after)) = rest.punct() {
            if sign.as_char() == '=' && is_step_below(sign.span(), after) {
                return true;
            }
            after
        } else if let Some((_, after)) = rest.token_tree() {
            after
        } else {
            return false;
        };
    }
}

/// Whether an attribute of ours comes next, on a later line.
fn is_step_below(sign: Span, next: Cursor<'_>) -> bool {
    let Some((hash, after)) = next.punct().filter(|(hash, _)| hash.as_char() == '#') else {
        return false;
    };
    let name = after.group(Delimiter::Bracket).and_then(|(inside, ..)| inside.ident());
    name.is_some_and(|(name, _)| attributes::NAMES.iter().any(|ours| name == ours))
        && hash.span().start().line > sign.end().line
}

/// Puts the `;` between statements that lack one, and the `=` into a `let`.
fn separated(tokens: TokenStream, errors: &mut Errors) -> TokenStream {
    let mut mended = tokens;
    for _ in 0..MENDS {
        let Err(error) = parse(mended.clone()) else { break };
        let text = error.to_string();
        if !text.contains("expected `;`") && !text.contains("expected semicolon") {
            break;
        }
        let Some((tokens, before, sign)) = end_statement(mended.clone(), error.span()) else {
            break;
        };
        if sign == '.' {
            errors.at(error.span(), "a `.` is missing before this `await`");
            mended = tokens;
            continue;
        }
        match before {
            // There is a word to say about the unfinished name.
            TokenTree::Ident(name) if name == PLACEHOLDER => {}
            before => errors.at(before.span(), format!("expected `{sign}` after this")),
        }
        mended = tokens;
    }
    mended
}

/// Puts a `;` before the token at `span`, or a `=` where a `let` has none; tells what it ends.
fn end_statement(tokens: TokenStream, span: Span) -> Option<(TokenStream, TokenTree, char)> {
    let mut ended: Vec<TokenTree> = Vec::new();
    let mut tokens = tokens.into_iter();
    while let Some(token) = tokens.next() {
        if starts_at(&token, span) {
            let before = ended.last()?.clone();
            let sign = match &token {
                TokenTree::Ident(word) if word == "await" => '.',
                // Nothing begins with these.
                TokenTree::Punct(punct) if "=,+/^@?".contains(punct.as_char()) => return None,
                _ if is_let_without_value(&ended) => '=',
                _ => ';',
            };
            let mut separator = Punct::new(sign, Spacing::Alone);
            separator.set_span(before.span());
            ended.extend([separator.into(), token]);
            ended.extend(tokens);
            return Some((ended.into_iter().collect(), before, sign));
        }
        if let TokenTree::Group(group) = &token
            && let Some((stream, before, sign)) = end_statement(group.stream(), span)
        {
            ended.push(regroup(group, stream).into());
            ended.extend(tokens);
            return Some((ended.into_iter().collect(), before, sign));
        }
        ended.push(token);
    }
    None
}

/// Whether the last of the tokens are a `let` with nothing but its pattern, on the same line.
fn is_let_without_value(tokens: &[TokenTree]) -> bool {
    let start = tokens.iter().rposition(|token| is_punct(Some(token), ';') || is_brace(token));
    let statement = tokens.get(start.map_or(0, |start| start + 1)..).unwrap_or_default();
    statement.iter().any(|token| matches!(token, TokenTree::Ident(word) if word == "let"))
        && !statement.iter().any(|token| is_punct(Some(token), '='))
}

/// Whether a token is the one that an error is about. (Lines and columns are not there in every
/// language server.)
fn starts_at(token: &TokenTree, span: Span) -> bool {
    let of_token = match token {
        TokenTree::Group(group) if group.delimiter() != Delimiter::None => group.span_open(),
        token => token.span(),
    };
    format!("{of_token:?}") == format!("{span:?}")
}

/// Takes the statements out that do not parse.
fn recover(tokens: TokenStream, errors: &mut Errors) -> TokenStream {
    let mut recovered = TokenStream::new();
    let mut statements = split(tokens).into_iter().peekable();
    while let Some(statement) = statements.next() {
        let whole: TokenStream = statement.iter().cloned().collect();
        let error = match parse(whole.clone()) {
            Ok(stmts) => {
                recovered.extend(whole);
                if statements.peek().is_some()
                    && let Some(last) = statement.last()
                    && needs_semicolon(stmts.last())
                {
                    let unfinished = matches!(last, TokenTree::Ident(name) if name == PLACEHOLDER);
                    if !unfinished {
                        errors.at(last.span(), "expected `;` after this");
                    }
                    recovered.extend([semicolon(last.span())]);
                }
                continue;
            }
            Err(error) => error,
        };
        let mark = errors.mark();
        let inside: TokenStream = statement
            .iter()
            .map(|token| match token {
                TokenTree::Group(group) if is_brace(token) && parse(group.stream()).is_err() => {
                    regroup(group, recover(group.stream(), errors)).into()
                }
                token => token.clone(),
            })
            .collect();
        if parse(inside.clone()).is_ok() {
            recovered.extend(inside);
            continue;
        }
        // The block was none, or not all that is broken.
        errors.rewind(mark);
        recovered.extend(broken_statement(&statement, error, errors));
    }
    recovered
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

/// Parts the tokens of a block at its semicolons, and in front of its steps.
fn split(tokens: TokenStream) -> Vec<Vec<TokenTree>> {
    let mut statements = vec![Vec::new()];
    let mut attributes = false;
    let mut head = None;
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let ours = is_punct(Some(&token), '#')
            && matches!(tokens.peek(), Some(TokenTree::Group(group)) if is_ours(group));
        if ours && !attributes {
            statements.push(Vec::new());
            head = None;
        }
        attributes = ours || attributes && is_bracket(&token);
        let in_attribute = is_punct(Some(&token), '#') || is_bracket(&token);
        if head.is_none() && !in_attribute {
            head = Some(token.clone());
        }
        // What begins with a block, or its keyword, ends with a block.
        let block_like = match &head {
            Some(TokenTree::Ident(word)) => {
                ["for", "if", "loop", "match", "unsafe", "while"].iter().any(|head| word == head)
            }
            Some(head) => is_brace(head),
            None => false,
        };
        let goes_on = match tokens.peek() {
            Some(TokenTree::Ident(word)) => word == "else",
            Some(next) => !is_punct(Some(next), '#'),
            None => true,
        };
        let ends = is_punct(Some(&token), ';') || is_brace(&token) && block_like && !goes_on;
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

/// A statement with a message, or itself, in the place of its value: its attributes stay, and the
/// names that it binds.
fn broken_statement(
    statement: &[TokenTree],
    error: syn::Error,
    errors: &mut Errors,
) -> TokenStream {
    let mut start = 0;
    while is_punct(statement.get(start), '#') && statement.get(start + 1).is_some_and(is_bracket) {
        start += 2;
    }
    let (attributes, rest) = statement.split_at(start);
    let attributes: TokenStream = attributes.iter().cloned().collect();
    let mut value = rest;
    let mut head = TokenStream::new();
    if matches!(rest.first(), Some(TokenTree::Ident(word)) if word == "let")
        && let Some(sign) = rest.iter().position(|token| is_punct(Some(token), '='))
    {
        let (binding, after) = rest.split_at(sign + 1);
        let binding: TokenStream = binding.iter().cloned().collect();
        if parse(quote!(#binding 0;)).is_ok() {
            head = binding;
            value = after;
        }
    }
    let value = match value {
        [value @ .., semi] if is_punct(Some(semi), ';') => value,
        value => value,
    };
    let raw: TokenStream = value.iter().cloned().collect();
    let at_await = value.iter().any(|token| {
        matches!(token, TokenTree::Ident(word) if word == "await") && starts_at(token, error.span())
    });
    let error = match value {
        [TokenTree::Ident(first), ..] if at_await && first == "for" => syn::Error::new(
            error.span(),
            "a `for` step knows how many items there are: take those of a stream in a `while` step",
        ),
        _ => messages::plain(error, at_await),
    };
    let span = error.span();
    // Without a `;` it may have been the value of its block.
    let end = statement.last().filter(|last| is_punct(Some(last), ';') || !is_brace(last));
    let value = broken(span, &error.to_string(), raw, errors);
    let end = end.map(|_| quote!(;));
    quote!(#attributes #head #value #end)
}

fn semicolon(span: Span) -> TokenTree {
    let mut semicolon = Punct::new(';', Spacing::Alone);
    semicolon.set_span(span);
    semicolon.into()
}

fn is_brace(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
}

fn is_bracket(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket)
}
