//! The rules of one step: where each attribute can stand, and that the step uses its share.

use super::Check;
use crate::ast::{Arm, BRANCHES, Code, ForBody, Form, Step, StepKind};
use crate::attrs::{self, Counted, misspelt};
use crate::diagnostics::Reported;
use crate::syntax::flow::Flow;
use crate::syntax::tokens::split_at_commas;
use crate::syntax::uses::{binding, first_use, uses};
use crate::syntax::walk::{Part, Reader, Reading, Walk};
use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::Expr;
use syn::spanned::Spanned;

const NEVER_SKIPPED: &str =
    "every arm of this step uses `progress`, so that it is never skipped; remove `#[skip]`";

impl Check<'_> {
    /// Checks one step. `found` is an error inside of it.
    pub(super) fn rules(&mut self, step: &Step, found: Option<Reported>) {
        if let Some(cfg) = step.foreign_attrs.iter().find(|attr| attrs::is_cfg(attr)) {
            self.errors.on(cfg, misspelt::ALWAYS);
        }
        self.skip(step);
        self.counted(step);
        match self.workflow.function.form {
            Form::Async => self.async_rules(step),
            Form::Sync => self.sync_rules(step),
        }
        self.value_of_while(step);
        self.values_of_items(step);
        if found.is_none() && !step.attrs.is_error() && self.shared(step).is_none() {
            self.share_use(step);
        }
    }

    /// Reports names for items and a unit where nothing is counted.
    fn counted(&mut self, step: &Step) {
        let is_loop = matches!(step.kind, StepKind::For(_));
        if let (Some((span, _)), false) = (&step.attrs.item, is_loop) {
            let message = "only the items of a `for` step have names; put this into the title";
            self.errors.at(*span, message);
        }
        let Some((span, unit)) = &step.attrs.unit else { return };
        let span = *span;
        if step.attrs.untracked.is_some() {
            self.errors.at(span, "an untracked step counts nothing; remove `unit`");
        } else if !is_loop && !step.children().is_empty() {
            let message = "the inner steps divide this one by their weights; put `unit` on the \
                 step that counts";
            self.errors.at(span, message);
        } else if is_loop && !matches!(unit, Counted::Named(_)) {
            let message = "a `for` counts its items: write `unit = named(\"file\", \"files\")`, or \
                 count bytes inside of it, after `progress.set_unit(Unit::Bytes)`";
            self.errors.at(span, message);
        }
    }

    /// The rules of the attributes that are about futures.
    fn async_rules(&mut self, step: &Step) {
        self.parallel(step);
        if let Some((span, _)) = &step.attrs.concurrent
            && !matches!(step.kind, StepKind::For(_))
        {
            self.errors.at(*span, "only a `for` step runs concurrently");
        }
        let is_call = step.call(Form::Async).is_some();
        if step.attrs.retry.is_some() && !is_call {
            self.errors.on(
                Syntax(step),
                "retry needs a single `call.await?`: \
                 put `#[retry]` on the step that makes the call",
            );
        } else if step.attrs.timeout.is_some() && !is_call {
            self.errors.on(
                Syntax(step),
                "a timeout needs a single `call.await?`: \
                 put `#[timeout]` on the step that makes the call",
            );
        }
    }

    fn skip(&mut self, step: &Step) {
        let Some((span, _)) = &step.attrs.skip else { return };
        let message = match &step.kind {
            // Without `else` it is skipped if no condition holds.
            StepKind::If { otherwise: None, .. } => return,
            StepKind::If { .. } | StepKind::Match { .. } => {
                if step.arms().any(|arm| matches!(arm, Arm::Skip(_))) {
                    return;
                }
                NEVER_SKIPPED
            }
            // Without items it is skipped.
            StepKind::For(_) => return,
            _ => {
                "only an `if`, a `match` or a `for` can be skipped; \
                 remove `#[skip]`, or put the step's code in an `if`"
            }
        };
        self.errors.at(*span, message);
    }

    fn parallel(&mut self, step: &Step) {
        let Some(span) = step.attrs.parallel else { return };
        match &step.kind {
            StepKind::Parallel { tuple, branches } => {
                if branches.len() < *BRANCHES.start() {
                    let single =
                        "a single branch is not parallel: remove `#[parallel]`, or add a branch";
                    self.errors.on(tuple, single);
                } else if branches.len() > *BRANCHES.end() {
                    let most = BRANCHES.end();
                    let message = format!(
                        "at most {most} branches run in parallel: \
                         use a `for` with `#[concurrent(n)]`"
                    );
                    self.errors.on(tuple, message);
                }
            }
            StepKind::For(_) => {
                self.errors.at(span, "a `for` step runs at once with `#[concurrent(n)]`");
            }
            // `inside` reports it.
            StepKind::Plain(_) => {}
            StepKind::Group { .. } => {
                self.errors.at(span, "write the branches as a tuple");
            }
            _ => {
                self.errors.on(Syntax(step), "write the branches as a tuple");
            }
        }
    }

    /// Reports a step that does not hand on its share, and one that does although it says
    /// otherwise.
    fn share_use(&mut self, step: &Step) {
        let progress = &self.workflow.progress;
        let untracked = step.attrs.untracked;
        let uses = match &step.kind {
            StepKind::Plain(code) => uses(code.expr(), progress),
            StepKind::If { .. } if step.inner().is_some() => {
                return self.needless(untracked, INNER_STEPS);
            }
            // Without arms it never runs.
            StepKind::Match { arms, .. } if arms.is_empty() => return,
            StepKind::If { .. } | StepKind::Match { .. } => {
                step.arms().any(|arm| arm_uses(arm, progress))
            }
            StepKind::Group { .. } | StepKind::Parallel { .. } => {
                return self.needless(untracked, INNER_STEPS);
            }
            StepKind::For(each) => {
                return self.needless(
                    untracked,
                    match &each.body {
                        ForBody::Steps(_) => INNER_STEPS,
                        ForBody::Items(_) => {
                            "a `for` step counts its items by itself; remove `#[untracked]`"
                        }
                    },
                );
            }
        };
        match (uses, untracked) {
            (true, Some(_)) => {
                let message = format!("this step does pass `{progress}`; remove `#[untracked]`");
                self.needless(untracked, &message);
            }
            (false, None) if !self.taken => self.unused(step),
            _ => {}
        }
    }

    /// Reports a share that is given to several sub-jobs: as a clone, or in a `join!`.
    fn shared(&mut self, step: &Step) -> Option<Reported> {
        // Inner steps are checked for themselves.
        if !step.children().is_empty() {
            return None;
        }
        let progress = &self.workflow.progress;
        let mut shared = Shared { progress, found: None };
        step.visit_code(&mut Reading(&mut shared));
        let (span, how) = shared.found?;
        let message = match how {
            How::Clone => format!(
                "`{progress}` has one owner: `{progress}.split(units)` makes a share of it, \
                 and `{progress}.counter()` a counter for many owners"
            ),
            How::Join => format!(
                "`{progress}` goes to one sub-job: make the sub-jobs a tuple with `#[parallel]`, \
                 or give each its own share, `{progress}.split(units)`"
            ),
        };
        self.repeated = Some(self.errors.at(span, message));
        self.repeated
    }

    fn needless(&mut self, untracked: Option<Span>, message: &str) {
        if let Some(span) = untracked {
            self.errors.at(span, message);
        }
    }

    /// Whether the share is `_progress` and the step uses `progress`, about which rustc says
    /// enough.
    fn names_without_underscore(&self, step: &Step) -> bool {
        let progress = &self.workflow.progress;
        let name = progress.to_string();
        name.strip_prefix('_')
            .and_then(|name| syn::parse_str::<Ident>(name).ok())
            .is_some_and(|meant| first_use(|reading| step.visit_code(reading), &meant).is_some())
    }

    fn unused(&mut self, step: &Step) {
        let progress = &self.workflow.progress;
        if self.names_without_underscore(step) {
            return;
        }
        let awaits = |code: &Code| Flow::of_expr(code.expr()).awaits;
        let awaits = match &step.kind {
            StepKind::Plain(code) => awaits(code),
            _ => step.arms().any(|arm| match arm {
                Arm::Run(code) | Arm::Skip(code) => awaits(code),
                Arm::Group(_) => true,
            }),
        };
        let (does, to) = match awaits {
            true => ("awaits a sub-job but never passes", " to it"),
            false => ("does its work but never uses", ""),
        };
        let message =
            format!("this step {does} `{progress}`{to}; pass it, or mark the step `#[untracked]`");
        self.errors.on(Syntax(step), message);
    }
}

