//! Clippy, with all pedantic lints, reports nothing about the code that the macro generates.
//!
//! Warnings that the user's own code deserves have their tests in `ui/fail/lints`. The programs are
//! checked in a target directory of their own, which the first run fills.

use proc_macro2::{TokenStream, TokenTree};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
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
progress-runtime = { path = "RUNTIME", features = ["FEATURES"] }
serde = { version = "1", features = ["derive"] }
tokio = { version = "1", default-features = false, features = ["macros", "rt-multi-thread", "sync", "time"] }
tracing = { version = "0.1", features = ["attributes"] }

[workspace]
"#;

/// Lints that the programs themselves deserve.
const DESERVED: [&str; 12] = [
    "clippy::cast_possible_truncation",
    "clippy::doc_markdown",
    "clippy::enum_glob_use",
    "clippy::items_after_statements",
    "clippy::manual_unwrap_or",
    "clippy::manual_unwrap_or_default",
    "clippy::never_loop",
    "clippy::redundant_closure_for_method_calls",
    "clippy::too_many_lines",
    "clippy::unused_self",
    "clippy::useless_conversion",
    "clippy::while_immutable_condition",
];

/// Lints about a name that a pattern takes again. The macro binds every parameter again.
const OF_NAMES: [&str; 1] = ["clippy::shadow_same"];

/// The programs with workflows: those of `ui/pass`, and the examples without further dependencies.
fn programs(workspace: &Path) -> Vec<PathBuf> {
    let mut programs: Vec<_> = ["tests/ui/pass", "examples"]
        .iter()
        .flat_map(|folder| fs::read_dir(workspace.join(folder)).expect("the folder is there"))
        .map(|entry| entry.expect("the entry can be read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        // These need a database or a server.
        .filter(|path| {
            let others = ["process_new_scenes.rs", "server.rs", "jobs.rs"];
            !others.iter().any(|name| path.ends_with(name))
        })
        .collect();
    programs.sort();
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
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pedantic");
    fs::create_dir_all(&root).expect("the folder can be made");
    let runtime = workspace.join("progress-runtime");
    let mut manifest = MANIFEST.replace("RUNTIME", &runtime.to_string_lossy());
    // The features that the examples use.
    let features = fs::read_to_string(workspace.join("examples/Cargo.toml")).unwrap_or_default();
    let features = features
        .lines()
        .find_map(|line| {
            line.strip_prefix("progress-runtime = ")?
                .split_once("features = [\"")?
                .1
                .split_once("\"]")
        })
        .map_or("serde", |(features, _)| features);
    manifest = manifest.replace("FEATURES", features);
    let programs = programs(workspace);
    for path in &programs {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let folder = path.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
        let path = path.display();
        manifest += &format!("[[bin]]\nname = \"{folder}_{name}\"\npath = \"{path}\"\n");
    }
    fs::write(root.join("Cargo.toml"), manifest).expect("the file can be written");
    let _ = fs::copy(workspace.join("Cargo.lock"), root.join("Cargo.lock"));

    let output = Command::new(env!("CARGO"))
        .args(["clippy", "--quiet", "--bins", "--keep-going", "--message-format=json"])
        .args(["--", "-W", "clippy::pedantic"])
        .args(OF_NAMES.iter().flat_map(|lint| ["-W", lint]))
        .args(DESERVED.iter().flat_map(|lint| ["-A", lint]))
        .env("CARGO_TARGET_DIR", root.join("target"))
        .env_remove("RUSTFLAGS")
        .current_dir(&root)
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
                .filter(|file| programs.iter().any(|path| path.ends_with(file)))
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
