//! Where a workflow stands. A macro is not told what is around it, and so its source is read: for a message alone.

use crate::syntax::is_punct;
use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};

/// Whether a function stands in a trait, or in the `impl` of one, as far as can be told.
pub(super) fn is_in_a_trait(function: &Ident) -> bool {
    let source = function.span().local_file().and_then(|file| std::fs::read_to_string(file).ok());
    let items = source.and_then(|source| source.parse().ok()).unwrap_or_default();
    stands_in_a_trait(items, function)
}

/// Whether all functions of this name do that stand among these items. Tokens of a source have no place.
fn stands_in_a_trait(items: TokenStream, function: &Ident) -> bool {
    let mut found = Found { text: format!("async fn {function}"), in_traits: 0, elsewhere: 0 };
    found.search(items);
    found.in_traits > 0 && found.elsewhere == 0
}

struct Found {
    text: String,
    in_traits: usize,
    elsewhere: usize,
}

impl Found {
    fn search(&mut self, items: TokenStream) {
        let mut head = Vec::new();
        for token in items {
            match token {
                TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                    let first = |word: &str| head.iter().any(|token| is_word(token, word));
                    if first("mod") {
                        self.search(group.stream());
                    } else if self.is_in(&group.to_string()) {
                        let in_a_trait = is_head_of_a_trait(&head);
                        self.in_traits += usize::from(in_a_trait);
                        self.elsewhere += usize::from(!in_a_trait);
                    }
                    head.clear();
                }
                token if is_punct(Some(&token), ';') => head.clear(),
                token => head.push(token),
            }
        }
        // A macro in parentheses.
        let rest: TokenStream = head.into_iter().collect();
        self.elsewhere += usize::from(self.is_in(&rest.to_string()));
    }

    fn is_in(&self, text: &str) -> bool {
        let ends =
            |rest: &str| !rest.starts_with(|next: char| next == '_' || next.is_alphanumeric());
        text.contains("workflow") && text.split(&self.text).skip(1).any(ends)
    }
}

/// `trait …` or `impl … for …`.
fn is_head_of_a_trait(head: &[TokenTree]) -> bool {
    head.iter().zip(head.iter().skip(1)).any(|(word, next)| {
        // `for<'a>` is part of a type.
        is_word(word, "trait") || is_word(word, "for") && !is_punct(Some(next), '<')
    })
}

fn is_word(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == word)
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
    fn a_workflow_elsewhere_is_let_be() {
        assert!(!in_a_trait(
            "impl<F: for<'a> Fn(&'a u8)> Jobs<F> { workflow!(async fn run(&self) {}); }"
        ));
        assert!(!in_a_trait(
            "impl Work for Jobs { async fn run(&self) {} } impl Jobs { workflow!(async fn run(&self) {}); }"
        ));
        assert!(!in_a_trait("impl Work for Jobs { workflow!(async fn run_all(&self) {}); }"));
        assert!(!in_a_trait("workflow!(async fn run(&self) {});"));
    }
}
