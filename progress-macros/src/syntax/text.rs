//! Names, titles and keys as text.

use syn::Pat;
use syn::ext::IdentExt;

/// An identifier as people write it: `process_new_scenes` becomes "Process new scenes".
pub(crate) fn humanised(name: &str) -> String {
    let words = name.trim_start_matches("r#").replace(['_', '-'], " ");
    let words = words.trim();
    let mut letters = words.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// The noun for an item of a loop, from the variable that the loop binds: `new_file` becomes
/// "new file". A pattern with several names gives none, and neither does a single letter.
pub(crate) fn noun(pat: &Pat) -> Option<String> {
    match pat {
        Pat::Ident(pat) if pat.subpat.is_none() => {
            let name = pat.ident.unraw().to_string();
            let words = name.replace('_', " ").trim().to_lowercase();
            (!name.starts_with('_') && words.chars().count() > 1).then_some(words)
        }
        Pat::Reference(pat) => noun(&pat.pat),
        Pat::Type(pat) => noun(&pat.pat),
        Pat::Paren(pat) => noun(&pat.pat),
        _ => None,
    }
}

/// A title as a key: "Processing downloads" becomes `processing-downloads`.
pub(crate) fn slug(title: &str) -> String {
    let mut slug = String::new();
    for letter in title.chars() {
        if letter.is_alphanumeric() {
            slug.extend(letter.to_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.trim_end_matches('-').to_owned()
}

/// The part of a format string that is known before it is evaluated: its text up to the first
/// placeholder, or, if there is none, up to the next.
pub(crate) fn static_text(format: &str) -> String {
    let mut text = String::new();
    let mut letters = format.chars().peekable();
    while let Some(letter) = letters.next() {
        let doubled = letters.peek() == Some(&letter);
        match letter {
            '{' if !doubled => {
                let known = trimmed(&text);
                if !known.is_empty() {
                    return known;
                }
                text.clear();
                letters.by_ref().find(|letter| *letter == '}');
                continue;
            }
            '{' | '}' if doubled => {
                letters.next();
            }
            _ => {}
        }
        text.push(letter);
    }
    trimmed(&text)
}

/// Text without the signs that lead to what a placeholder shows.
fn trimmed(text: &str) -> String {
    let dangling = |letter: char| letter.is_whitespace() || "([{<:-–—".contains(letter);
    text.trim_end_matches(dangling).trim_start().to_owned()
}

/// Whether a word is one slip of the fingers away from another: a letter too many, too few,
/// changed, or two letters swapped; in a long word two slips. The beginning of the other word
/// counts too.
pub(crate) fn is_near(word: &str, meant: &str) -> bool {
    let word = word.to_lowercase();
    if word.len() > 1 && meant.starts_with(&word) {
        return true;
    }
    let (word, meant): (Vec<_>, Vec<_>) = (word.chars().collect(), meant.chars().collect());
    // The optimal string alignment distance, row by row.
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=meant.len()).collect();
    for (i, letter) in word.iter().enumerate() {
        let mut next = vec![i + 1];
        for (j, other) in meant.iter().enumerate() {
            let swapped = i > 0 && j > 0 && word[i - 1] == *other && meant[j - 1] == *letter;
            let mut least =
                (row[j] + usize::from(letter != other)).min(row[j + 1] + 1).min(next[j] + 1);
            if swapped {
                least = least.min(before[j - 1] + 1);
            }
            next.push(least);
        }
        before = std::mem::replace(&mut row, next);
    }
    row.last().is_some_and(|distance| *distance <= if meant.len() > 5 { 2 } else { 1 })
}
