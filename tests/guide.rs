//! The guide is complete: each chapter is in its table of contents and among the doctests, and each
//! link leads to a file that exists.

use std::fs;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/guide")
}

/// The names and the texts of the chapters.
fn chapters() -> Vec<(String, String)> {
    let files = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let mut chapters: Vec<_> = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), read(&path)))
        .filter(|(name, _)| name != "SUMMARY.md")
        .collect();
    chapters.sort();
    assert!(chapters.len() > 10);
    chapters
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What stands between two texts, each time.
fn between<'a>(text: &'a str, start: &'a str, end: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(start).skip(1).filter_map(move |rest| Some(rest.split_once(end)?.0))
}

#[test]
fn each_chapter_is_in_the_summary_and_is_compiled() {
    let names: Vec<_> = chapters().into_iter().map(|(name, _)| name).collect();
    let summary = read(&folder().join("SUMMARY.md"));
    let mut listed: Vec<_> = between(&summary, "](", ")").collect();
    listed.sort_unstable();
    assert_eq!(listed, names);

    // A line of the list is the name of a module, and the file in quotes.
    let doctests = include_str!("lib.rs").lines();
    let file =
        |line: &'static str| line.trim().split_once(' ')?.1.strip_prefix('"')?.strip_suffix('"');
    let mut compiled: Vec<_> = doctests.filter_map(file).collect();
    compiled.sort_unstable();
    assert_eq!(compiled, names);
}

#[test]
fn each_chapter_begins_with_its_title_and_is_short() {
    for (name, text) in chapters() {
        assert!(text.starts_with("# "), "{name}");
        assert!(text.lines().count() <= 220, "{name} has {} lines", text.lines().count());
        let long = text.lines().find(|line| line.chars().count() > 200 && !line.starts_with('|'));
        assert_eq!(long, None, "{name}");
    }
}

#[test]
fn each_link_leads_somewhere() {
    for (name, text) in chapters() {
        for target in between(&text, "](", ")").filter(|target| !target.contains("://")) {
            let file = target.split('#').next().unwrap_or_default();
            assert!(folder().join(file).exists(), "{name} links to {target}");
        }
    }
}
