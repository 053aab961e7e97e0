//! The stages of the macro without the compiler around them, to be timed.

#![allow(dead_code)]

// A crate of procedural macros exports nothing else, so that its stages are compiled in here.
#[path = "../../progress-macros/src/check/mod.rs"]
mod check;
#[path = "../../progress-macros/src/errors.rs"]
mod errors;
#[path = "../../progress-macros/src/expand/mod.rs"]
mod expand;
#[path = "../../progress-macros/src/parse/mod.rs"]
mod parse;
#[path = "../../progress-macros/src/plan.rs"]
mod plan;
#[path = "../../progress-macros/src/syntax.rs"]
mod syntax;

use proc_macro2::TokenStream;
use quote::quote;

/// What `workflow!( … )` makes of the workflow in `source`.
///
/// # Panics
/// Where the source is none.
pub fn expanded(source: &TokenStream) -> TokenStream {
    let mut errors = errors::Errors::default();
    let mut functions = parse::invocation(quote!((progress_runtime) #source), &mut errors);
    let [function] = &mut functions[..] else { panic!("the source is one function") };
    let workflow = plan::workflow(function, &mut errors).expect("the source is a workflow");
    check::workflow(&workflow, &mut errors);
    let output = parse::forget_repairs(expand::workflow(&workflow, &mut errors), &errors);
    assert_eq!(errors.count(), 0, "{}", errors.into_compile_errors());
    output
}
