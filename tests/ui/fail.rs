//! The messages of the compiler for programs that use the macro.
//!
//! `fail` has a file for each mistake, in a folder for each attribute or subject, with the
//! expected message beside it; `BLESS=1` rewrites these messages. The files in `fail/lints` deny
//! a warning that the user's own code deserves, which must appear at the user's tokens.

#![allow(missing_docs)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use trybuild::TestCases;

/// The mistakes whose messages must contain these texts.
const TEXTS: [(&str, &str); 51] = [
    ("signature/empty", "an empty `workflow!`; expected an `async fn`"),
    ("signature/not_async", "a workflow that awaits is an `async fn`; add `async`"),
    ("signature/no_body", "expected a workflow body `{ … }`"),
    (
        "signature/no_parameters",
        "a workflow takes its progress as the last parameter: add `progress: Progress`",
    ),
    ("signature/last_parameter_of_another_type", "expected `Progress`, found `u32`"),
    ("signature/const_fn", "a workflow cannot be `const`"),
    ("signature/unsafe_fn", "a workflow cannot be `unsafe`"),
    ("signature/extern_fn", "a workflow cannot be `extern`"),
    ("step/missing", "this workflow has no `#[step]`"),
    ("step/misspelt", "unknown step attribute `stpe`; did you mean `step`?"),
    (
        "step/without_parentheses",
        "a step needs a weight and a message: `#[step(15, \"Scanning\")]`",
    ),
    (
        "step/with_empty_parentheses",
        "a step needs a weight and a message: `#[step(15, \"Scanning\")]`",
    ),
    ("titles/before_the_weight", "the weight comes first"),
    ("weights/zero", "a step's weight must be greater than 0"),
    ("weights/fraction", "weights are whole numbers; scale them up"),
    ("weights/const_of_another_type", "expected `u32`, found `i64`"),
    ("weights/too_large", "the weights add up to more than u32 holds"),
    ("ranges/gap", "nothing covers 20..25: this step must start at 20"),
    ("ranges/overlap", "35..40 belongs to the step before"),
    ("ranges/empty", "an empty range"),
    ("ranges/never_ends", "the last step never reaches 100 percent"),
    ("ranges/without_start", "a step's range needs both ends"),
    ("ranges/without_end", "a step's range needs both ends"),
    ("weights/among_ranges", "write this step as a range too"),
    ("ranges/const_gap", "a step must start where the one before ends"),
    ("titles/not_a_literal", "the message must be a string literal"),
    ("titles/field_access", "field access isn't supported"),
    ("titles/misspelt_capture", "a local variable with a similar name exists"),
    ("titles/missing_argument", "1 positional argument in format string"),
    (
        "progress/not_passed",
        "this step awaits a sub-job but never passes `progress` to it; pass it, or mark the step `#[untracked]`",
    ),
    ("progress/passed_twice", "---- move occurs because value has type"),
    ("progress/outside_a_step", "`progress` is only available inside a step"),
    (
        "untracked/although_progress_is_passed",
        "this step does pass `progress`; remove `#[untracked]`",
    ),
    ("body/no_await", "futures do nothing unless you `.await` or poll them"),
    ("body/missing_semicolon", "expected `;` after this"),
    ("body/unfinished_call", "expected a field or a method after this `.`"),
    (
        "for/iterator_of_unknown_length",
        "a `for` step needs to know how many items it will run over",
    ),
    ("step/in_a_loop", "an unbounded loop has no share; use `for`"),
    ("step/in_a_while_step", "an unbounded loop has no share; use `for`"),
    ("progress/beside_inner_steps", "inside divided items `progress` belongs to the inner steps"),
    ("concurrent/on_a_call", "only a `for` step runs concurrently"),
    ("parallel/on_a_call", "write the branches as a tuple"),
    ("parallel/single", "a single branch is not parallel"),
    ("retry/on_a_block", "retry needs a single `call.await?`"),
    (
        "timeout/without_conversion",
        "`String` cannot represent a timeout; implement `From<Interrupted>`",
    ),
    ("for/values_without_a_value", "end the body of the `for` with an expression"),
    ("items/the_same_for_all", "make it of what tells the items apart"),
    ("sync/durable", "a durable workflow is an `async fn`: add `async`"),
    ("sync/timeout", "nothing can stop a call that is not async"),
    ("units/unknown", "a unit is `bytes`, `binary_bytes` or `named(\"page\", \"pages\")`"),
    ("total/missed", "the weights add up to 95, not 100"),
];