/// How a share is given to several sub-jobs.
enum How {
    Clone,
    Join,
}

/// Finds a share that is given to several sub-jobs.
struct Shared<'a> {
    progress: &'a Ident,
    found: Option<(Span, How)>,
}

impl Reader for Shared<'_> {
    fn read(&mut self, part: Part<'_>) -> Walk {
        match part {
            Part::Expr(Expr::MethodCall(call))
                if call.method == "clone"
                    && matches!(&*call.receiver,
                        Expr::Path(path) if path.path.is_ident(self.progress)) =>
            {
                self.found.get_or_insert((call.method.span(), How::Clone));
            }
            Part::Macro(mac) => {
                let joins = |name: &Ident| ["join", "try_join", "select"].iter().any(|j| name == j);
                if mac.path.segments.last().is_some_and(|last| joins(&last.ident)) {
                    let parts = split_at_commas(mac.tokens.clone()).into_iter();
                    let mut uses = parts.filter(|part| mentions(part.clone(), self.progress));
                    if uses.next().is_some() && uses.next().is_some() {
                        self.found.get_or_insert((mac.path.span(), How::Join));
                    }
                }
            }
            Part::Item(_) => return Walk::Past,
            Part::Expr(Expr::Closure(closure))
                if closure.inputs.iter().any(|pat| binding(pat, self.progress).is_some()) =>
            {
                return Walk::Past;
            }
            _ => {}
        }
        Walk::Into
    }
}

