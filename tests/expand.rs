//! What the macro writes, read as a person would: `expand/NAME.rs` becomes `NAME.expanded.rs`.
//! `UPDATE_EXPECT=1` writes the expansions anew.

#![allow(dead_code, missing_docs)]

// A crate of procedural macros exports nothing else, so that its stages are compiled in here.
#[path = "../progress-macros/src/check/mod.rs"]
mod check;
#[path = "../progress-macros/src/errors.rs"]
mod errors;
#[path = "../progress-macros/src/expand/mod.rs"]
mod expand;
#[path = "../progress-macros/src/parse/mod.rs"]
mod parse;
#[path = "../progress-macros/src/plan.rs"]
mod plan;
#[path = "../progress-macros/src/syntax.rs"]
mod syntax;

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::quote;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// The same stages as `expand_workflow!`, without the compiler around them.
fn expand_workflow(tokens: &TokenStream, errors: &mut errors::Errors) -> TokenStream {
    let mut output = TokenStream::new();
    for mut function in parse::invocation(quote!((progress_runtime) #tokens), errors) {
        output.extend(match plan::workflow(&mut function, errors) {
            Some(workflow) => match check::workflow(&workflow, errors) {
                true => expand::stub(&function, errors),
                false => parse::forget_repairs(expand::workflow(&workflow, errors), errors),
            },
            None => expand::stub(&function, errors),
        });
    }
    output
}

fn expanded(source: &str) -> String {
    let tokens = source.parse().expect("the source is made of tokens");
    let mut errors = errors::Errors::default();
    let output = expand_workflow(&tokens, &mut errors);
    assert_eq!(errors.count(), 0, "{}", errors.into_compile_errors());
    prettyplease::unparse(&syn::parse2(output).expect("the expansion is made of items"))
}

/// The sources, without their expansions.
fn sources() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("expand");
    let entries = fs::read_dir(folder).expect("the folder is there");
    let paths = entries.map(|entry| entry.expect("the entry can be read").path());
    paths
        .filter(|path| {
            let name = path.to_string_lossy();
            name.ends_with(".rs") && !name.ends_with(".expanded.rs")
        })
        .collect()
}

#[test]
fn every_expansion_is_as_it_was_reviewed() {
    let mut stale = Vec::new();
    for source in sources() {
        let reviewed = source.with_extension("expanded.rs");
        let now = expanded(&fs::read_to_string(&source).expect("the source can be read"));
        if env::var_os("UPDATE_EXPECT").is_some() {
            fs::write(&reviewed, now).expect("the expansion can be written");
        } else if fs::read_to_string(&reviewed).unwrap_or_default() != now {
            stale.push(source);
        }
    }
    assert!(stale.is_empty(), "UPDATE_EXPECT=1 writes these anew: {stale:?}");
}

/// The tokens without the one of this number, counted into the groups.
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
                let mut inner = Group::new(group.delimiter(), without(group.stream(), number));
                inner.set_span(group.span());
                TokenTree::Group(inner)
            }
            token => token,
        }]);
    }
    left
}

#[test]
fn a_workflow_that_lacks_a_token_is_still_a_function_for_its_callers() {
    for source in sources() {
        let text = fs::read_to_string(&source).expect("the source can be read");
        let whole: TokenStream = text.parse().expect("the source is made of tokens");
        for number in 0.. {
            let mut lacking = number;
            let tokens = without(whole.clone(), &mut lacking);
            if lacking < usize::MAX / 2 {
                break;
            }
            let mut errors = errors::Errors::default();
            let output = expand_workflow(&tokens, &mut errors).to_string();
            assert!(
                output.contains("_plan") || errors.count() > 0,
                "neither a function nor an error without token {number} of {source:?}"
            );
        }
    }
}
