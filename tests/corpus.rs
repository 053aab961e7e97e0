//! A workflow means what the plain `async fn` means.
//!
//! `corpus/accepted.rs` has plain functions over every construct of the language. This test turns
//! each of them into a workflow whose steps are its statements, compiles both in one program, in
//! every edition, and compares their values and the order in which they drop things: when they run
//! to their end, and when they are dropped at each `.await`. `corpus/rejected.rs` has functions
//! that must not compile in either form.
//!
//! Two other forms of each workflow mean the same: one with uncancellable steps, and one with its
//! steps in a group. Without `async` and `.await`, the functions are the cases of sync workflows, but
//! for those with an `async` block. `corpus/blocking.rs` has the calls for them.
//!
//! A new case is a function in one of the two files.

#![allow(missing_docs)]

mod generated;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use serde_json::Value;
use syn::{Expr, FnArg, Item, ItemFn, Stmt};

const MANIFEST: &str = r#"
[package]
name = "NAME"
version = "0.0.0"
edition = "EDITION"

[dependencies]
progress-runtime = { path = "WORKSPACE/progress-runtime" }

[workspace]
"#;

/// What stands in front of the cases.
const PRELUDE: &str = include_str!("corpus/prelude.rs");

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

/// The functions of a file, in its order.
fn functions(file: &str) -> Vec<ItemFn> {
    let text = fs::read_to_string(folder().join(file)).expect("the file can be read");
    let file = syn::parse_file(&text).expect("the file is Rust");
    file.items
        .into_iter()
        .map(|item| match item {
            Item::Fn(function) => function,
            other => panic!("not a function: {}", other.to_token_stream()),
        })
        .collect()
}

/// The first edition in which a function compiles: `#[edition(2024)]`, or 2018.
fn edition(function: &ItemFn) -> u32 {
    let attribute = function.attrs.iter().find(|attr| attr.path().is_ident("edition"));
    attribute.map_or(2018, |attribute| {
        let year: syn::LitInt = attribute.parse_args().expect("an edition is a number");
        year.base10_parse().expect("an edition is a number")
    })
}

fn without_marks(mut function: ItemFn) -> ItemFn {
    function
        .attrs
        .retain(|attr| !attr.path().is_ident("edition") && !attr.path().is_ident("only_async"));
    function
}

/// What a case without `async` calls.
const BLOCKING: &str = include_str!("corpus/blocking.rs");

/// A function without `async` and `.await`, if it is a case for sync workflows.
fn blocking(mut function: ItemFn) -> Option<ItemFn> {
    let only_async = function.attrs.iter().any(|attr| attr.path().is_ident("only_async"));
    function.sig.asyncness = None;
    let tokens = without_await(function.into_token_stream());
    let is_blocking = !only_async && !has_word(tokens.clone(), "async");
    is_blocking.then(|| syn::parse2(tokens).expect("a function without `.await` is one"))
}

fn without_await(tokens: TokenStream) -> TokenStream {
    let mut left = Vec::<TokenTree>::new();
    for token in tokens {
        match token {
            TokenTree::Ident(name) if name == "await" => {
                left.pop();
            }
            TokenTree::Group(group) => left.push(inside(&group, without_await)),
            token => left.push(token),
        }
    }
    left.into_iter().collect()
}

fn has_word(tokens: TokenStream, word: &str) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(name) => name == word,
        TokenTree::Group(group) => has_word(group.stream(), word),
        _ => false,
    })
}

/// A group with its tokens rewritten.
fn inside(group: &Group, rewrite: impl Fn(TokenStream) -> TokenStream) -> TokenTree {
    let mut rewritten = Group::new(group.delimiter(), rewrite(group.stream()));
    rewritten.set_span(group.span());
    TokenTree::Group(rewritten)
}

/// How the steps of a workflow stand in it.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Form {
    Listed,
    Uncancellable,
    Grouped,
}

