//! What a durable workflow keeps: its return type, the keys of its items, and values that are not
//! kept.

use super::Check;
use super::scope::names;
use crate::ast::{ForStep, Step, StepKind};
use crate::syntax::place::never_fails;
use crate::syntax::uses::uses;
use syn::spanned::Spanned;
use syn::{Expr, ReturnType, Type};

const RETURNS: &str = "a durable workflow can be interrupted: it returns a `Result` whose error \
     implements `From<Interrupted>` and `From<JournalError>`";

fn is_option(ty: &Type) -> bool {
    matches!(ty, Type::Path(ty) if ty.path.segments.last().is_some_and(|it| it.ident == "Option"))
}

impl Check<'_> {
    pub(super) fn durable(&mut self) {
        let sig = &self.workflow.function.sig;
        let steps: Vec<_> = self.workflow.body.steps().collect();
        if self.sync_durable() {
            return;
        }
        if self.workflow.durable.is_none() {
            return self.not_durable(&steps);
        }
        match &sig.output {
            ReturnType::Default => {
                self.repeated = Some(self.errors.on(&sig.ident, RETURNS));
            }
            ReturnType::Type(_, ty) if never_fails(ty) || is_option(ty) => {
                self.repeated = Some(self.errors.on(ty, RETURNS));
            }
            ReturnType::Type(..) => {}
        }
        for step in steps {
            self.kept(step, None);
        }
    }

    /// Reports attributes that have no meaning in a workflow that is not durable.
    fn not_durable(&mut self, steps: &[&Step]) {
        for step in steps {
            if let Some((span, _)) = &step.attrs.key {
                let message = "a durable workflow remembers items by their keys: \
                     put `#[durable]` on the function, or remove `#[key]`";
                self.errors.at(*span, message);
            }
            if let Some(span) = step.attrs.repeat {
                let message = "every step runs again in a workflow that is not durable: \
                     put `#[durable]` on the function, or remove `#[repeat]`";
                self.errors.at(span, message);
            }
            self.not_durable(&step.children());
        }
    }

    /// Checks a step and those inside it. `forgotten` is the `for` around it, if the items of that
    /// have no keys.
    fn kept(&mut self, step: &Step, forgotten: Option<&ForStep>) {
        let each = match &step.kind {
            StepKind::For(each) => Some(&**each),
            _ => None,
        };
        if let Some((span, key)) = &step.attrs.key {
            let mistake = match (each, forgotten) {
                (None, _) => Some("only the items of a `for` step have keys; remove `#[key]`"),
                (Some(_), Some(_)) => Some(
                    "the `for` around this one runs from its first item after a resume, and with \
                     it this one: give it a `#[key]` too",
                ),
                (Some(_), None) => None,
            };
            match (mistake, each) {
                (Some(mistake), _) => {
                    self.errors.at(*span, mistake);
                }
                (None, Some(each)) => self.key(each, key),
                (None, None) => {}
            }
        }
        if let (Some(span), Some(_)) = (step.attrs.repeat, forgotten) {
            let message = "in a `for` without `#[key]` all steps run again; remove `#[repeat]`, or \
                 give the `for` a `#[key]`";
            self.errors.at(span, message);
        }
        let forgotten = each.filter(|_| step.attrs.key.is_none()).or(forgotten);
        for child in step.children() {
            self.kept(child, forgotten);
        }
    }

    /// Reports a key that is the same for all items.
    fn key(&mut self, each: &ForStep, key: &Expr) {
        let names = names(&each.pat);
        if names.iter().any(|name| uses(key, name)) {
            return;
        }
        match names.first() {
            Some(name) => {
                let message = format!(
                    "a key tells the items apart, so it is made of `{name}`: `#[key({name}.id)]`"
                );
                self.errors.on(key, message);
            }
            None => {
                let message =
                    "a key tells the items apart: give the item a name, to make its key of";
                self.errors.at(each.pat.span(), message);
            }
        }
    }
}
