//! The stages outside the compiler, where `proc_macro2` has an implementation of its own.

mod expansions;
mod half_written;
mod speed;

use crate::diagnostics::{Audience, Diagnostics};
use crate::pipeline::{self, Input};
use proc_macro2::TokenStream;
use quote::quote;
use std::fs;
use std::path::{Path, PathBuf};

/// Expands the functions in `tokens` as `expand_workflow!` does.
fn expand(tokens: &TokenStream, audience: Audience) -> (TokenStream, Diagnostics) {
    pipeline::run(Input::Macro(quote!((progress_runtime) #tokens)), audience)
}

fn parsed(source: &str) -> TokenStream {
    source.parse().expect("the source is made of tokens")
}

/// The sources in a folder of this package, without their expansions.
fn sources(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = fs::read_dir(folder).expect("the folder is there");
    let mut paths: Vec<_> = entries
        .map(|entry| entry.expect("the entry can be read").path())
        .filter(|path| {
            let name = path.to_string_lossy();
            name.ends_with(".rs") && !name.ends_with(".expanded.rs")
        })
        .collect();
    paths.sort();
    paths
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).expect("the source can be read")
}
