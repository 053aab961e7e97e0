//! The macro under a user who is still typing. It never panics, it always expands to items, and it
//! expands every step but the broken one as if nothing were wrong.
//!
//! The mangled cases delete, double, swap and truncate tokens. They are seeded, and few by default:
//! `MANGLED_CASES=200000 cargo test --release -p progress-macros mangled` runs many, in about a
//! minute, and `MANGLED_SEED` takes another seed.

use super::{expand, parsed, read, sources};
use crate::diagnostics::Audience;
use crate::syntax::tokens::regroup;
use proc_macro2::{TokenStream, TokenTree};
use std::env;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The expansion for an editor, without white space, and the messages.
fn in_an_editor(source: &str) -> (String, String) {
    let (output, errors) = expand(&parsed(source), Audience::Editor);
    (squeezed(&output.to_string()), errors.into_items().to_string())
}

/// The expansion for rustc, without white space, and the messages beside it.
fn in_the_compiler(source: &str) -> (String, String) {
    let (output, errors) = expand(&parsed(source), Audience::Compiler);
    syn::parse2::<syn::File>(output.clone()).expect("the expansion is made of items");
    (squeezed(&output.to_string()), errors.into_items().to_string())
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect()
}

/// A body between a first and a last step.
fn around(broken: &str) -> String {
    format!(
        "async fn flow(jobs: &Jobs, progress: Progress) -> Result<(), Error> {{
            #[step(1, \"First\")]
            let first = jobs.first(progress).await?;
            {broken}
            #[step(1, \"Last\")]
            jobs.last(first, progress).await?;
            Ok(())
        }}"
    )
}

/// An editor gets the broken code as it was written. The other steps are intact for everybody.
#[track_caller]
fn survives(broken: &str, as_written: &str) {
    let (editor, _) = in_an_editor(&around(broken));
    let as_written = squeezed(as_written);
    assert!(editor.contains(&as_written), "{as_written} is not in {editor}");
    let (compiler, messages) = in_the_compiler(&around(broken));
    let reported = squeezed(&messages) + &compiler;
    let messages = reported.matches("compile_error!").count();
    assert_eq!(messages, 1, "not one message for {broken}: {reported}");
    // An editor gets a variable to explain, rustc an argument.
    assert!(
        editor.contains("jobs.first(progress).await?};if__steps.close_must_stop(0)"),
        "{editor}"
    );
    assert!(
        editor.contains("jobs.last(first,progress).await?;}if__steps.close_must_stop("),
        "{editor}"
    );
    let steps = compiler.replace("(__steps).open(0)", "first").replace("(__steps).open(1)", "last");
    let steps = steps
        .replace("(__steps).open(2)", "last")
        .replace("__steps.close_and_open_next(", "__steps.close_must_stop(");
    assert!(steps.contains("jobs.first(first).await?;if__steps.close_must_stop(0)"), "{compiler}");
    assert!(
        steps.contains("jobs.last(first,last).await?;if__steps.close_must_stop("),
        "{compiler}"
    );
}

#[test]
fn a_name_after_a_dot_is_still_to_come() {
    survives("jobs.", "jobs.;");
    survives("#[step(1, \"Broken\")] progress.", "let mut progress = __steps.open(1); progress.;");
    survives("#[step(1, \"Broken\")] let n = jobs.run(progress).", "jobs.run(progress). }");
    survives("#[step(1, \"Broken\")] let n = jobs. ;", "jobs. }");
}

#[test]
fn a_name_after_a_path_is_still_to_come() {
    survives("#[step(1, \"Broken\")] Jobs::", "Jobs::;");
    survives("let n = std::fs::", "let n = std::fs::;");
}

#[test]
fn a_semicolon_is_still_to_come() {
    survives("#[step(1, \"Broken\")] jobs.run(progress).await?", "jobs.run(progress).await?;");
    survives("let n = jobs.count()", "let n = jobs.count();");
    survives("for n in 0..3 { jobs.run(n)\n jobs.run(n); }", "jobs.run(n); jobs.run(n);");
}

