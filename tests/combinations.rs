//! Each form of a step compiles with each attribute that is legal on it, in each place.
//!
//! `combinations/` has the forms, the attributes and the places. This test makes a workflow of each
//! combination, and compiles all in one program, which plays a part of them on all their paths. An
//! attribute that is not legal on a form is refused by one of our messages, which
//! `combinations/refused.txt` lists; `BLESS=1` rewrites it.
//!
//! A new form, attribute or place is a line in one of the files.

#![allow(missing_docs)]

#[path = "combinations/attributes.rs"]
mod attributes;
#[path = "combinations/cases.rs"]
mod cases;
#[path = "combinations/forms.rs"]
mod forms;
mod generated;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{env, fs};

use cases::Case;
use serde_json::Value;

const MANIFEST: &str = r#"
[package]
name = "NAME"
version = "0.0.0"
edition = "2024"

[dependencies]
progress-runtime = { path = "WORKSPACE/progress-runtime", features = ["journal", "testing"] }

[workspace]
"#;

/// What stands in front of the cases.
const PRELUDE: &str = include_str!("combinations/prelude.rs");

/// Of so many cases, one is played.
const PLAYED: usize = 14;

/// How many cases a program has at most.
const PROGRAM: usize = 400;

fn package(name: &str) -> PathBuf {
    generated::package(name, &MANIFEST.replace("NAME", name))
}

/// Writes the cases as programs of a package, with one case a line.
fn write(root: &Path, cases: &[Case], main: impl Fn(&Case) -> String) {
    let bins = root.join("src/bin");
    let _ = fs::remove_dir_all(&bins);
    fs::create_dir_all(&bins).expect("the folder can be made");
    for (index, cases) in cases.chunks(PROGRAM).enumerate() {
        let mut program = PRELUDE.to_owned();
        for (module, sync) in [("asynchronous", false), ("blocking", true)] {
            program.push_str(&format!("mod in_{module} {{ use super::*; use super::{module}::*;"));
            for case in cases.iter().filter(|case| case.function.is_sync() == sync) {
                program.push('\n');
                program.push_str(&case.code);
            }
            program.push_str("\n}\n");
        }
        let main: String = cases.iter().map(&main).collect();
        let main = format!("fn main() {{\n{main}finish();\n}}\n");
        fs::write(bins.join(format!("part{index}.rs")), program + &main)
            .expect("the file can be written");
    }
}

/// The function that starts a case, as a future.
fn start(case: &Case) -> String {
    let name = &case.name;
    match case.function.is_sync() {
        true => {
            format!("|progress, faults| async move {{ in_blocking::{name}(3, faults, progress) }}")
        }
        false => format!("|progress, faults| in_asynchronous::{name}(3, faults, progress)"),
    }
}

/// The code that plays a case.
fn play(case: &Case) -> String {
    format!("play({:?}, {});\n", case.name, start(case))
}

/// The errors of a package by the case in whose line they are, or by another line.
fn errors(root: &Path, cases: &[Case]) -> BTreeMap<String, BTreeSet<String>> {
    let output = generated::cargo(root)
        .args(["check", "--quiet", "--keep-going", "--message-format=json"])
        .output()
        .expect("cargo is there");
    let text = String::from_utf8_lossy(&output.stdout);
    let names: BTreeMap<_, _> = cases.iter().map(|case| (&*case.code, &*case.name)).collect();
    let mut programs = BTreeMap::new();
    let mut errors = BTreeMap::<_, BTreeSet<_>>::new();
    for message in text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
        let message = &message["message"];
        let span = &message["spans"][0];
        let (Some(file), Some(line)) = (span["file_name"].as_str(), span["line_start"].as_u64())
        else {
            continue;
        };
        if message["level"] != "error" {
            continue;
        }
        let program = programs.entry(file.to_owned()).or_insert_with(|| {
            fs::read_to_string(root.join(file)).unwrap_or_else(|_| panic!("{message}"))
        });
        let line = program.lines().nth(line as usize - 1).unwrap_or_default();
        let name = names.get(line).copied().unwrap_or(line);
        let code = message["code"]["code"].as_str().map(|code| format!(" [{code}]"));
        let text = message["message"].as_str().unwrap_or_default();
        let text = format!("{text}{}", code.unwrap_or_default());
        errors.entry(name.to_owned()).or_default().insert(text);
    }
    assert!(
        output.status.success() || !errors.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    errors
}

fn compile(name: &str, cases: &[Case]) {
    let root = package(name);
    write(&root, cases, |case| match case.function.is_sync() {
        true => String::new(),
        false => format!("is_send({});\n", start(case)),
    });
    let errors = errors(&root, cases);
    let shown: Vec<_> = errors.iter().map(|(case, errors)| format!("{case}: {errors:?}")).collect();
    assert!(shown.is_empty(), "{} of {}:\n{}", shown.len(), cases.len(), shown.join("\n"));
}

#[test]
fn each_combination_compiles() {
    let cases = cases::legal();
    let names: BTreeSet<_> = cases.iter().map(|case| &case.name).collect();
    assert_eq!(names.len(), cases.len(), "each case has a name of its own");
    let all = cases.len();
    let chosen = cases::chosen(cases);
    println!("{} of {all} cases", chosen.len());
    compile("chosen", &chosen);
}

/// The whole product, which takes rustc long.
#[test]
#[ignore = "takes long"]
fn each_of_all_combinations_compiles() {
    compile("all", &cases::legal());
}

#[test]
fn each_combination_keeps_the_contract() {
    let chosen = cases::chosen(cases::legal());
    let cases: Vec<_> = chosen.into_iter().step_by(PLAYED).collect();
    let root = package("played");
    write(&root, &cases, play);
    let output = generated::cargo(&root)
        .args(["run", "--quiet", "--bin=part0"])
        .output()
        .expect("cargo is there");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}\n{}", text(&output.stderr), text(&output.stdout));
}

#[test]
fn each_other_combination_is_refused_by_a_message_of_ours() {
    let cases = cases::illegal();
    let root = package("illegal");
    write(&root, &cases, |_| String::new());
    let errors = errors(&root, &cases);
    let mut refused = BTreeMap::<_, BTreeMap<_, BTreeSet<_>>>::new();
    for case in &cases {
        let messages = errors.get(&case.name).unwrap_or_else(|| panic!("{} compiles", case.name));
        for message in messages {
            let of_rustc = message.ends_with(']') || message.starts_with("expected");
            assert!(!of_rustc, "{}: {message}", case.name);
            let forms = refused.entry(message).or_default();
            forms.entry(&case.with).or_default().insert(case.form);
        }
    }
    let mut listed = String::new();
    for (message, withs) in refused {
        listed.push_str(&format!("{message}\n"));
        for (with, forms) in withs {
            let forms: Vec<_> = forms.into_iter().collect();
            listed.push_str(&format!("    {with}: {}\n", forms.join(" ")));
        }
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("combinations/refused.txt");
    if env::var_os("BLESS").is_some() {
        fs::write(&path, &listed).expect("the list can be written");
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert!(listed == expected, "the messages have changed:\n{listed}");
}
