//! Reviewed expansions: `expansions/NAME.rs` becomes `NAME.expanded.rs`, formatted for reading.
//! `BLESS=1` accepts new ones, as it does for the messages in `tests/ui/fail`.

use super::{expand, parsed, read, sources};
use crate::diagnostics::Audience;
use crate::syntax::tokens::regroup;
use proc_macro2::{TokenStream, TokenTree};
use std::{env, fs};

const FOLDER: &str = "src/tests/expansions";

fn expanded(source: &str) -> String {
    let (output, errors) = expand(&parsed(source), Audience::Compiler);
    assert!(errors.reported().is_none(), "{output}");
    prettyplease::unparse(&syn::parse2(output).expect("the expansion is made of items"))
}

#[test]
fn every_expansion_is_as_reviewed() {
    let mut stale = Vec::new();
    let bless = env::var_os("BLESS").is_some();
    for source in sources(FOLDER) {
        let reviewed = source.with_extension("expanded.rs");
        let now = expanded(&read(&source));
        if bless {
            fs::write(&reviewed, now).expect("the expansion can be written");
        } else if fs::read_to_string(&reviewed).unwrap_or_default() != now {
            stale.push(source);
        }
    }
    assert!(stale.is_empty(), "`BLESS=1` accepts the new expansions of {stale:?}");
}

/// The tokens without the one with this number. The count includes tokens in groups.
fn without(tokens: TokenStream, number: &mut usize) -> TokenStream {
    let mut left = TokenStream::new();
    for token in tokens {
        if *number == 0 {
            *number = usize::MAX;
            continue;
        }
        *number = number.saturating_sub(1);
        left.extend([match token {
            TokenTree::Group(group) => {
                TokenTree::Group(regroup(&group, without(group.stream(), number)))
            }
            token => token,
        }]);
    }
    left
}

#[test]
fn a_workflow_that_lacks_a_token_is_still_a_function_for_its_callers() {
    for source in sources(FOLDER) {
        let whole = parsed(&read(&source));
        for number in 0.. {
            let mut lacking = number;
            let tokens = without(whole.clone(), &mut lacking);
            if lacking < usize::MAX / 2 {
                break;
            }
            let (output, errors) = expand(&tokens, Audience::Compiler);
            assert!(
                output.to_string().contains("_plan") || errors.reported().is_some(),
                "neither a function nor an error without token {number} of {source:?}"
            );
        }
    }
}
