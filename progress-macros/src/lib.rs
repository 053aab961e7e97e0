//! The macro behind `progress_runtime::workflow!`, not to be used by itself.
//!
//! A workflow goes through four stages: [`parse`] reads the function and the attributes of its
//! steps, [`plan`] makes the tree of steps out of its body, [`check`] holds the tree against the
//! rules, and [`expand`] lowers it to calls of `progress_runtime::__private`. Every stage writes
//! what it does not like into one [`errors::Errors`] and goes on as if the input were right, so
//! that one mistake is one message and the function is always there for its callers.

mod check;
mod errors;
mod expand;
mod parse;
mod plan;
mod syntax;

use errors::Errors;
use proc_macro2::TokenStream;

/// Expands `workflow!( … )`: takes the path of the runtime in parentheses, and then the functions.
#[proc_macro]
pub fn expand_workflow(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let mut errors = Errors::default();
    let functions = parse::invocation(input.into(), &mut errors);
    finish(functions, errors)
}

/// Makes an `async fn` a workflow, as `workflow!( … )` does.
///
/// `#[workflow(crate = path)]` names the runtime where it is not `::progress_runtime`.
#[proc_macro_attribute]
pub fn workflow(
    arguments: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    let mut errors = Errors::default();
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
fn lower(function: parse::Function, errors: &mut Errors) -> TokenStream {
    let Some(workflow) = plan::workflow(function.clone(), errors) else {
        return expand::stub(&function);
    };
    check::workflow(&workflow, errors);
    parse::forget_repairs(expand::workflow(&workflow))
}
