//! The macro behind `progress_runtime::workflow!`, not to be used by itself.
//!
//! A workflow goes through four stages: `parse` reads the function and the attributes of its
//! steps, `plan` makes the tree of steps out of its body, `check` holds the tree against the
//! rules, and `expand` lowers it to calls of `progress_runtime::__private`. Every stage writes
//! what it does not like into one `errors::Errors` and goes on as if the input were right, so
//! that one mistake is one message and the function is always there for its callers.

#![warn(unreachable_pub)]

mod check;
mod errors;
mod expand;
mod parse;
mod plan;
mod syntax;

use errors::Errors;
use proc_macro2::TokenStream;

/// Expands `workflow!( … )`: takes the path of the runtime in parentheses, then the functions.
#[proc_macro]
pub fn expand_workflow(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let mut errors = Errors::for_the_caller();
    let functions = parse::invocation(input.into(), &mut errors);
    finish(functions, errors)
}

/// The attributes of steps: [`workflow`] and `workflow!` read them, and take them off.
///
/// They are macros so that editors can complete and explain them, and so that one that stands
/// outside of a workflow says so.
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
    /// First its share: a weight relative to the others of its list, or a range of percents, `5..20`.
    /// Then its title, a format string that is evaluated when the step starts. Last, if the step is
    /// to keep its history under another title, `id = "…"`.
    step
    /// Why a step whose condition is false, or that has no items, is skipped: `#[skip("No new items")]`.
    skip
    /// Says that the sub-job of this step takes no progress.
    untracked
    /// Runs the branches of a tuple at once; each of them is a step.
    parallel
    /// Runs up to so many bodies of a `for` at once: `#[concurrent(4)]`.
    concurrent
    /// Calls again when the call fails: `#[retry(ExponentialBuilder::default(), when = is_transient)]`.
    retry
    /// The time that each attempt may take: `#[timeout(Duration::from_secs(30))]`.
    timeout
    /// Lets a cancel wait for the end of this step.
    uncancellable
    /// On the function: what its weights have to add up to, `#[total(100)]`.
    total
}

/// What an attribute becomes that no workflow has taken off.
fn outside(name: &str, item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let span = proc_macro2::Span::call_site();
    let message = match name {
        "total" => "`#[total]` stands on the function in `workflow!( … )`".to_owned(),
        name => format!("`#[{name}]` stands on a statement in `workflow!( … )`"),
    };
    let mut expanded: TokenStream = item.into();
    expanded.extend(syn::Error::new(span, message).to_compile_error());
    expanded.into()
}

/// Makes an `async fn` a workflow, as `workflow!( … )` does.
///
/// `#[workflow(crate = path)]` names the runtime where it is not `::progress_runtime`.
#[proc_macro_attribute]
pub fn workflow(
    arguments: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    let mut errors = Errors::for_the_caller();
    let functions = parse::attribute(arguments.into(), item.into(), &mut errors);
    finish(functions, errors)
}

fn finish(functions: Vec<parse::Function>, mut errors: Errors) -> proc_macro::TokenStream {
    let mut expanded = TokenStream::new();
    for function in functions {
        expanded.extend(lower(function, &mut errors));
    }
    expanded.extend(errors.into_compile_errors());
    expanded.into()
}

/// One function through the stages.
fn lower(mut function: parse::Function, errors: &mut Errors) -> TokenStream {
    let Some(workflow) = plan::workflow(&mut function, errors) else {
        return expand::stub(&function, errors);
    };
    let told = check::workflow(&workflow, errors);
    if told {
        return expand::stub(&function, errors);
    }
    parse::forget_repairs(expand::workflow(&workflow, errors), errors)
}
