//! The names of the attributes.

use syn::Attribute;

/// The attributes of a step, and those of a function.
pub(crate) const NAMES: [&str; 12] = [
    "step",
    "skip",
    "untracked",
    "parallel",
    "concurrent",
    "retry",
    "timeout",
    "uncancellable",
    "total",
    "durable",
    "key",
    "repeat",
];

/// Whether an attribute takes no arguments.
pub(super) fn is_bare(name: &str) -> bool {
    matches!(name, "untracked" | "parallel" | "uncancellable" | "durable" | "repeat")
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
