//! The place of a workflow in its source.
//!
//! rustc shows a macro its input only, so this reads the source file. The result improves a message
//! and affects nothing else. It is "not in a trait" unless nothing else in the file can be the
//! workflow.

use crate::syntax::tokens::{is_punct, is_word};
use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};

/// Whether a function stands in a trait, or in the `impl` of one, as far as the source shows.
pub(super) fn is_in_a_trait(function: &Ident) -> bool {
    let source = function.span().local_file().and_then(|file| std::fs::read_to_string(file).ok());
    let items = source.and_then(|source| source.parse().ok()).unwrap_or_default();
    stands_in_a_trait(items, function)
}

/// Whether the name stands in traits only, and as a workflow there. The tokens of a file cannot be
/// matched with those of the macro by their place, and any macro that takes the name may make a
/// workflow of it, so every other mention counts against it.
fn stands_in_a_trait(items: TokenStream, function: &Ident) -> bool {
    let mut found = Found { name: function.to_string(), in_traits: 0, elsewhere: 0 };
    found.search(items);
    found.in_traits > 0 && found.elsewhere == 0
}

struct Found {
    name: String,
    in_traits: usize,
    elsewhere: usize,
}

impl Found {
    fn search(&mut self, items: TokenStream) {
        let mut head = Vec::new();
        for token in items {
            match token {
                TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                    let (inside, text) = (group.stream(), group.to_string());
                    if head.iter().any(|token| is_word(token, "mod")) {
                        self.search(inside);
                    } else if !is_head_of_a_trait(&head) {
                        self.elsewhere(&text);
                    } else if text.contains("workflow") && self.is_named(&text) {
                        self.in_traits += 1;
                    }
                    self.without_braces(&mut head);
                }
                token if is_punct(Some(&token), ';') => self.without_braces(&mut head),
                token => head.push(token),
            }
        }
        self.without_braces(&mut head);
    }

    /// Counts tokens outside of braces: heads, macros in parentheses, and items that end in a `;`.
    fn without_braces(&mut self, tokens: &mut Vec<TokenTree>) {
        let tokens: TokenStream = tokens.drain(..).collect();
        self.elsewhere(&tokens.to_string());
    }

    fn elsewhere(&mut self, text: &str) {
        self.elsewhere += usize::from(self.is_named(text));
    }

    fn is_named(&self, text: &str) -> bool {
        let words = text.split(|char: char| char != '_' && !char.is_alphanumeric());
        words.into_iter().any(|word| word == self.name)
    }
}

/// `trait …` or `impl … for …`.
fn is_head_of_a_trait(head: &[TokenTree]) -> bool {
    head.iter().zip(head.iter().skip(1)).any(|(word, next)| {
        // `for<'a>` is part of a type.
        is_word(word, "trait") || is_word(word, "for") && !is_punct(Some(next), '<')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_a_trait(source: &str) -> bool {
        let function = Ident::new("run", proc_macro2::Span::call_site());
        stands_in_a_trait(source.parse().expect("the source is made of tokens"), &function)
    }

    #[test]
    fn a_workflow_in_a_trait_is_seen() {
        assert!(in_a_trait("trait Work { workflow!(async fn run(&self) {}); }"));
        assert!(in_a_trait(
            "use a; impl<T: Copy> Work<T> for Jobs { workflow!(async fn run(&self) {}); }"
        ));
        assert!(in_a_trait(
            "mod jobs { unsafe impl Work for Jobs { #[workflow] async fn run(&self) {} } }"
        ));
    }

    #[test]
    fn a_workflow_outside_of_traits_is_left_alone() {
        assert!(!in_a_trait(
            "impl<F: for<'a> Fn(&'a u8)> Jobs<F> { workflow!(async fn run(&self) {}); }"
        ));
        assert!(!in_a_trait(
            "impl Work for Jobs { async fn run(&self) {} } impl Jobs { workflow!(async fn run(&self) {}); }"
        ));
        assert!(!in_a_trait("impl Work for Jobs { workflow!(async fn run_all(&self) {}); }"));
        assert!(!in_a_trait("workflow!(async fn run(&self) {});"));
        assert!(!in_a_trait(
            "trait Work { /// A workflow.
            async fn run(&self); } make!(run);"
        ));
        assert!(!in_a_trait(
            "make!(run); impl Work for Jobs { workflow!(async fn run(&self) {}); }"
        ));
    }
}
