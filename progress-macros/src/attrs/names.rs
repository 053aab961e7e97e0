//! The names of the attributes.

use syn::Attribute;

/// The attributes of a step, and that of a list.
pub(crate) const NAMES: [&str; 9] = [
    "step",
    "skip",
    "untracked",
    "parallel",
    "concurrent",
    "retry",
    "timeout",
    "uncancellable",
    "total",
];

/// Whether an attribute takes no arguments.
pub(super) fn is_bare(name: &str) -> bool {
    matches!(name, "untracked" | "parallel" | "uncancellable")
}

/// The name of an attribute, if it is one of ours.
pub(crate) fn name(attr: &Attribute) -> Option<&'static str> {
    let name = attr.path().get_ident()?.to_string();
    NAMES.into_iter().find(|ours| *ours == name)
}

pub(crate) fn is_step(attr: &Attribute) -> bool {
    attr.path().is_ident("step")
}

/// Whether code exists under a condition only.
pub(crate) fn is_cfg(attr: &Attribute) -> bool {
    attr.path().is_ident("cfg") || attr.path().is_ident("cfg_attr")
}
