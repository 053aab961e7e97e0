//! The plan as a constant, with the assertions that only rustc can check.

use super::quote::quote_mixed;
use crate::ast::{Function, Step, StepKind, Workflow};
use crate::attrs::Counted;
use crate::attrs::share::{Number, Share, ShareKind, WHOLE};
use crate::syntax::text;
use crate::syntax::tokens::mentions_self;
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, format_ident, quote_spanned};
use syn::Attribute;
use syn::ext::IdentExt;

/// `pub const fn NAME_plan() -> &'static Plan`, as visible as the workflow.
pub(super) fn function(workflow: &Workflow, plan_name: &Ident) -> TokenStream {
    let Workflow { function, total, body, .. } = workflow;
    let Function { runtime, attrs, vis, sig, .. } = function;
    let name = sig.ident.unraw().to_string();
    let title = text::humanised(&name);
    let doc = format!(" The plan of [`{name}`]: its steps and their weights, before any run.");
    let copied = attrs.iter().filter(|attr| is_copied(attr));
    let steps: Vec<_> = body.steps().collect();
    let mut constants = Constants::default();
    let list = constants.list(&steps, total.as_ref());
    let items = constants.items;
    // The span of the name is where rustc reports two functions of one name.
    let at = Span::mixed_site().located_at(plan_name.span());
    quote_spanned! {at=>
        #(#copied)*
        #[doc = #doc]
        #[allow(dead_code, unreachable_pub)]
        #[must_use]
        #vis const fn #plan_name() -> &'static #runtime::__private::Plan {
            use #runtime::__private as __rt;
            #items
            const { &__rt::Plan::new(#name, #title, #list) }
        }
    }
}

/// Whether the plan needs the attribute too: it exists and is documented as the workflow is.
fn is_copied(attr: &Attribute) -> bool {
    attr.path().is_ident("cfg")
        || attr.path().is_ident("doc") && attr.meta.to_token_stream().to_string().contains("hidden")
}

/// Constants and assertions in front of the plan.
#[derive(Default)]
struct Constants {
    items: TokenStream,
    count: usize,
}

impl Constants {
    /// A `StepList`, and the assertions about it.
    fn list(&mut self, steps: &[&Step], total: Option<&Number>) -> TokenStream {
        let mut head = quote_mixed!(0);
        let mut weights = Vec::new();
        let ranges = match ShareKind::of(steps.iter().map(|step| &step.attrs.share)) {
            Some(ShareKind::Ranges) => {
                self.ranges(steps, &mut head, &mut weights);
                Some(quote_mixed!(.with_ranges()))
            }
            _ => {
                self.weights(steps, total, &mut weights);
                None
            }
        };
        let steps = steps.iter().zip(weights).map(|(step, weight)| self.step(step, &weight));
        let steps: Vec<_> = steps.collect();
        if steps.is_empty() {
            return quote_mixed!(__rt::StepList::new(0, &[]));
        }
        quote_mixed!(__rt::StepList::new(#head, const { &[#(#steps),*] }) #ranges)
    }

    fn step(&mut self, step: &Step, weight: &TokenStream) -> TokenStream {
        let id = step.id();
        let literal = step.attrs.title.as_ref().map(|title| title.literal.value());
        let title = match text::static_text(&literal.unwrap_or_default()) {
            text if text.is_empty() => text::humanised(&id),
            text => text,
        };
        let structure = match &step.kind {
            StepKind::Parallel { .. } => Some(quote_mixed!(Parallel)),
            StepKind::For(_) if step.attrs.concurrent.is_some() => Some(quote_mixed!(Concurrent)),
            StepKind::For(_) => Some(quote_mixed!(Each)),
            _ => None,
        };
        let structure = structure.map(|kind| quote_mixed!(.with_structure(__rt::Structure::#kind)));
        let item = match &step.kind {
            StepKind::For(each) => {
                text::noun(&each.pat).map(|noun| quote_mixed!(.with_item(#noun)))
            }
            _ => None,
        };
        let unit = step.attrs.unit.as_ref().map(|(_, unit)| {
            let unit = match unit {
                Counted::Bytes => quote_mixed!(Bytes),
                Counted::BinaryBytes => quote_mixed!(BinaryBytes),
                Counted::Named(names) => quote_mixed!(named(#names)),
            };
            quote_mixed!(.with_unit(const { &__rt::Unit::#unit }))
        });
        let children = step.children();
        let list = (!children.is_empty()).then(|| {
            let list = self.list(&children, None);
            quote_mixed!(.with_steps(#list))
        });
        quote_mixed!(__rt::PlanStep::new(#id, #title, #weight) #structure #item #unit #list)
    }

    fn weights(&mut self, steps: &[&Step], total: Option<&Number>, weights: &mut Vec<TokenStream>) {
        let mut computed = None;
        for step in steps {
            weights.push(match &step.attrs.share {
                Share::Weight(number) => {
                    let value = self.number(number);
                    if let Number::Const(expr) = number {
                        self.assert(
                            expr.to_token_stream(),
                            quote_mixed!(#value > 0),
                            "a step's weight must be greater than 0",
                        );
                        computed = Some(expr.to_token_stream());
                    }
                    value
                }
                // An error was reported; any weight will do.
                Share::Range(..) | Share::Error(_) => quote_mixed!(1),
            });
        }
        let sum = |weights: &[TokenStream]| quote_mixed!(#(#weights as u64)+*);
        if let Some(at) = &computed {
            let sum = sum(weights);
            self.assert(
                at.clone(),
                quote_mixed!(#sum <= u32::MAX as u64),
                "the weights add up to more than u32 holds",
            );
        }
        if let Some(total) = total
            && (computed.is_some() || total.literal().is_none())
            && !weights.is_empty()
        {
            let value = self.number(total);
            let at = total.span();
            let sum = sum(weights);
            self.assert(
                quote_spanned!(at=> total),
                quote_mixed!(#sum == #value as u64),
                "the weights do not add up to the total",
            );
        }
    }

    fn ranges(&mut self, steps: &[&Step], head: &mut TokenStream, weights: &mut Vec<TokenStream>) {
        let whole = Literal::u32_unsuffixed(WHOLE);
        let mut before: Option<(TokenStream, bool)> = None;
        let last = steps.len().saturating_sub(1);
        for (index, step) in steps.iter().enumerate() {
            let Share::Range(start, end, _) = &step.attrs.share else {
                weights.push(quote_mixed!(1));
                continue;
            };
            let constant = start.literal().is_none() || end.literal().is_none();
            let (from, to) = (self.number(start), self.number(end));
            let at = |number: &Number| match number {
                Number::Const(expr) => expr.to_token_stream(),
                Number::Literal(value, span) => {
                    let mut literal = Literal::u32_unsuffixed(*value);
                    literal.set_span(*span);
                    literal.into_token_stream()
                }
            };
            match &before {
                None => *head = from.clone(),
                Some((reached, known)) if !(*known && start.literal().is_some()) => {
                    self.assert(
                        at(start),
                        quote_mixed!(#from == #reached),
                        "a step must start where the one before ends",
                    );
                }
                Some(_) => {}
            }
            if constant {
                self.assert(at(end), quote_mixed!(#from < #to), "an empty range");
            }
            if index == last && end.literal().is_none() {
                self.assert(
                    at(end),
                    quote_mixed!(#to == #whole),
                    "the last step must end at 100 percent",
                );
            }
            weights.push(match (start.literal(), end.literal()) {
                (Some(from), Some(to)) => {
                    Literal::u32_unsuffixed(to.saturating_sub(from)).into_token_stream()
                }
                // The assertion reports a range that goes down.
                _ => quote_mixed!(u32::saturating_sub(#to, #from)),
            });
            before = Some((to, end.literal().is_some()));
        }
    }

    /// A literal as it is, and a const expression as a named constant, so that rustc reports an
    /// error in it once.
    fn number(&mut self, number: &Number) -> TokenStream {
        match number {
            Number::Literal(value, _) => Literal::u32_unsuffixed(*value).into_token_stream(),
            Number::Const(expr) if mentions_self(expr.to_token_stream()) => quote_mixed!((#expr)),
            Number::Const(expr) => {
                let name = format_ident!("__WEIGHT_{}", self.count, span = Span::mixed_site());
                self.count += 1;
                self.items.extend(quote_mixed!(const #name: u32 = #expr;));
                name.into_token_stream()
            }
        }
    }

    /// An assertion that `cargo check` evaluates. Items cannot name `Self`; with `Self` the
    /// assertion is an expression, which is evaluated when the plan is used.
    fn assert(&mut self, at: TokenStream, condition: TokenStream, message: &str) {
        let span = syn::spanned::Spanned::span(&at).resolved_at(Span::mixed_site());
        let assertion = quote_spanned!(span=> __rt::core::assert!(#condition, #message));
        self.items.extend(if mentions_self(condition) {
            quote_spanned!(span=> const { #assertion };)
        } else {
            quote_mixed!(const _: () = #assertion;)
        });
    }
}
