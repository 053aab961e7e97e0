//! rustfmt formats workflows: the files in `format/` are as it writes them, whatever their
//! whitespace was. `format/gives_up.rs` contains code that it leaves alone. `BLESS=1` formats the
//! files.

#![allow(missing_docs)]

use proc_macro2::{TokenStream, TokenTree};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

/// Whether rustfmt is installed; prints a message if it is not.
fn is_installed() -> bool {
    let version = Command::new("rustfmt").arg("--version").output();
    let installed = version.is_ok_and(|output| output.status.success());
    if !installed {
        eprintln!("SKIPPED: no rustfmt: install it with `rustup component add rustfmt`");
    }
    installed
}

/// The text as rustfmt writes it, with the settings of this repository.
fn formatted(text: &str) -> String {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let mut rustfmt = Command::new("rustfmt")
        .args(["--edition", "2024", "--emit", "stdout", "--config-path"])
        .arg(workspace)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("rustfmt starts");
    rustfmt.stdin.take().expect("it is piped").write_all(text.as_bytes()).expect("it listens");
    let output = rustfmt.wait_with_output().expect("it ends");
    assert!(output.status.success(), "rustfmt failed");
    String::from_utf8(output.stdout).expect("it writes text")
}

fn corpus() -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("format");
    let entries = fs::read_dir(folder).expect("the folder is there");
    let mut corpus: Vec<_> = entries
        .map(|entry| entry.expect("the entry can be read").path())
        .map(|path| (path.clone(), fs::read_to_string(path).expect("the file can be read")))
        .collect();
    corpus.sort();
    corpus
}

/// The content that must not get lost: every token except commas, and the number of comments.
fn content(text: &str) -> (Vec<String>, usize) {
    fn flat(tokens: TokenStream, all: &mut Vec<String>) {
        for token in tokens {
            match token {
                TokenTree::Group(group) => flat(group.stream(), all),
                TokenTree::Punct(punct) if punct.as_char() == ',' => {}
                token => all.push(token.to_string()),
            }
        }
    }
    let mut all = Vec::new();
    flat(text.parse().expect("it is made of tokens"), &mut all);
    (all, text.matches("//").count() + text.matches("/*").count())
}

/// The text without indentation, and with additional spaces.
fn untidy(text: &str) -> [String; 2] {
    let flat: Vec<_> = text.lines().map(str::trim_start).collect();
    let wide: Vec<_> = text
        .lines()
        .map(|line| match ["//", "\"", "/*", "#[retry"].iter().any(|text| line.contains(text)) {
            true => line.to_owned(),
            false => line.replace(' ', "   ").replace("(", "(  ").replace(" {", "  {"),
        })
        .collect();
    [flat.join("\n"), wide.join("\n")]
}

#[test]
fn formatted_workflows_are_stable() {
    if !is_installed() {
        return;
    }
    for (path, text) in corpus() {
        let formatted = formatted(&text);
        if env::var_os("BLESS").is_some() {
            fs::write(&path, &formatted).expect("the file can be written");
        } else {
            assert_eq!(formatted, text, "{}", path.display());
        }
    }
}

#[test]
fn formatting_restores_the_layout_and_loses_nothing() {
    if !is_installed() {
        return;
    }
    for (path, text) in corpus() {
        if path.ends_with("gives_up.rs") {
            continue;
        }
        for untidy in untidy(&text) {
            let tidy = formatted(&untidy);
            assert_eq!(content(&tidy), content(&untidy), "{}", path.display());
            assert_eq!(tidy, text, "{}", path.display());
        }
    }
}

#[test]
fn where_rustfmt_gives_up_it_removes_nothing() {
    if !is_installed() {
        return;
    }
    let (_, text) = corpus()
        .into_iter()
        .find(|(path, _)| path.ends_with("gives_up.rs"))
        .expect("the file is there");
    assert_eq!(content(&formatted(&text)), content(&text));
    assert!(
        formatted(&text).contains("(progress: Progress)   {"),
        "it formats this now: move it to another file"
    );
}
