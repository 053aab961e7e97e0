//! Repairs that depend on a token and the next ones only.

use super::unfinished::broken;
use crate::attrs;
use crate::diagnostics::Diagnostics;
use crate::syntax::hole;
use crate::syntax::tokens::{is_brace, is_bracket, is_punct, is_word, punct, regroup};
use proc_macro2::{Delimiter, Group, Ident, Spacing, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::buffer::Cursor;

/// Repairs the tokens of a body, also inside its groups.
pub(super) fn mend(tokens: TokenStream, errors: &mut Diagnostics) -> TokenStream {
    let tokens: Vec<_> = tokens.into_iter().collect();
    let mut mender = Mender { tokens: &tokens, next: 0, mended: Vec::new(), errors };
    while let Some(token) = tokens.get(mender.next) {
        mender.next += 1;
        mender.token(token);
    }
    mender.mended.into_iter().collect()
}

struct Mender<'a> {
    tokens: &'a [TokenTree],
    /// The place of the token after the current one.
    next: usize,
    mended: Vec<TokenTree>,
    errors: &'a mut Diagnostics,
}

impl<'a> Mender<'a> {
    fn peek(&self) -> Option<&'a TokenTree> {
        self.tokens.get(self.next)
    }

    fn peek_second(&self) -> Option<&'a TokenTree> {
        self.tokens.get(self.next + 1)
    }

    fn token(&mut self, token: &TokenTree) {
        match token {
            TokenTree::Punct(sign) if sign.as_char() == '#' => self.attribute(token),
            TokenTree::Punct(sign) => {
                self.mended.push(token.clone());
                self.after_sign(sign.span());
            }
            TokenTree::Ident(word) => {
                self.declaration(word);
                self.after_word(word);
            }
            TokenTree::Group(group) => {
                let group = regroup(group, mend(group.stream(), self.errors));
                self.mended.push(group.into());
            }
            TokenTree::Literal(_) => self.mended.push(token.clone()),
        }
    }

    /// `jobs.` and `std::` without a name, and `let n =` without a value.
    fn after_sign(&mut self, span: Span) {
        let next = self.peek();
        if is_dangling(&self.mended, next) {
            self.mended.push(hole::name(span).into());
        }
        if is_assignment(&self.mended, next) && self.lacks_value(span) {
            let message = "expected a value after this `=`";
            let value = broken(span, message, TokenStream::new(), self.errors);
            self.mended.extend(value);
            if !is_punct(next, ';') {
                self.mended.push(punct(';', span));
            }
        }
    }

    /// `let #[step(…)] name`, with attributes of ours behind the `let`.
    fn attributes_behind_let(&mut self) {
        while let (Some(hash), Some(attribute)) = (self.peek(), self.peek_second())
            && is_punct(Some(hash), '#')
            && is_ours(attribute)
        {
            let both: TokenStream = [hash.clone(), attribute.clone()].into_iter().collect();
            self.errors.on(both, "put this in front of the `let`");
            let word = self.mended.pop();
            self.mended.extend([hash.clone(), attribute.clone()].into_iter().chain(word));
            self.next += 2;
        }
    }

    /// `let =` without a name, and `if { … }` without a condition.
    fn after_word(&mut self, word: &Ident) {
        if word == "let" {
            self.attributes_behind_let();
        }
        let next = self.peek();
        if word == "let" && is_punct(next, '=') {
            self.errors.at(word.span(), "expected a name after this `let`");
            self.mended.push(Ident::new("_", word.span()).into());
        }
        let whole = self.peek_second().is_some_and(is_brace);
        if ["if", "while", "match"].iter().any(|head| word == head)
            && next.is_some_and(is_brace)
            && !whole
        {
            let what = if word == "match" { "value" } else { "condition" };
            let message = format!("expected a {what} after this `{word}`");
            let value = broken(word.span(), &message, TokenStream::new(), self.errors);
            self.mended.extend(value);
        }
    }

    /// `var n = …` and `n := …`, as in other languages.
    fn declaration(&mut self, word: &Ident) {
        const LET: &str = "a variable is declared by `let`: `let name = …`";
        let begins = self
            .mended
            .last()
            .is_none_or(|last| is_punct(Some(last), ';') || is_brace(last) || is_bracket(last));
        let is_let = Ident::new("let", word.span());
        match self.tokens.get(self.next..).unwrap_or_default() {
            [name @ TokenTree::Ident(_), sign, ..]
                if begins && (word == "var" || word == "val") && is_punct(Some(sign), '=') =>
            {
                self.errors.at(word.span(), LET);
                self.mended.extend([is_let.into(), name.clone()]);
                self.next += 1;
            }
            [colon, sign, ..] if begins && is_joint_colon(colon) && is_punct(Some(sign), '=') => {
                self.errors.at(colon.span(), LET);
                self.mended.extend([is_let, word.clone()].map(TokenTree::from));
                self.next += 1;
            }
            _ => self.mended.push(word.clone().into()),
        }
    }

    /// An attribute: `#` alone, without a name, with a `;` after it, or without a statement.
    fn attribute(&mut self, hash: &TokenTree) {
        let Some(TokenTree::Group(group)) = self.peek().filter(|next| is_bracket(next)) else {
            if is_punct(self.peek(), '!') {
                self.mended.push(hash.clone());
            } else {
                let message = "an attribute is missing after this `#`: `#[step(15, \"…\")]`";
                self.errors.at(hash.span(), message);
            }
            return;
        };
        self.next += 1;
        let cut = attrs::behind::cut(group, self.errors);
        let group = cut.as_ref().unwrap_or(group);
        let both: TokenStream =
            [hash.clone(), TokenTree::Group(group.clone())].into_iter().collect();
        if group.stream().is_empty() {
            let message = "the name of the attribute is missing: `#[step(15, \"…\")]`";
            self.errors.on(both, message);
            let end = group.span_close();
            let name = if self.errors.for_editor() {
                hole::name(end).into_token_stream()
            } else {
                let unread = hole::unread(end);
                quote!(step(#unread))
            };
            self.mended.extend([hash.clone(), regroup(group, name).into()]);
            return;
        }
        self.mended.extend(both.clone());
        match self.peek() {
            Some(semi) if is_punct(Some(semi), ';') => {
                let message = "remove this `;`: the attribute is about the statement after it";
                self.errors.at(semi.span(), message);
                self.next += 1;
            }
            None => {
                let is_doc =
                    group.stream().into_iter().next().is_some_and(|name| is_word(&name, "doc"));
                let message = match is_doc {
                    true => "this comment documents nothing; write it with `//`",
                    false => "a statement is missing after this attribute",
                };
                if self.errors.for_editor() {
                    self.errors.on(both, message);
                    self.mended.extend(hole::around(TokenStream::new(), hash.span()));
                } else {
                    // The message points at everything from the `#` to the bracket.
                    self.mended.extend(self.errors.in_place(hash.span(), message).0);
                }
            }
            Some(_) => {}
        }
    }

    /// Whether a `=` is followed by the end of its statement, or by a step on a later line.
    fn lacks_value(&self, sign: Span) -> bool {
        match self.peek() {
            None => true,
            Some(next) if is_punct(Some(next), '#') && self.peek_second().is_some_and(is_ours) => {
                next.span().start().line > sign.end().line
            }
            next => is_punct(next, ';'),
        }
    }
}

/// Whether the last sign is a `.` or a `::` without a name after it.
fn is_dangling(tokens: &[TokenTree], next: Option<&TokenTree>) -> bool {
    let [.., before, last] = tokens else { return false };
    if is_punct(Some(last), '.') {
        return !is_punct(Some(before), '.') && !may_follow_dot(next);
    }
    let path = is_punct(Some(last), ':') && is_joint_colon(before);
    path && match next {
        Some(TokenTree::Ident(name)) => begins_statement(name),
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
        Some(TokenTree::Ident(name)) => !begins_statement(name),
        Some(TokenTree::Literal(_)) => true,
        Some(TokenTree::Punct(punct)) => punct.as_char() == '.',
        Some(TokenTree::Group(_)) | None => false,
    }
}

fn begins_statement(name: &Ident) -> bool {
    const WORDS: [&str; 9] =
        ["for", "if", "let", "loop", "match", "return", "while", "break", "continue"];
    WORDS.iter().any(|word| name == word)
}

/// Whether the last sign is a `=` that is not part of a longer sign.
fn is_assignment(tokens: &[TokenTree], next: Option<&TokenTree>) -> bool {
    let [.., before, TokenTree::Punct(last)] = tokens else { return false };
    let part = matches!(before, TokenTree::Punct(punct) if punct.spacing() == Spacing::Joint);
    last.as_char() == '='
        && !part
        && !(last.spacing() == Spacing::Joint && matches!(next, Some(TokenTree::Punct(_))))
}

/// Whether a token is the bracket of an attribute of ours.
pub(super) fn is_ours(token: &TokenTree) -> bool {
    let TokenTree::Group(group) = token else { return false };
    is_bracket(token) && attribute_of(group)
}

fn attribute_of(group: &Group) -> bool {
    let first = group.stream().into_iter().next();
    first.is_some_and(|first| attrs::NAMES.iter().any(|ours| is_word(&first, ours)))
}

/// Whether some `=` is followed by a step on a later line, which would parse as its value.
pub(super) fn has_open_let(mut rest: Cursor<'_>) -> bool {
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
    name.is_some_and(|(name, _)| attrs::NAMES.iter().any(|ours| name == ours))
        && hash.span().start().line > sign.end().line
}
