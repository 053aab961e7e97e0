//! The attributes of a step: what they are called, and what their arguments mean.
//!
//! `step` reads the attribute that makes a statement a step, with `share` and `title` for its parts;
//! `limits` reads the arguments of the others, and `total` the attribute of the function; `misspelt`
//! corrects names that were meant to be one of ours.

mod limits;
pub(crate) mod misspelt;
pub(crate) mod share;
mod step;
pub(crate) mod title;
pub(crate) mod total;

pub(crate) use limits::Retry;

use crate::diagnostics::{Diagnostics, Reported};
use crate::syntax::hole;
use proc_macro2::{Ident, Span};
use quote::{ToTokens, quote};
use share::Share;
use syn::parse::{ParseStream, Parser};
use syn::spanned::Spanned;
use syn::{Attribute, Expr, LitStr, Meta, MetaList};
use title::Format;

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

/// Everything that the attributes of a step say.
pub(crate) struct StepAttrs {
    /// The word `step`. Messages point at it, and so does the share that the step makes.
    pub(crate) step: Span,
    /// The names of all attributes, for editors to explain.
    pub(crate) names: Vec<Ident>,
    /// `15`, or `5..20`.
    pub(crate) share: Share,
    /// `"Scanning {} items", items.len()`.
    pub(crate) title: Result<Format, Reported>,
    /// `id = "scan"`.
    pub(crate) id: Option<LitStr>,
    /// `#[skip("No new items")]`.
    pub(crate) skip: Option<(Span, Format)>,
    /// `#[untracked]`.
    pub(crate) untracked: Option<Span>,
    /// `#[parallel]`.
    pub(crate) parallel: Option<Span>,
    /// `#[concurrent(4)]`.
    pub(crate) concurrent: Option<(Span, Expr)>,
    /// `#[retry(policy, when = is_transient)]`.
    pub(crate) retry: Option<Retry>,
    /// `#[timeout(Duration::from_secs(30))]`.
    pub(crate) timeout: Option<(Span, Expr)>,
    /// `#[uncancellable]`.
    pub(crate) uncancellable: Option<Span>,
}

impl StepAttrs {
    fn new(step: Span, share: Share, title: Result<Format, Reported>) -> Self {
        Self {
            step,
            names: Vec::new(),
            share,
            title,
            id: None,
            skip: None,
            untracked: None,
            parallel: None,
            concurrent: None,
            retry: None,
            timeout: None,
            uncancellable: None,
        }
    }

    /// The attributes of a step that has none that can be read.
    pub(crate) fn error(step: Span, reported: Reported) -> Self {
        Self::new(step, Share::Error(reported), Err(reported))
    }

    /// Whether nothing could be read of `#[step(…)]`. The step is still being written.
    pub(crate) fn is_error(&self) -> bool {
        self.title.is_err() && matches!(self.share, Share::Error(_))
    }
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

/// Takes the attributes of a step out of `attrs`, if there is a `#[step]`.
pub(crate) fn take(attrs: &mut Vec<Attribute>, errors: &mut Diagnostics) -> Option<StepAttrs> {
    let step = attrs.iter().find(|attr| is_step(attr))?;
    let mut read = step::read(step, errors);
    let mut seen = Vec::new();
    for attr in std::mem::take(attrs) {
        let Some(name) = name(&attr) else {
            attrs.push(attr);
            continue;
        };
        if seen.contains(&name) {
            errors.on(attr, format!("a second `#[{name}]` on one step; remove it"));
            continue;
        }
        add(name, &attr, &mut read, errors);
        read.names.extend(attr.path().get_ident().cloned());
        seen.push(name);
    }
    Some(read)
}

/// Adds what one attribute beside `#[step]` says.
fn add(name: &str, attr: &Attribute, step: &mut StepAttrs, errors: &mut Diagnostics) {
    let span = attr.path().span();
    match name {
        "skip" => step.skip = limits::reason(attr, errors).map(|reason| (span, reason)),
        "untracked" => step.untracked = bare(attr, errors),
        "parallel" => step.parallel = bare(attr, errors),
        "uncancellable" => step.uncancellable = bare(attr, errors),
        "concurrent" => step.concurrent = limits::limit(attr, errors).map(|limit| (span, limit)),
        "retry" => step.retry = limits::retry(attr, errors),
        "timeout" => step.timeout = limits::duration(attr, errors).map(|time| (span, time)),
        "total" => {
            errors.on(attr, "`#[total]` speaks of the outermost list; put it on the function");
        }
        _ => {}
    }
}

/// An attribute without arguments.
fn bare(attr: &Attribute, errors: &mut Diagnostics) -> Option<Span> {
    if attr.meta.require_path_only().is_err() {
        let name = attr.path().to_token_stream();
        errors.on(attr, format!("`#[{name}]` takes no arguments"));
    }
    Some(attr.path().span())
}

/// The arguments of an attribute, as `parser` reads them. `needs` completes the message where there
/// are none, or others.
fn argument<T>(
    attr: &Attribute,
    parser: impl Fn(ParseStream<'_>) -> syn::Result<T>,
    needs: &str,
    errors: &mut Diagnostics,
) -> Option<T> {
    let name = attr.path().to_token_stream();
    match &attr.meta {
        Meta::List(list) if !list.tokens.is_empty() => {
            let error = match (&parser).parse2(list.tokens.clone()) {
                Ok(value) => return Some(value),
                Err(error) => error,
            };
            errors.at(place(&error, list), format!("`#[{name}]` {needs}"));
            if errors.for_editor() {
                // The user may be typing a name.
                let unfinished = hole::name(list.delimiter.span().close());
                let tokens = &list.tokens;
                return (&parser).parse2(quote!(#tokens #unfinished)).ok();
            }
        }
        _ => {
            errors.on(attr, format!("`#[{name}]` {needs}"));
        }
    }
    None
}

/// Where the parser stopped. At the end of an attribute there is no token to point at, only the
/// parentheses.
fn place(error: &syn::Error, list: &MetaList) -> Span {
    match error.to_string().starts_with("unexpected end of input") {
        true => list.delimiter.span().join(),
        false => error.span(),
    }
}
