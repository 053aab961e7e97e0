//! The stable keys of steps: where they come from, and that no list has one twice.

use super::shape;
use crate::errors::Errors;
use crate::parse::attributes::Marks;
use crate::plan::{Binding, Step};
use crate::syntax;
use std::collections::HashSet;
use syn::Pat;
use syn::ext::IdentExt;

const NUMBERS: &str =
    "an id of digits alone is that of an item in a loop; add `id = \"…\"` with a letter in it";

fn is_number(id: &str) -> bool {
    id.chars().all(|letter| letter.is_ascii_digit())
}

/// The key that is written, or the name of the `let`, or the title made a slug.
pub(crate) fn of(marks: &Marks, binding: Option<&Binding>, errors: &mut Errors) -> String {
    if let Some(id) = &marks.id {
        let text = id.value();
        if text.trim().is_empty() {
            errors.on(id, "an id cannot be empty");
        } else if is_number(&text) {
            errors.on(id, NUMBERS);
        }
        return text;
    }
    if let Some(Pat::Ident(pat)) = binding.map(|binding| &binding.pat) {
        let name = pat.ident.unraw().to_string();
        let name = name.trim_start_matches('_');
        if !name.is_empty() {
            return name.to_owned();
        }
    }
    let Some(title) = &marks.title else { return String::new() };
    let slug = syntax::slug(&syntax::static_text(&title.literal.value()));
    if slug.is_empty() {
        errors.on(
            &title.literal,
            "this title makes no id, as it has no text before its first placeholder; \
             add `id = \"…\"` as the last argument",
        );
    } else if is_number(&slug) {
        errors.on(&title.literal, NUMBERS);
    }
    slug
}

/// Reports the second of two steps with one key.
pub(crate) fn unique<'a>(steps: impl Iterator<Item = &'a Step>, errors: &mut Errors) {
    let mut seen = HashSet::new();
    // Of two under opposite conditions the condition is the mistake.
    for step in steps.filter(|step| !step.attrs.iter().any(shape::is_cfg)) {
        if !step.id.is_empty() && !seen.insert(step.id.as_str()) {
            let title = step.marks.title.as_ref().map(|title| &title.literal);
            let written = step.marks.id.as_ref().or(title);
            let span = written.map_or(step.marks.step, |literal| literal.span());
            let id = &step.id;
            errors.at(
                span,
                format!(
                    "two steps of this list have the id `{id}`; \
                     add `id = \"…\"` as the last argument of one"
                ),
            );
        }
    }
}
