//! Attributes that were meant to be one of ours.

use super::names::{NAMES, is_bare};
use crate::diagnostics::Diagnostics;
use crate::syntax::text::is_near;
use crate::syntax::tokens::split_at_commas;
use crate::syntax::{hole, place};
use proc_macro2::{Ident, Span, TokenTree};
use syn::{Attribute, Expr, Meta, Path, Stmt};

/// The message for a step that exists under a condition only.
pub(crate) const ALWAYS: &str = "the plan is a constant, and a step is always in it: \
     put the condition on the function, or inside of the step";

/// Attributes that rustc knows, wherever they stand.
const OF_RUST: [&str; 24] = [
    "allow",
    "automatically_derived",
    "cfg",
    "cfg_attr",
    "cold",
    "coverage",
    "deny",
    "deprecated",
    "derive",
    "doc",
    "expect",
    "forbid",
    "ignore",
    "inline",
    "macro_use",
    "must_use",
    "no_mangle",
    "non_exhaustive",
    "path",
    "repr",
    "rustfmt",
    "test",
    "track_caller",
    "warn",
];

/// Whether an attribute means something else on an `async fn` than on a function that returns a
/// future: `#[must_use]`, which is about the value, and any macro, which may look for the `async`.
pub(crate) fn is_about_async(attr: &Attribute) -> bool {
    if let (true, Meta::List(list)) = (attr.path().is_ident("cfg_attr"), &attr.meta) {
        let attrs = split_at_commas(list.tokens.clone()).into_iter().skip(1);
        return attrs.filter_map(|attr| attr.into_iter().next()).any(|first| match first {
            TokenTree::Ident(name) => is_about_async_by(&name),
            _ => false,
        });
    }
    attr.path().segments.first().is_some_and(|first| is_about_async_by(&first.ident))
}

fn is_about_async_by(name: &Ident) -> bool {
    name == "must_use" || !is_of_rust(name)
}

fn is_of_rust(name: &Ident) -> bool {
    const TOOLS: [&str; 2] = ["clippy", "diagnostic"];
    OF_RUST.iter().chain(&TOOLS).any(|of_rust| name == of_rust)
}

/// Reports the attributes of a statement that were meant to be ours, and corrects them. Returns
/// whether others are left that may have been meant to make it a step.
pub(crate) fn correct_statement(stmt: &mut Stmt, errors: &mut Diagnostics) -> bool {
    if let Stmt::Item(item) = stmt {
        correct(place::item_attrs_mut(item), &NAMES, errors);
        return false;
    }
    let Some(attrs) = place::leading_attrs_mut(stmt) else { return false };
    conditional(attrs, errors) | correct(Some(attrs), &NAMES, errors)
}

/// Reports and takes off `#[cfg_attr(…, step(…))]`. Returns whether there was one.
fn conditional(attrs: &mut Vec<Attribute>, errors: &mut Diagnostics) -> bool {
    let all = attrs.len();
    attrs.retain(|attr| {
        let Meta::List(list) = &attr.meta else { return true };
        let is_step = |token| matches!(token, TokenTree::Ident(word) if word == "step");
        if !list.path.is_ident("cfg_attr") || !list.tokens.clone().into_iter().any(is_step) {
            return true;
        }
        errors.on(attr, ALWAYS);
        false
    });
    attrs.len() < all
}

/// Reports `step!(1, "…")`. Returns whether the statement is one.
pub(crate) fn is_called(stmt: &Stmt, errors: &mut Diagnostics) -> bool {
    let mac = match stmt {
        Stmt::Macro(stmt) => &stmt.mac,
        Stmt::Expr(Expr::Macro(expr), _) => &expr.mac,
        _ => return false,
    };
    let ours = mac.path.is_ident("step")
        && matches!(mac.tokens.clone().into_iter().next(), Some(TokenTree::Literal(_)));
    if ours {
        let arguments = &mac.tokens;
        errors.on(&mac.path, format!("this is an attribute: write `#[step({arguments})]`"));
    }
    ours
}

/// Reports `#[stpe(…)]` and `#[progress_runtime::step(…)]`, and writes the names that were meant in
/// their place. Returns whether there is an attribute that only rustc can resolve.
pub(super) fn correct(
    attrs: Option<&mut Vec<Attribute>>,
    names: &[&'static str],
    errors: &mut Diagnostics,
) -> bool {
    let mut unknown = false;
    for attr in attrs.into_iter().flatten() {
        let meant = match attr.path().get_ident() {
            Some(ident) => {
                let name = ident.to_string();
                if NAMES.contains(&name.as_str()) || OF_RUST.contains(&name.as_str()) {
                    continue;
                }
                let meant = names.iter().find(|meant| is_near(&name, meant));
                if let Some(meant) = meant {
                    let message =
                        format!("unknown step attribute `{name}`; did you mean `{meant}`?");
                    errors.at(ident.span(), message);
                }
                // In an editor the user may be typing the name.
                let meant = meant.filter(|_| !errors.for_editor());
                unknown |= meant.is_none();
                meant
            }
            None => {
                let meant = behind_path(attr.path(), names);
                if let Some(meant) = meant {
                    errors.on(attr.path(), format!("write `#[{meant}]`, without a path"));
                }
                meant
            }
        };
        if let Some(meant) = meant {
            rename(attr, meant);
        }
    }
    unknown
}

/// The name of ours that a path of ours ends in.
fn behind_path<'a>(path: &Path, names: &'a [&'static str]) -> Option<&'a &'static str> {
    let segments: Vec<_> = path.segments.iter().map(|part| part.ident.to_string()).collect();
    let ours = segments.iter().any(|name| name == "progress_runtime" || name == "attr");
    names.iter().find(|meant| ours && segments.last().is_some_and(|last| last == *meant))
}

fn rename(attr: &mut Attribute, meant: &str) {
    let span = attr.path().segments.last().map_or_else(Span::call_site, |last| last.ident.span());
    let path = Path::from(Ident::new(meant, span));
    match &mut attr.meta {
        // One mistake is enough: the missing arguments are not reported too.
        Meta::Path(_) if meant == "step" => {
            let unread = hole::unread(span);
            attr.meta = syn::parse_quote!(#path(#unread));
        }
        meta if is_bare(meant) => *meta = Meta::Path(path),
        Meta::Path(old) => *old = path,
        Meta::List(list) => list.path = path,
        Meta::NameValue(pair) => pair.path = path,
    }
}
