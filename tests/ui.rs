//! What users see of the macro at compile time: one file a mistake in `ui/fail`, with the message
//! beside it, and programs that compile in `ui/pass`. `TRYBUILD=overwrite` writes the messages anew.
//!
//! The files `ui/fail/lint_*` are warnings that the user deserves, at his tokens, made errors.

#![allow(missing_docs)]

use std::fs;
use std::path::Path;

/// The mistakes that were promised a message, with its words.
const PROMISED: [(&str, &str); 46] = [
    ("empty", "an empty `workflow!`; expected an `async fn`"),
    ("not_async", "a workflow is an `async fn`; add `async`"),
    ("no_body", "expected a workflow body `{ … }`"),
    (
        "no_parameters",
        "a workflow takes its progress as the last parameter: add `progress: Progress`",
    ),
    ("last_parameter_of_another_type", "expected `Progress`, found `u32`"),
    ("const_fn", "a workflow cannot be `const`"),
    ("unsafe_fn", "a workflow cannot be `unsafe`"),
    ("extern_fn", "a workflow cannot be `extern`"),
    ("no_steps", "this workflow has no `#[step]`"),
    ("misspelt_step", "unknown step attribute `stpe`; did you mean `step`?"),
    (
        "step_without_parentheses",
        "a step needs a weight and a message: `#[step(15, \"Scanning\")]`",
    ),
    (
        "step_with_empty_parentheses",
        "a step needs a weight and a message: `#[step(15, \"Scanning\")]`",
    ),
    ("title_before_weight", "the weight comes first"),
    ("weight_zero", "a step's weight must be greater than 0"),
    ("weight_fraction", "weights are whole numbers; scale them up"),
    ("weight_const_of_another_type", "expected `u32`, found `i64`"),
    ("weights_too_large", "the weights add up to more than u32 holds"),
    ("range_gap", "nothing covers 20..25: this step must start at 20"),
    ("range_overlap", "35..40 belongs to the step before"),
    ("range_empty", "an empty range"),
    ("range_never_ends", "the last step never reaches 100 percent"),
    ("range_without_start", "a step's range needs both ends"),
    ("range_without_end", "a step's range needs both ends"),
    ("weight_among_ranges", "write this step as a range too"),
    ("range_const_gap", "a step must start where the one before ends"),
    ("title_not_a_literal", "the message must be a string literal"),
    ("title_field_access", "field access isn't supported"),
    ("title_misspelt_capture", "a local variable with a similar name exists"),
    ("title_missing_argument", "1 positional argument in format string"),
    (
        "progress_not_passed",
        "this step awaits a sub-job but never passes `progress` to it; pass it, or mark the step `#[untracked]`",
    ),
    ("progress_passed_twice", "---- move occurs because value has type"),
    ("progress_outside_a_step", "`progress` is only available inside a step"),
    ("untracked_for_nothing", "this step does pass `progress`; remove `#[untracked]`"),
    ("no_await", "futures do nothing unless you `.await` or poll them"),
    ("missing_semicolon", "expected `;` after this"),
    ("unfinished_call", "expected a field or a method after this `.`"),
    ("iterator_of_unknown_length", "a `for` step needs to know how many items it will run over"),
    ("step_in_a_loop", "an unbounded loop has no share; use `for`"),
    ("step_in_a_while_step", "an unbounded loop has no share; use `for`"),
    ("progress_beside_inner_steps", "inside divided items `progress` belongs to the inner steps"),
    ("concurrent_on_a_call", "only a `for` step runs concurrently"),
    ("parallel_on_a_call", "write the branches as a tuple"),
    ("parallel_single", "a single branch is not parallel"),
    ("retry_on_a_block", "retry needs a single `call.await?`"),
    (
        "timeout_without_conversion",
        "`String` cannot represent a timeout; implement `From<Interrupted>`",
    ),
    ("total_missed", "the weights add up to 95, not 100"),
];

/// Files with several mistakes, all of them told in one compile.
const SEVERAL: [(&str, usize); 8] = [
    ("error_without_conversion_in_two_branches", 2),
    ("four_broken_statements", 4),
    ("id_three_times", 2),
    ("mistakes_in_two_functions", 2),
    ("mistakes_of_macro_and_types", 3),
    ("names_not_found_beside_a_mistake", 3),
    ("six_mistakes", 6),
    ("two_mistakes", 2),
];

/// Files in which no token is to blame but the macro as a whole: there is none.
const WITHOUT_TOKENS: [&str; 1] = ["empty"];

#[test]
fn a_mistake_is_one_message_at_the_right_place() {
    trybuild::TestCases::new().compile_fail("ui/fail/*.rs");
}

#[test]
fn a_correct_workflow_compiles_without_a_warning() {
    trybuild::TestCases::new().pass("ui/pass/*.rs");
}

fn message(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui/fail");
    fs::read_to_string(folder.join(name).with_extension("stderr")).expect("there is a message")
}

#[test]
fn every_promised_message_is_given() {
    for (name, words) in PROMISED {
        assert!(message(name).contains(words), "{name}: {}", message(name));
    }
}

#[test]
fn no_message_is_vague_or_drags_another_behind_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui/fail");
    let mut names = 0;
    let mut wrong = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("the entry can be read").path();
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        names += 1;
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let text = message(&name);
        let starts = |start: &str| text.lines().filter(|line| line.starts_with(start)).count();
        let expected =
            SEVERAL.iter().find(|(several, _)| *several == name).map_or(1, |(_, number)| *number);
        let mut wrong = |what: &str| wrong.push(format!("{name}: {what}\n{text}"));
        if starts("error") != expected {
            wrong("another number of messages than of mistakes");
        }
        if starts("warning") > 0 {
            wrong("a warning beside the error");
        }
        for vague in ["expected one of", "__private::Plain", "__unfinished", "unexpected end"] {
            if text.contains(vague) {
                wrong(vague);
            }
        }
        let whole = text.contains("/ workflow!(") || text.contains("| workflow!();");
        if whole != WITHOUT_TOKENS.contains(&name.as_str()) {
            wrong("the caret is under the whole macro");
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(names > 200, "there are {names} mistakes");
}
