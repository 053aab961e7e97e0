//! The item that a workflow stands in.
//!
//! rustc shows a macro its input only, so this reads the source file. Where that is not possible,
//! as in an editor or in code of another macro, the signature has to show it.

use crate::ast::Container;
use crate::syntax::tokens::{is_punct, is_word};
use proc_macro2::{LineColumn, TokenStream, TokenTree};
use std::fs;
use syn::Token;

/// The item around a function, if the source shows it: that around the word `fn`, since a macro
/// that writes the function may be given its name.
pub(super) fn container(word: Token![fn]) -> Option<Container> {
    let source = fs::read_to_string(word.span.local_file()?).ok()?;
    let at = offset(&source, word.span.start())?;
    // A place in another file has other text.
    source.get(at..)?.starts_with("fn").then(|| container_at(&source, at))?
}

fn offset(source: &str, place: LineColumn) -> Option<usize> {
    let lines = source.split_inclusive('\n');
    let start: usize = lines.take(place.line.checked_sub(1)?).map(str::len).sum();
    let before = source.get(start..)?.chars().take(place.column);
    Some(start + before.map(char::len_utf8).sum::<usize>())
}

/// The item around a function that begins here.
fn container_at(source: &str, function: usize) -> Option<Container> {
    let before = source.get(..function)?;
    if !before.contains("impl") && !before.contains("trait") {
        return Some(Container::Module);
    }
    let mut opened = Opened::before(before);
    let mut inner = opened.0.pop();
    let is_macro =
        |group: &Group| before[group.head..group.start].trim_end().ends_with("workflow!");
    if inner.as_ref().is_some_and(is_macro) {
        inner = opened.0.pop();
    }
    match inner {
        None => Some(Container::Module),
        Some(group) if before[group.start..].starts_with('{') => {
            before[group.head..group.start].parse().ok().map(of_head)
        }
        Some(_) => Some(Container::Hidden),
    }
}

/// The kind of an item by its tokens in front of the brace.
fn of_head(head: TokenStream) -> Container {
    let words = ["unsafe", "default", "auto", "pub"];
    let tokens: Vec<_> = head.into_iter().collect();
    let is_modifier = |token: &TokenTree| {
        is_punct(Some(token), '#')
            || matches!(token, TokenTree::Group(_))
            || words.iter().any(|word| is_word(token, word))
    };
    let item: Vec<_> = tokens.iter().skip_while(|token| is_modifier(token)).collect();
    // `make! {`, and the `=> {` of a macro's rule.
    if let [.., before, last] = &tokens[..]
        && (is_punct(Some(last), '!') || is_punct(Some(last), '>') && is_punct(Some(before), '='))
    {
        return Container::Hidden;
    }
    let mut pairs = item.iter().zip(item.iter().skip(1));
    match item.first() {
        Some(first) if is_word(first, "trait") => Container::Trait,
        Some(first) if is_word(first, "impl") => {
            // `for<'a>` is part of a type.
            let for_type = |(word, next): (&&TokenTree, &&TokenTree)| {
                is_word(word, "for") && !is_punct(Some(next), '<')
            };
            if pairs.any(for_type) { Container::Trait } else { Container::Impl }
        }
        _ => Container::Module,
    }
}

/// The groups that are open at the end of a piece of source, outermost first.
struct Opened(Vec<Group>);

struct Group {
    /// Where the tokens in front of the group begin.
    head: usize,
    start: usize,
}

impl Opened {
    fn before(source: &str) -> Self {
        let mut groups: Vec<Group> = Vec::new();
        let (mut head, mut at) = (0, 0);
        while let Some(rest) = source.get(at..).filter(|rest| !rest.is_empty()) {
            let length = token_length(rest);
            match rest.as_bytes()[0] {
                b'(' | b'[' | b'{' => {
                    groups.push(Group { head, start: at });
                    head = at + length;
                }
                b')' | b']' => head = groups.pop().map_or(head, |group| group.head),
                b'}' => {
                    groups.pop();
                    head = at + length;
                }
                b';' => head = at + length,
                _ => {}
            }
            at += length;
        }
        Self(groups)
    }
}

