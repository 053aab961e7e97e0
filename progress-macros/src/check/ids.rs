//! The stable keys of steps.

use super::Check;
use crate::ast::{Step, title_slug};
use crate::attrs;
use std::collections::HashSet;

const NUMBERS: &str =
    "an id of digits alone is that of an item in a loop; add `id = \"…\"` with a letter in it";

fn is_number(id: &str) -> bool {
    id.chars().all(|letter| letter.is_ascii_digit())
}

impl Check<'_> {
    /// Reports a key that cannot be one.
    pub(super) fn id(&mut self, step: &Step) {
        if let Some(id) = &step.attrs.id {
            let text = id.value();
            if text.trim().is_empty() {
                self.errors.on(id, "an id cannot be empty");
            } else if is_number(&text) {
                self.errors.on(id, NUMBERS);
            }
            return;
        }
        if step.bound_name().is_some() {
            return;
        }
        let Ok(title) = &step.attrs.title else { return };
        let slug = title_slug(title);
        if slug.is_empty() {
            self.errors.on(
                &title.literal,
                "this title makes no id, as it has no text beside its placeholders; \
                 add `id = \"…\"` as the last argument",
            );
        } else if is_number(&slug) {
            self.errors.on(&title.literal, NUMBERS);
        }
    }

    /// Reports the second of two steps with one key.
    pub(super) fn unique_ids(&mut self, steps: &[&Step]) {
        let mut seen = HashSet::new();
        // If two steps of one name exist under opposite conditions, the condition is the mistake.
        for step in steps.iter().filter(|step| !step.foreign_attrs.iter().any(attrs::is_cfg)) {
            let id = step.id();
            if id.is_empty() || seen.insert(id.clone()) {
                continue;
            }
            let title = step.attrs.title.as_ref().ok().map(|title| &title.literal);
            let written = step.attrs.id.as_ref().or(title);
            let span = written.map_or(step.attrs.step, |literal| literal.span());
            let message = format!(
                "two steps of this list have the id `{id}`; \
                 add `id = \"…\"` as the last argument of one"
            );
            self.errors.at(span, message);
        }
    }
}