/// The files with several mistakes, and how many errors one compilation reports for each.
const SEVERAL: [(&str, usize); 11] = [
    ("step/in_the_arguments_of_a_macro", 2),
    ("parallel/error_without_conversion_in_two_branches", 2),
    ("several/four_broken_statements", 4),
    ("ids/three_times", 2),
    ("several/mistakes_in_two_functions", 2),
    ("several/mistakes_of_macro_and_types", 3),
    ("several/names_not_found_beside_a_mistake", 3),
    ("several/six_mistakes", 6),
    ("several/stray_tokens_behind_two_steps", 2),
    ("several/stray_tokens_beside_a_broken_statement", 3),
    ("several/two_mistakes", 2),
];

/// The files whose error points at the whole macro, because there is no token to point at.
const WITHOUT_TOKENS: [&str; 1] = ["signature/empty"];

/// The mistakes, such as `weights/zero`.
fn mistakes() -> Vec<String> {
    let mut mistakes = Vec::new();
    for folder in entries(&fail()) {
        assert!(folder.is_dir(), "{} belongs into a folder", folder.display());
        for path in entries(&folder) {
            if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.with_extension("");
                let name = name.strip_prefix(fail()).expect("it is inside of the folder");
                mistakes.push(name.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    mistakes
}

fn fail() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fail")
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder can be read");
    entries.map(|entry| entry.expect("the entry can be read").path()).collect()
}

fn message(name: &str) -> String {
    let path = fail().join(name).with_extension("stderr");
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// With `BLESS`, this test runs again in a process whose environment makes trybuild rewrite the
/// messages. (Setting a variable in this process is unsafe.)
#[test]
fn a_mistake_is_one_message_at_the_right_place() {
    if env::var_os("BLESS").is_none() || env::var_os("TRYBUILD").is_some() {
        return TestCases::new().compile_fail("fail/*/*.rs");
    }
    let status = Command::new(env::current_exe().expect("the path of this test"))
        .args(["--exact", "a_mistake_is_one_message_at_the_right_place", "--nocapture"])
        .args(env::args().filter(|argument| argument.starts_with("trybuild=")))
        .env("TRYBUILD", "overwrite")
        .status()
        .expect("the test starts");
    assert!(status.success(), "the messages cannot be rewritten");
}

#[test]
fn the_messages_contain_their_texts() {
    for (name, text) in TEXTS {
        assert!(message(name).contains(text), "{name}: {}", message(name));
    }
}

#[test]
fn no_message_is_vague_or_causes_another_one() {
    let mistakes = mistakes();
    let mut wrong = Vec::new();
    for name in &mistakes {
        let text = message(name);
        let starts = |start: &str| text.lines().filter(|line| line.starts_with(start)).count();
        let expected =
            SEVERAL.iter().find(|(several, _)| several == name).map_or(1, |(_, number)| *number);
        let mut wrong = |fault: &str| wrong.push(format!("{name}: {fault}\n{text}"));
        if starts("error") != expected {
            wrong("the number of errors is not the number of mistakes");
        }
        if starts("warning") > 0 {
            wrong("a warning beside the error");
        }
        for vague in ["expected one of", "__private::Plain", "__unfinished", "unexpected end"] {
            if text.contains(vague) {
                wrong(vague);
            }
        }
        if text.contains("$RUST") {
            wrong("it shows the source of std, which not each installation has");
        }
        let whole = text.contains("/ workflow!(") || text.contains("| workflow!();");
        if whole != WITHOUT_TOKENS.contains(&name.as_str()) {
            wrong("the caret is under the whole macro");
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(mistakes.len() > 200, "there are {} mistakes", mistakes.len());
}
