//! The attributes of the function: `#[total(100)]` and `#[durable]`.

use super::arguments::bare;
use super::names::name;
use super::share::Number;
use super::{misspelt, total};
use crate::diagnostics::Diagnostics;
use proc_macro2::Span;
use syn::Attribute;
use syn::spanned::Spanned;

/// What is said of a workflow as a whole.
#[derive(Default)]
pub(crate) struct FunctionAttrs {
    /// `#[total(100)]`.
    pub(crate) total: Option<Number>,
    /// `#[durable]`.
    pub(crate) durable: Option<Span>,
}

/// Takes our attributes off a function, and reports those of steps there.
pub(crate) fn take(attrs: &mut Vec<Attribute>, errors: &mut Diagnostics) -> FunctionAttrs {
    misspelt::correct(Some(attrs), &["total", "durable"], errors);
    let mut taken = FunctionAttrs::default();
    let mut seen = Vec::new();
    attrs.retain(|attr| {
        let Some(name) = name(attr) else { return true };
        if seen.contains(&name) {
            errors.on(attr, format!("a second `#[{name}]`; remove it"));
            return false;
        }
        match name {
            "total" => taken.total = total::read(attr, errors),
            "durable" => taken.durable = durable(attr, errors),
            name => {
                let message =
                    format!("`#[{name}]` marks a statement of the workflow, not the function");
                errors.on(attr, message);
                return false;
            }
        }
        seen.push(name);
        false
    });
    taken
}

/// The feature of the runtime turns that of this crate on.
fn durable(attr: &Attribute, errors: &mut Diagnostics) -> Option<Span> {
    if cfg!(any(test, feature = "journal")) {
        return bare(attr, errors);
    }
    let message = "`#[durable]` needs the feature `journal` of `progress-runtime`";
    errors.at(attr.path().span(), message);
    None
}
