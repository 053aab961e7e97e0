//! The stable keys of steps: where they come from, and that no list has one twice.

use crate::errors::Errors;
use crate::parse::attributes::Marks;
use crate::plan::{Binding, Step};
use crate::syntax;
use std::collections::HashSet;
use syn::Pat;
use syn::ext::IdentExt;

/// The key that is written, or the name of the `let`, or the title made a slug.
pub(crate) fn of(marks: &Marks, binding: Option<&Binding>, errors: &mut Errors) -> String {
    if let Some(id) = &marks.id {
        let text = id.value();
        if text.trim().is_empty() {
            errors.on(id, "an id cannot be empty");
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
    let slug = syntax::slug(&syntax::static_text(&marks.title.literal.value()));
    if slug.is_empty() {
        errors.on(
            &marks.title.literal,
            "this title makes no id, as it has no text before its first placeholder; add `id = \"…\"` as the last argument",
        );
    }
    slug
}

/// Reports the second of two steps with one key.
pub(crate) fn unique<'a>(steps: impl Iterator<Item = &'a Step>, errors: &mut Errors) {
    let mut seen = HashSet::new();
    for step in steps {
        if !step.id.is_empty() && !seen.insert(step.id.as_str()) {
            let span = step.marks.id.as_ref().map_or(step.marks.title.literal.span(), |id| id.span());
            let id = &step.id;
            errors.at(
                span,
                format!("two steps of this list have the id `{id}`; add `id = \"…\"` as the last argument of one"),
            );
        }
    }
}
