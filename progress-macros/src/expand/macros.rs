//! A step that is a macro in the place of a statement: `bind!(x = scan(progress).await?);`.
//!
//! It may become several statements, or bind variables for those after it. So it stands in no
//! block, and neither does its share.

use super::context::Context;
use super::durable;
use super::ends::{Shield, close, shield, title};
use super::share;
use crate::ast::{Step, StepKind};
use crate::syntax::uses::uses;
use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::Expr;

/// The macro of a step that is a statement. At the end of a block, without a `;`, it is a value.
pub(super) fn of_step<'a>(step: &'a Step, is_last: bool, context: &Context) -> Option<&'a Expr> {
    let StepKind::Plain(code) = &step.kind else { return None };
    let is_statement = step.binding.is_none() && (step.semi.is_some() || !is_last);
    let is_here = is_statement && !context.for_editor && !durable::is_kept(step, context);
    (is_here && matches!(code.expr(), Expr::Macro(_))).then(|| code.expr())
}

/// The statements of the step. `before` is its check of the cancel flag.
pub(super) fn statement(
    step: &Step,
    mac: &Expr,
    before: Option<TokenStream>,
    context: &Context,
) -> TokenStream {
    let at = step.at();
    let (index, title, attrs, semi) =
        (step.position(), title(step), &step.foreign_attrs, &step.semi);
    let (shield, after, steps) = match step.attrs.uncancellable {
        None => (None, None, quote_spanned!(at=> __steps)),
        Some(_) => {
            let Shield { shield, after } = shield(step, context);
            // An `if` at the end would be the value of the list.
            (Some(shield), Some(quote_spanned!(at=> #after;)), quote_spanned!(at=> __shielded))
        }
    };
    let named = uses(mac, &context.progress);
    let share = share::variable(step, named, context);
    let open = quote_spanned!(at=> #share = #steps.open(#index););
    // A share that nothing names stays open without its variable.
    let open = if named { open } else { quote_spanned!(at=> { #open }) };
    // No block, which could be the value of the list.
    let close = close(step);
    let close = quote_spanned!(at=> #[allow(unreachable_code)] #close);
    quote_spanned! {at=>
        #before
        #shield
        #title
        #open
        #(#attrs)* #mac #semi
        #close
        #after
    }
}