#[test]
fn a_value_is_still_to_come() {
    survives("let n =", "let n = ;");
    survives("#[step(1, \"Broken\")] let n = ;", "let __value = ;");
    survives(
        "#[step(1, \"Broken\")] let n = jobs.run(progress) + ;",
        "let __value = jobs.run(progress) + ;",
    );
}

#[test]
fn a_condition_is_still_to_come() {
    survives(
        "#[step(1, \"Broken\")] if { jobs.run(progress).await?; }",
        "if { #[allow(unused_mut)] let mut progress",
    );
    survives(
        "#[step(1, \"Broken\")] while { jobs.run(progress).await?; }",
        "while { jobs.run(progress).await?; }",
    );
    survives("#[step(1, \"Broken\")] match { _ => jobs.run(progress).await? };", "match { _ =>");
    survives(
        "#[step(1, \"Broken\")] for n 0..3 { jobs.run(progress).await?; }",
        "for n 0..3 { jobs.run(progress).await?; }",
    );
}

#[test]
fn an_attribute_is_still_to_come() {
    survives("#", "");
    survives("#[]\njobs.run(3);", "#[] jobs.run(");
    survives("#[st]\njobs.run(3);", "#[st] jobs.run(");
    survives("#[step(1, \"Broken\")];\njobs.run(progress).await?;", "jobs.run(progress).await?;");
}

#[test]
fn arguments_of_an_attribute_are_still_to_come() {
    survives("#[step]\njobs.run(progress).await?;", "jobs.run(progress).await?;");
    survives("#[step()]\njobs.run(progress).await?;", "jobs.run(progress).await?;");
    survives("#[step(1)]\njobs.run(progress).await?;", "jobs.run(progress).await?;");
    survives("#[step(1,)]\njobs.run(progress).await?;", "jobs.run(progress).await?;");
    survives("#[step(\"Broken\")]\njobs.run(progress).await?;", "jobs.run(progress).await?;");
    survives(
        "#[step(1, \"Broken\")]\n#[retry()]\njobs.run(progress).await?;",
        "jobs.run(progress).await?;",
    );
    survives(
        "#[step(1, \"Broken\")]\n#[timeout]\njobs.run(progress).await?;",
        "jobs.run(progress).await?;",
    );
}

#[test]
fn a_block_keeps_what_is_whole_in_it() {
    survives(
        "#[step(1, \"Broken\")] for n in 0..3 {
            #[step(1, \"Inner\")] jobs.inner(progress).await?;
            #[step(1, \"Half\")] let n = jobs.run(progress) + ;
        }",
        "jobs.inner(progress).await?; } if __steps.close_must_stop(0)",
    );
    survives(
        "#[step(1, \"Broken\")] { #[step(1, \"Inner\")] jobs.inner(progress).await?; jobs. }",
        "jobs.inner(progress).await?; } if __steps.close_must_stop(0)",
    );
}

#[test]
fn the_step_at_the_end_of_a_body_is_still_to_come() {
    let source = "async fn flow(progress: Progress) {
        #[step(1, \"First\")] first(progress).await;
        #[step(1, \"Last\")]
    }";
    let (editor, _) = in_an_editor(source);
    assert!(editor.contains("first(progress).await;__steps.close"), "{editor}");
    assert!(editor.contains("__steps.open(1)"), "{editor}");
    in_the_compiler(source);
}

#[test]
fn half_a_signature_has_a_body() {
    for (signature, as_written) in [
        ("async fn flow(jobs: , progress: Progress)", "fn flow(jobs: , progress: Progress)"),
        ("async fn flow(jobs, progress: Progress)", "fn flow(jobs: , progress: Progress)"),
        ("async fn flow(progress: Progress) ->", "Future<Output = >"),
        ("async fn flow(progress:)", "fn flow(progress: progress_runtime::__private::Progress)"),
        ("async fn flow(progress)", "fn flow(progress: progress_runtime::__private::Progress)"),
    ] {
        let source = format!("{signature} {{ #[step(1, \"First\")] first(progress).await; }}");
        let (editor, messages) = in_an_editor(&source);
        assert!(editor.contains(&squeezed(as_written)), "{editor}");
        assert!(editor.contains("first(progress).await;__steps.close"), "{editor}");
        assert!(!messages.is_empty(), "nothing was said of {signature}");
        in_the_compiler(&source);
    }
}

