//! The attributes of a step: their names and their arguments.
//!
//! `step` reads the attribute that makes a statement a step, with `share`, `title` and `options` for
//! its parts; `limits` and `durable` read the arguments of the others, and `function` and `total` the
//! attributes of the function;
//! `behind` what follows the arguments; `misspelt` corrects names that were meant to be one of ours.

mod arguments;
pub(crate) mod behind;
mod durable;
pub(crate) mod function;
pub(crate) mod in_macro;
mod limits;
pub(crate) mod misspelt;
mod names;
mod options;
pub(crate) mod share;
mod step;
pub(crate) mod title;
mod total;

pub(crate) use limits::Retry;
pub(crate) use names::{NAMES, is_cfg, is_step, name};
pub(crate) use options::Counted;

use crate::diagnostics::{Diagnostics, Reported};
use arguments::bare;
use options::Options;
use proc_macro2::{Ident, Span};
use share::Share;
use step::Arguments;
use syn::spanned::Spanned;
use syn::{Attribute, Expr, LitStr};
use title::Format;

/// The attributes of a step with their arguments.
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
    /// `item = "{name}"`.
    pub(crate) item: Option<(Span, Format)>,
    /// `unit = bytes`.
    pub(crate) unit: Option<(Span, Counted)>,
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
    /// `#[key(batch.id)]`.
    pub(crate) key: Option<(Span, Expr)>,
    /// `#[repeat]`.
    pub(crate) repeat: Option<Span>,
}

impl StepAttrs {
    fn new(step: Span, Arguments { share, title, id, options }: Arguments) -> Self {
        let Options { item, unit } = options;
        Self {
            step,
            names: Vec::new(),
            share,
            title,
            id,
            item,
            unit,
            skip: None,
            untracked: None,
            parallel: None,
            concurrent: None,
            retry: None,
            timeout: None,
            uncancellable: None,
            key: None,
            repeat: None,
        }
    }

    /// The attributes of a step that has none that can be read.
    pub(crate) fn error(step: Span, reported: Reported) -> Self {
        Self::new(step, Arguments::error(reported))
    }

    /// Whether nothing could be read of `#[step(…)]`. The step is still being written.
    pub(crate) fn is_error(&self) -> bool {
        self.title.is_err() && matches!(self.share, Share::Error(_))
    }
}

/// Takes the attributes of a step out of `attrs`, if there is a `#[step]`.
pub(crate) fn take(attrs: &mut Vec<Attribute>, errors: &mut Diagnostics) -> Option<StepAttrs> {
    let step = attrs.iter().find(|attr| is_step(attr))?;
    let mut read = StepAttrs::new(step.path().span(), step::read(step, errors));
    let mut seen = Vec::new();
    for attr in std::mem::take(attrs) {
        let Some(name) = name(&attr) else {
            attrs.push(attr);
            continue;
        };
        if seen.contains(&name) {
            if step::is_unread(&attr) {
                continue;
            }
            errors.on(attr, format!("a second `#[{name}]` on one step; remove it"));
            continue;
        }
        add(name, &attr, &mut read, errors);
        read.names.extend(attr.path().get_ident().cloned());
        seen.push(name);
    }
    Some(read)
}

/// Reads one attribute beside `#[step]`.
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
        "key" => step.key = durable::key(attr, errors).map(|key| (span, key)),
        "repeat" => step.repeat = bare(attr, errors),
        "durable" => {
            errors.on(attr, "`#[durable]` speaks of the whole workflow; put it on the function");
        }
        "total" => {
            errors.on(attr, "`#[total]` speaks of the outermost list; put it on the function");
        }
        _ => {}
    }
}