/// The workflow of a plain function: each statement that can be a step is one, and uses its share
/// where the plain function makes a hidden one.
fn workflow(function: &ItemFn, form: Form) -> TokenStream {
    let mut function = without_marks(function.clone());
    let stmts = std::mem::take(&mut function.block.stmts);
    let uncancellable = (form == Form::Uncancellable).then(|| quote!(#[uncancellable]));
    let mut steps = 0;
    let body: TokenStream = stmts
        .into_iter()
        .map(|stmt| {
            if !can_be_step(&stmt) {
                return stmt.into_token_stream();
            }
            let tokens = stmt.to_token_stream();
            let used = with_share(tokens.clone());
            let untracked = (used.to_string() == tokens.to_string() && !is_loop(&stmt))
                .then(|| quote!(#[untracked]));
            let title = format!("Step {steps}");
            let id = format!("s{steps}");
            steps += 1;
            quote!(#[step(1, #title, id = #id)] #uncancellable #untracked #used)
        })
        .collect();
    let grouped = form == Form::Grouped && steps > 0;
    let body = if grouped { quote!(#[step(1, "Group", id = "group")] { #body }) } else { body };
    let (attrs, sig) = (&function.attrs, &function.sig);
    quote!(progress_runtime::workflow!(#(#attrs)* pub #sig { #body });)
}

/// Whether a statement runs something, under no condition of the compiler.
fn can_be_step(stmt: &Stmt) -> bool {
    let text = stmt.to_token_stream().to_string();
    if text == ";" || text.starts_with("# [cfg") || text.starts_with("thread_local !") {
        return false;
    }
    match stmt {
        Stmt::Local(local) => local.init.is_some(),
        Stmt::Expr(expr, _) => {
            !matches!(expr, Expr::Assign(_) | Expr::Binary(_) | Expr::Cast(_) | Expr::Range(_))
                && !is_plain_loop(expr)
        }
        Stmt::Macro(_) => true,
        Stmt::Item(_) => false,
    }
}

fn is_loop(stmt: &Stmt) -> bool {
    matches!(stmt, Stmt::Expr(Expr::ForLoop(_), _))
}

/// A loop with the label `'plain` is no step: the number of its items is not known.
fn is_plain_loop(expr: &Expr) -> bool {
    let Expr::ForLoop(each) = expr else { return false };
    each.label.as_ref().is_some_and(|label| label.name.ident == "plain")
}

/// Replaces `hidden()` by `progress`.
fn with_share(tokens: TokenStream) -> TokenStream {
    let mut replaced = TokenStream::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Ident(name) if name == "hidden" => {
                tokens.next();
                replaced.extend(quote!(progress));
            }
            TokenTree::Group(group) => replaced.extend([inside(&group, with_share)]),
            token => replaced.extend([token]),
        }
    }
    replaced
}

/// The arguments of a call, by the types of the parameters.
fn arguments(function: &ItemFn) -> Vec<TokenStream> {
    let inputs = function.sig.inputs.iter().enumerate();
    let inputs = inputs.filter(|(_, input)| match input {
        FnArg::Typed(input) => !input.to_token_stream().to_string().contains("cfg (any ())]"),
        FnArg::Receiver(_) => true,
    });
    inputs
        .map(|(index, input)| {
            let FnArg::Typed(input) = input else { panic!("a method is no case") };
            let name = format!("argument {index}");
            match input.ty.to_token_stream().to_string().as_str() {
                "Progress" => quote!(hidden()),
                "Noisy" => quote!(Noisy(#name)),
                "(Noisy , Noisy)" => quote!((Noisy(#name), Noisy("second of a pair"))),
                "u32" => quote!(3),
                "& str" | "& 'a str" => quote!("text"),
                "T" | "impl Into < u32 >" => quote!(3u32),
                "[u32 ; N]" => quote!([3, 4]),
                "& mut u32" => quote!(Box::leak(Box::new(3))),
                other => panic!("no argument of type {other} is known"),
            }
        })
        .collect()
}

fn package(name: &str, year: u32) -> PathBuf {
    let manifest = MANIFEST.replace("NAME", name).replace("EDITION", &year.to_string());
    generated::package(name, &manifest)
}

fn in_edition(year: u32, form: Form) {
    let functions = functions("accepted.rs");
    assert!(functions.len() >= 150, "there are {} cases", functions.len());
    same_meaning(&format!("edition-{year}-{form:?}"), year, &functions, form);
}

fn without_async(form: Form) {
    let functions: Vec<_> = functions("accepted.rs").into_iter().filter_map(blocking).collect();
    assert!(functions.len() >= 100, "there are {} cases", functions.len());
    same_meaning(&format!("sync-{form:?}"), 2024, &functions, form);
}

fn same_meaning(name: &str, year: u32, functions: &[ItemFn], form: Form) {
    let cases: Vec<_> = functions.iter().filter(|case| edition(case) <= year).collect();
    let is_async = cases.iter().all(|case| case.sig.asyncness.is_some());
    let calls: TokenStream = match is_async {
        true => TokenStream::new(),
        false => BLOCKING.parse().expect("the file is Rust"),
    };
    let plain = cases.iter().map(|case| without_marks((*case).clone()));
    let plain = plain.map(|case| quote!(pub #case));
    let workflows = cases.iter().map(|case| workflow(case, form));
    let names = cases.iter().map(|case| case.sig.ident.clone());
    let texts = cases.iter().map(|case| case.sig.ident.to_string());
    let arguments = cases.iter().map(|case| arguments(case));
    let main = cases.iter().zip(arguments).zip(names).zip(texts);
    let main = main.map(|(((_, args), name), text)| {
        let plain = quote!(plain::#name(#(#args),*));
        let workflow = quote!(workflows::#name(#(#args),*));
        match is_async {
            true => quote! {
                same_send!(#text, #plain, #workflow);
                compare(#text, &|| Box::pin(#plain), &|| Box::pin(#workflow));
            },
            false => quote!(compare_calls(#text, || #plain, || #workflow);),
        }
    });
    let program = quote! {
        mod plain { use super::*; #calls #(#plain)* }
        mod workflows { use super::*; #calls #(#workflows)* }
        fn main() { #(#main)* finish(); }
    };
    let root = package(&name.to_lowercase(), year);
    // A statement a line, for the messages.
    let program = program.to_string().replace("; ", ";\n").replace("# [step", "\n# [step");
    fs::write(root.join("src/main.rs"), format!("{PRELUDE}\n{program}"))
        .expect("the file can be written");
    let output = generated::cargo(&root).args(["run", "--quiet"]).output().expect("cargo is there");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}\n{}", text(&output.stderr), text(&output.stdout));
}

#[test]
fn each_case_means_the_same_in_2018() {
    in_edition(2018, Form::Listed);
}

#[test]
fn each_case_means_the_same_in_2021() {
    in_edition(2021, Form::Listed);
}

#[test]
fn each_case_means_the_same_in_2024() {
    in_edition(2024, Form::Listed);
}

#[test]
fn each_case_means_the_same_with_uncancellable_steps() {
    in_edition(2024, Form::Uncancellable);
}

#[test]
fn each_case_means_the_same_in_a_group() {
    in_edition(2024, Form::Grouped);
}

#[test]
fn each_case_means_the_same_in_a_group_in_2021() {
    in_edition(2021, Form::Grouped);
}

#[test]
fn each_case_means_the_same_without_async() {
    without_async(Form::Listed);
}

#[test]
fn each_case_means_the_same_without_async_and_with_uncancellable_steps() {
    without_async(Form::Uncancellable);
}

#[test]
fn each_case_means_the_same_without_async_and_in_a_group() {
    without_async(Form::Grouped);
}

#[test]
fn what_is_no_rust_is_no_workflow() {
    let root = package("rejected", 2024);
    let programs_folder = root.join("src/bin");
    let _ = fs::remove_dir_all(&programs_folder);
    fs::create_dir_all(&programs_folder).expect("the folder can be made");
    let mut programs = BTreeSet::new();
    let cases = functions("rejected.rs");
    let blocking = cases.clone().into_iter().filter_map(blocking);
    for case in blocking.chain(cases) {
        let name = case.sig.ident.to_string();
        let is_async = case.sig.asyncness.is_some();
        let forms = [
            ("plain", without_marks(case.clone()).into_token_stream()),
            ("workflow", workflow(&case, Form::Listed)),
        ];
        for (form, code) in forms {
            let program = if is_async { form.to_owned() } else { format!("{form}-sync") };
            let program = format!("{name}-{program}");
            let calls: TokenStream = match is_async {
                true => TokenStream::new(),
                false => BLOCKING.parse().expect("the file is Rust"),
            };
            let main = quote!(mod case { use super::*; #calls #code } fn main() {});
            fs::write(programs_folder.join(format!("{program}.rs")), format!("{PRELUDE}\n{main}"))
                .expect("the file can be written");
            programs.insert(program);
        }
    }
    let output = generated::cargo(&root)
        .args(["check", "--quiet", "--keep-going", "--message-format=json"])
        .output()
        .expect("cargo is there");
    let text = String::from_utf8_lossy(&output.stdout);
    let messages = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let rejected: BTreeSet<String> = messages
        .filter(|message| message["message"]["level"] == "error")
        .filter_map(|message| message["target"]["name"].as_str().map(str::to_owned))
        .collect();
    let accepted: Vec<_> = programs.difference(&rejected).collect();
    assert!(accepted.is_empty(), "these compile: {accepted:?}");
}