/// Pseudo-random numbers that are the same everywhere (Marsaglia's xorshift, 64 bits).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end.max(1) as u64) as usize
    }
}

/// A workflow with one token changed, at some depth.
fn mangled(tokens: TokenStream, numbers: &mut Numbers) -> TokenStream {
    let mut tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let groups: Vec<usize> = (0..tokens.len())
        .filter(|index| matches!(&tokens[*index], TokenTree::Group(group) if !group.stream().is_empty()))
        .collect();
    // Most tokens are deep inside.
    if !groups.is_empty() && numbers.below(4) > 0 {
        let index = groups[numbers.below(groups.len())];
        if let TokenTree::Group(group) = &tokens[index] {
            tokens[index] = regroup(group, mangled(group.stream(), numbers)).into();
        }
        return tokens.into_iter().collect();
    }
    if tokens.is_empty() {
        return TokenStream::new();
    }
    let at = numbers.below(tokens.len());
    match numbers.below(5) {
        0 => drop(tokens.remove(at)),
        1 => tokens.insert(at, tokens[at].clone()),
        2 => {
            let other = numbers.below(tokens.len());
            tokens.swap(at, other);
        }
        3 => tokens.truncate(at),
        // The contents of a group move out of it.
        _ => {
            if let TokenTree::Group(group) = tokens[at].clone() {
                tokens.splice(at..=at, group.stream());
            } else if at + 1 < tokens.len() {
                tokens.swap(at, at + 1);
            }
        }
    }
    tokens.into_iter().collect()
}

/// Valid workflows: those that are expanded, and those that rustfmt formats.
fn valid() -> Vec<TokenStream> {
    let paths = ["src/tests/expansions", "../tests/format"].into_iter().flat_map(sources);
    let valid: Vec<_> = paths.flat_map(|path| workflows(parsed(&read(&path)))).collect();
    assert!(valid.len() > 10, "there are workflows to mangle");
    valid
}

/// The functions in a file, or those in its `workflow!( … )`.
fn workflows(tokens: TokenStream) -> Vec<TokenStream> {
    let tokens: Vec<_> = tokens.into_iter().collect();
    let inside: Vec<_> = tokens
        .windows(3)
        .filter_map(|window| match window {
            [TokenTree::Ident(name), TokenTree::Punct(_), TokenTree::Group(group)]
                if name == "workflow" =>
            {
                Some(group.stream())
            }
            _ => None,
        })
        .collect();
    if inside.is_empty() { vec![tokens.into_iter().collect()] } else { inside }
}

fn number(name: &str, otherwise: u64) -> u64 {
    env::var(name).map_or(otherwise, |text| text.parse().expect("a number"))
}

#[test]
fn mangled_tokens_never_make_it_panic() {
    let valid = valid();
    let cases = number("MANGLED_CASES", 3_000);
    let seed = number("MANGLED_SEED", 1);
    let mut numbers = Numbers(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let mut sound = 0;
    for case in 0..cases {
        let mut tokens = valid[numbers.below(valid.len())].clone();
        for _ in 0..=numbers.below(3) {
            tokens = mangled(tokens, &mut numbers);
        }
        for audience in [Audience::Compiler, Audience::Editor] {
            let outcome = catch_unwind(AssertUnwindSafe(|| {
                let (output, errors) = expand(&tokens, audience);
                if audience == Audience::Compiler {
                    syn::parse2::<syn::File>(output).expect("the expansion is made of items");
                    sound += usize::from(errors.reported().is_none());
                }
            }));
            assert!(outcome.is_ok(), "case {case} of seed {seed}, {audience:?}: {tokens}");
        }
    }
    println!("{cases} cases, of which {sound} are still workflows");
}
