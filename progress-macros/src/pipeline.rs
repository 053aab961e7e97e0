//! The order of the stages: parse → build → check → lower → expand.

use crate::ast::Workflow;
use crate::attrs;
use crate::diagnostics::{Audience, Diagnostics};
use crate::parse::{self, Parsed};
use crate::syntax::hole;
use crate::{build, check, expand, lower};
use proc_macro2::TokenStream;

/// What a macro is given.
pub(crate) enum Input {
    /// `workflow!( … )`: the path of the runtime in parentheses, then functions.
    Macro(TokenStream),
    /// `#[workflow(arguments)] item`.
    Attribute { arguments: TokenStream, item: TokenStream },
}

/// Expands the functions of a macro. The errors that the expansion does not report itself stay in
/// the collector.
pub(crate) fn run(input: Input, audience: Audience) -> (TokenStream, Diagnostics) {
    let mut errors = Diagnostics::new(audience);
    let functions = match input {
        Input::Macro(tokens) => parse::invocation(tokens, &mut errors),
        Input::Attribute { arguments, item } => parse::attribute(arguments, item, &mut errors),
    };
    let expanded = functions.into_iter().map(|parsed| function(parsed, &mut errors)).collect();
    (expanded, errors)
}

/// Expands one function. If its body cannot be expanded, its signature can, for its callers.
fn function(Parsed { mut function, body }: Parsed, errors: &mut Diagnostics) -> TokenStream {
    let attrs = attrs::function::take(&mut function.attrs, errors);
    let body = parse::plain_progress(&mut function.sig, body);
    let progress = parse::progress(&function.sig, errors);
    let (Some(body), Some(progress)) = (body, progress) else {
        return expand::stub(&function, errors);
    };
    parse::correct_form(&mut function, &body, errors);
    let mut workflow = build::workflow(function, attrs, progress, body, errors);
    if check::workflow(&workflow, errors).is_err() {
        return expand::stub(&workflow.function, errors);
    }
    lower::workflow(&mut workflow, errors.reported());
    expanded(&workflow, errors)
}

fn expanded(workflow: &Workflow, errors: &mut Diagnostics) -> TokenStream {
    let expanded = expand::workflow(workflow, errors);
    // A correct workflow has no holes, and neither has what rustc gets without an error.
    match errors.reported().is_some() || errors.for_editor() {
        true => hole::unmarked(expanded),
        false => expanded,
    }
}
