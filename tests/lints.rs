//! Clippy, with all pedantic lints, reports nothing about the code that the macro generates.
//!
//! Warnings that the user's own code deserves have their tests in `ui/fail/lints`.

mod generated;

use generated::workspace;
use proc_macro2::{TokenStream, TokenTree};
use serde_json::Value;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

const MANIFEST: &str = r#"
[package]
name = "pedantic"
version = "0.0.0"
edition = "2024"
autobins = false

[dependencies]
anyhow = "1"
backon = { version = "1", default-features = false }
progress-runtime = { path = "WORKSPACE/progress-runtime", features = ["FEATURES"] }
serde = { version = "1", features = ["derive"] }
tokio = { version = "1", default-features = false, features = ["macros", "rt-multi-thread", "sync", "time"] }
tracing = { version = "0.1", features = ["attributes"] }

[workspace]

[[test]]
name = "pass"
path = "WORKSPACE/tests/ui/pass/main.rs"

"#;

/// Lints that the programs themselves deserve.
const DESERVED: [&str; 6] = [
    "clippy::cast_possible_truncation",
    "clippy::doc_markdown",
    "clippy::enum_glob_use",
    "clippy::items_after_statements",
    "clippy::redundant_closure_for_method_calls",
    "clippy::too_many_lines",
];

/// Lints about a name that a pattern takes again. The macro binds every parameter again.
const OF_NAMES: [&str; 1] = ["clippy::shadow_same"];

/// The sources in a folder of the workspace.
fn sources(folder: &str) -> Vec<PathBuf> {
    fs::read_dir(workspace().join(folder))
        .expect("the folder is there")
        .map(|entry| entry.expect("the entry can be read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect()
}

/// The examples without further dependencies: the others need a database or a server.
fn programs() -> Vec<PathBuf> {
    let mut programs = sources("examples");
    programs.retain(|path| {
        let others = ["process_new_scenes.rs", "server.rs", "jobs.rs"];
        !others.iter().any(|name| path.ends_with(name))
    });
    programs
}

/// The first and the last line of each workflow in a file.
fn workflows(tokens: TokenStream, lines: &mut Vec<(usize, usize)>) {
    let tokens: Vec<_> = tokens.into_iter().collect();
    for window in tokens.windows(3) {
        if let [TokenTree::Ident(name), TokenTree::Punct(_), TokenTree::Group(group)] = window
            && name == "workflow"
        {
            lines.push((group.span().start().line, group.span().end().line));
        }
    }
    for token in tokens {
        if let TokenTree::Group(group) = token {
            workflows(group.stream(), lines);
        }
    }
}

#[test]
fn pedantic_clippy_reports_nothing_in_an_expansion() {
    let clippy = Command::new(env!("CARGO")).args(["clippy", "--version"]).output();
    if !clippy.is_ok_and(|output| output.status.success()) {
        return eprintln!("SKIPPED: no clippy: install it with `rustup component add clippy`");
    }
    // The features that the examples use.
    let features =
        fs::read_to_string(workspace().join("examples/Cargo.toml")).expect("it can be read");
    let features = features
        .lines()
        .find_map(|line| {
            line.strip_prefix("progress-runtime = ")?
                .split_once("features = [\"")?
                .1
                .split_once("\"]")
        })
        .map_or("serde", |(features, _)| features);
    let mut manifest = MANIFEST.replace("FEATURES", features);
    let mut files = programs();
    for path in &files {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let path = path.display();
        manifest += &format!("[[bin]]\nname = \"{name}\"\npath = \"{path}\"\n");
    }
    files.extend(sources("tests/ui/pass"));
    let root = generated::package("pedantic", &manifest);

    let output = generated::cargo(&root)
        .args(["clippy", "--quiet", "--bins", "--test=pass"])
        .args(["--keep-going", "--message-format=json"])
        .args(["--", "-W", "clippy::pedantic"])
        .args(OF_NAMES.iter().flat_map(|lint| ["-W", lint]))
        .args(DESERVED.iter().flat_map(|lint| ["-A", lint]))
        .output()
        .expect("clippy is installed with the toolchain");
    let output_text = String::from_utf8_lossy(&output.stdout);
    let messages: Vec<Value> =
        output_text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let checked =
        messages.iter().filter(|message| message["reason"] == "compiler-artifact").count();
    assert!(checked > 0, "clippy has not run: {}", String::from_utf8_lossy(&output.stderr));

    let mut found = Vec::new();
    for message in messages.iter().map(|message| &message["message"]) {
        let spans = message["spans"].as_array().into_iter().flatten();
        for span in spans.filter(|span| span["is_primary"] == true) {
            let Some(file) = span["file_name"]
                .as_str()
                .filter(|file| files.iter().any(|path| path.ends_with(file)))
            else {
                continue;
            };
            let text = fs::read_to_string(file).expect("the file can be read");
            let mut lines = Vec::new();
            workflows(text.parse().expect("it is made of tokens"), &mut lines);
            let line = span["line_start"].as_u64().unwrap_or_default() as usize;
            let inside = lines.iter().any(|(first, last)| (*first..=*last).contains(&line));
            if inside || !span["expansion"].is_null() {
                found.push(message["rendered"].as_str().unwrap_or_default().to_owned());
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}