/// The length of what cannot have a delimiter in it, or of one character.
fn token_length(rest: &str) -> usize {
    let until = |end: &str| rest.find(end).map_or(rest.len(), |found| found + end.len());
    let first = rest.chars().next().map_or(1, char::len_utf8);
    if rest.starts_with("//") {
        until("\n")
    } else if rest.starts_with("/*") {
        comment_length(rest)
    } else if rest.starts_with(|char: char| char == '_' || char.is_alphanumeric()) {
        word_or_raw_string(rest)
    } else if rest.starts_with('"') {
        quoted_length(rest, '"')
    } else if rest.starts_with("'\\") {
        quoted_length(rest, '\'')
    } else if rest.starts_with('\'') {
        // A character, or the quote of a lifetime.
        let mut chars = rest.char_indices().skip(2);
        chars.next().filter(|(_, char)| *char == '\'').map_or(1, |(at, _)| at + 1)
    } else {
        first
    }
}

fn comment_length(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(next) = rest.get(at..).filter(|next| !next.is_empty()) {
        if next.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if next.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                break;
            }
        } else {
            at += next.chars().next().map_or(1, char::len_utf8);
        }
    }
    at
}

fn word_or_raw_string(rest: &str) -> usize {
    let word = |char: char| char == '_' || char.is_alphanumeric();
    let length = rest.find(|char| !word(char)).unwrap_or(rest.len());
    let (prefix, behind) = rest.split_at(length);
    let hashes = behind.len() - behind.trim_start_matches('#').len();
    if !matches!(prefix, "r" | "br" | "cr") || !behind[hashes..].starts_with('"') {
        return length;
    }
    let end = format!("\"{}", &behind[..hashes]);
    let start = length + hashes + 1;
    rest[start..].find(&end).map_or(rest.len(), |found| start + found + end.len())
}

/// The length of a literal whose characters may be escaped.
fn quoted_length(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, char) in rest.char_indices().skip(1) {
        match char {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            char if char == quote => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn around(source: &str) -> Option<Container> {
        let name = source.find("run").expect("the source has the function");
        container_at(source, name)
    }

    #[test]
    fn a_workflow_in_a_trait_is_seen() {
        for source in [
            "trait Work { workflow!(async fn run(&self) {}); }",
            "impl Work for Jobs { fn a() { call(\"}\") } workflow!(async fn run() {}); }",
            "use a; impl<T: Copy> Work<T> for Jobs { workflow!(async fn run(&self) {}); }",
            "mod jobs { unsafe impl Work for Jobs { #[workflow] async fn run(&self) {} } }",
            "/// Works. }\npub(crate) trait Work { #[workflow] #[must_use] async fn run(&self) {} }",
        ] {
            assert_eq!(around(source), Some(Container::Trait), "{source}");
        }
    }

    #[test]
    fn a_workflow_in_an_impl_is_seen() {
        for source in [
            "impl Jobs { workflow!(async fn run(progress: Progress) {}); }",
            "impl<F: for<'a> Fn(&'a u8)> Jobs<F> { workflow! { async fn run() {} } }",
            "fn a() -> impl Fn() { b } impl Jobs { const BRACE: char = '}'; #[workflow] async fn run() {} }",
            "macro_rules! make { ($t:ty) => { impl $t { workflow!(async fn run() {}); } } }",
            "impl Jobs { /* } /* } */ */ const A: &str = r#\"}\"}\"#; workflow!(async fn run() {}); }",
        ] {
            assert_eq!(around(source), Some(Container::Impl), "{source}");
        }
    }

    #[test]
    fn a_workflow_beside_other_items_is_seen() {
        for source in [
            "workflow!(async fn run(&self) {});",
            "impl Work for Jobs { fn a() {} } workflow!(async fn run() {});",
            "mod jobs { impl Jobs {} workflow!(pub async fn run() {}); }",
            "impl Jobs { fn a() { workflow!(async fn run() {}); } }",
            "fn a() -> impl Fn() { #[workflow] async fn run() {} b }",
        ] {
            assert_eq!(around(source), Some(Container::Module), "{source}");
        }
    }

    #[test]
    fn another_macro_hides_the_place() {
        for source in [
            "impl Jobs {} make!(run);",
            "impl Jobs { make! { async fn run() {} } }",
            "trait Work {} macro_rules! make { () => { workflow!(async fn run() {}); } }",
        ] {
            assert_eq!(around(source), Some(Container::Hidden), "{source}");
        }
    }
}