/// Whether a name is among tokens.
fn mentions(tokens: TokenStream, name: &Ident) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == *name,
        TokenTree::Group(group) => mentions(group.stream(), name),
        _ => false,
    })
}

const INNER_STEPS: &str =
    "the inner steps say what they do with their shares; remove `#[untracked]`";

fn arm_uses(arm: &Arm, progress: &Ident) -> bool {
    match arm {
        Arm::Run(code) | Arm::Skip(code) => code.uses(progress),
        Arm::Group(_) => true,
    }
}

/// The user's code of a step, for a message to point at.
pub(super) struct Syntax<'a>(pub(super) &'a Step);

impl ToTokens for Syntax<'_> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match &self.0.kind {
            StepKind::Plain(code) => code.expr().to_tokens(tokens),
            StepKind::If { arms, .. } => {
                if let Some(first) = arms.first() {
                    first.if_token.to_tokens(tokens);
                    first.cond.expr().to_tokens(tokens);
                }
            }
            StepKind::Match { match_token, scrutinee, .. } => {
                match_token.to_tokens(tokens);
                scrutinee.expr().to_tokens(tokens);
            }
            StepKind::For(each) => {
                each.for_token.to_tokens(tokens);
                each.pat.to_tokens(tokens);
                each.in_token.to_tokens(tokens);
                each.items.to_tokens(tokens);
            }
            StepKind::Parallel { tuple, .. } => tuple.to_tokens(tokens),
            StepKind::Group { .. } => Ident::new("step", self.0.attrs.step).to_tokens(tokens),
        }
    }
}
