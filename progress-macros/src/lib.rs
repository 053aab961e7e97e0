//! The macro behind `progress_runtime::workflow!`. Use it through that crate.
//!
//! A workflow passes through five stages, whose order is in `pipeline`:
//!
//! 1. `parse` reads the signature and the statements of a function. `recover` repairs them if the
//!    user is still typing.
//! 2. `build` turns the statements into a tree of steps (`ast`); `attrs` reads the attributes.
//! 3. `check` holds the tree against the rules. It changes nothing.
//! 4. `lower` rewrites what cannot be expanded as the user wrote it.
//! 5. `expand` writes the function, with calls of `progress_runtime::__private`.
//!
//! Every stage reports into one `diagnostics::Diagnostics` and continues as if the input were
//! correct, so that one mistake causes one message, and the function always exists for its callers.
//! `syntax` answers questions about Rust that have nothing to do with steps.

#![warn(unreachable_pub)]

mod ast;
mod attrs;
mod build;
mod check;
mod diagnostics;
mod expand;
mod lower;
mod parse;
mod pipeline;
mod recover;
mod syntax;
#[cfg(test)]
mod tests;

use diagnostics::Audience;
use pipeline::Input;
use proc_macro2::TokenStream;

/// Expands `workflow!( … )`. The input is the path of the runtime in parentheses, then the
/// functions.
#[proc_macro]
pub fn expand_workflow(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    expand(Input::Macro(input.into()))
}

/// Defines the attributes of steps, which [`workflow`] and `workflow!` read and remove.
///
/// As macros they can be completed and explained by editors, and report that they stand outside of
/// a workflow.
macro_rules! attributes {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[proc_macro_attribute]
        pub fn $name(
            _arguments: proc_macro::TokenStream,
            item: proc_macro::TokenStream,
        ) -> proc_macro::TokenStream {
            outside(stringify!($name), item)
        }
    )*};
}

attributes! {
    /// Makes a statement a step: `#[step(15, "Scanning {} items", items.len())]`.
    ///
    /// The first argument is the share: a weight relative to the others in its list, or a range of
    /// percents, `5..20`. Then follows the title, a format string that is evaluated when the step
    /// starts. An `id = "…"` at the end keeps the history of the step when its title changes,
    /// `item = "{name}"` names the items of a `for`, and `unit = bytes` says what the step counts.
    step
    /// Gives the reason why a step is skipped if its condition is false or it has no items:
    /// `#[skip("No new items")]`.
    skip
    /// Marks a step whose sub-job takes no progress.
    untracked
    /// Runs the branches of a tuple concurrently. Each of them is a step.
    parallel
    /// Runs up to the given number of bodies of a `for` concurrently: `#[concurrent(4)]`.
    concurrent
    /// Repeats a call that failed: `#[retry(ExponentialBuilder::default(), when = is_transient)]`.
    retry
    /// Limits the time of each attempt: `#[timeout(Duration::from_secs(30))]`.
    timeout
    /// Delays a cancellation until this step has ended.
    uncancellable
    /// On the function: the sum that its weights must have, `#[total(100)]`.
    total
    /// On the function: the workflow goes on where it stopped, with `Run::builder(…).journal(…)`.
    durable
    /// What a durable workflow remembers the items of a `for` by: `#[key(batch.id)]`.
    key
    /// Does not keep the value of a step in a durable workflow: the step runs again when the
    /// workflow goes on.
    repeat
}

/// Expands an attribute that no workflow has removed.
fn outside(name: &str, item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let span = proc_macro2::Span::call_site();
    let message = match name {
        "total" | "durable" => format!("`#[{name}]` stands on the function in `workflow!( … )`"),
        name => format!("`#[{name}]` stands on a statement in `workflow!( … )`"),
    };
    let mut expanded: TokenStream = item.into();
    expanded.extend(syn::Error::new(span, message).to_compile_error());
    expanded.into()
}

/// Makes a function a workflow, as `workflow!( … )` does.
///
/// `#[workflow(crate = path)]` names the runtime if it is not `::progress_runtime`.
#[proc_macro_attribute]
pub fn workflow(
    arguments: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    expand(Input::Attribute { arguments: arguments.into(), item: item.into() })
}

fn expand(input: Input) -> proc_macro::TokenStream {
    let (mut expanded, errors) = pipeline::run(input, Audience::of_this_process());
    expanded.extend(errors.into_items());
    expanded.into()
}
