//! The messages of syn's parser, in the words of a user.

use proc_macro2::Span;

/// An error of the parser that names what is missing, not the tokens that it could begin with.
pub(crate) fn plain(error: syn::Error, at_await: bool) -> syn::Error {
    let text = error.to_string();
    match translated(if at_await { AWAIT } else { &text }) {
        Some(plain) => syn::Error::new(error.span(), plain),
        None => error,
    }
}

/// The same, but at the last token if the parser reached the end.
pub(crate) fn plain_until(error: syn::Error, last: Span) -> syn::Error {
    let text = error.to_string();
    let Some(rest) = text.strip_prefix("unexpected end of input, ") else {
        return plain(error, false);
    };
    let rest = translated(rest).unwrap_or_else(|| rest.to_owned());
    syn::Error::new(last, format!("{rest} after this"))
}

const AWAIT: &str = "expected identifier, found keyword `await`";

fn translated(text: &str) -> Option<String> {
    let list = text.strip_prefix("expected one of: ");
    let plain = match text {
        "expected parentheses" => "expected the parameters: `(progress: Progress)`",
        "expected curly braces" => "expected a block `{ … }`",
        "expected square brackets" => "expected an attribute: `#[step(15, \"…\")]`",
        "expected identifier" => "expected a name",
        "expected identifier, found keyword `async`" => "`async` stands before `fn`",
        "unexpected method receiver" => "`self` is the first parameter",
        AWAIT => "`.await` stands behind the call: `call(progress).await`",
        _ if list.is_some_and(|list| list.contains("`dyn`")) => "expected a type",
        _ if list.is_some_and(|list| list.contains("`ref`")) => "expected a pattern",
        _ if list.is_some() => "this does not fit here",
        _ => return None,
    };
    Some(plain.to_owned())
}
