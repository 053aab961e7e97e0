//! Half-written workflows.
//!
//! An editor asks for completions at `jobs.` and needs the other steps intact; a user wants to see
//! every mistake once. So a body that does not parse is repaired where the repair is plain (`mend`
//! and `separate`: a missing `;`, a name still to be typed after a dot, an attribute without its
//! statement). Where it is not, `statements` takes the statement out, and the others stay.
//!
//! For rustc, broken code leaves a `compile_error!` in the place of an expression. For an editor it
//! leaves itself, in a hole (`syntax::hole`) that our own parser steps over and that is removed in
//! the end.

pub(crate) mod attempt;
mod braces;
mod mend;
pub(crate) mod messages;
mod separate;
pub(crate) mod signature;
mod statements;
mod unfinished;

use crate::diagnostics::Diagnostics;
use crate::syntax::tokens::parse_statements;
use proc_macro2::TokenStream;
use syn::parse::ParseStream;
use syn::parse::discouraged::Speculative;
use syn::{Block, Stmt};
use unfinished::Unfinished;

/// The statements of a body, as far as they can be read.
pub(crate) fn statements(
    input: ParseStream<'_>,
    errors: &mut Diagnostics,
) -> syn::Result<Option<Vec<Stmt>>> {
    let ahead = input.fork();
    if let Ok(stmts) = Block::parse_within(&ahead)
        && ahead.is_empty()
        && !mend::has_open_let(input.cursor())
    {
        input.advance_to(&ahead);
        return Ok(Some(stmts));
    }
    Ok(repaired(input.parse()?, errors))
}

fn repaired(tokens: TokenStream, errors: &mut Diagnostics) -> Option<Vec<Stmt>> {
    let mended = separate::separated(mend::mend(tokens, errors), errors);
    let parsed = parse_statements(mended.clone())
        .or_else(|_| parse_statements(statements::recovered(mended, errors)));
    match parsed {
        Ok(mut stmts) => {
            if !errors.for_editor() {
                let mut unfinished = Unfinished { errors };
                stmts.iter_mut().for_each(|stmt| unfinished.statement(stmt));
            }
            Some(stmts)
        }
        Err(error) => {
            errors.push(messages::plain(error, false));
            None
        }
    }
}
