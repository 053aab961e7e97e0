//! The pages: all runs, one run, and the run that is not there. Under them lies a policy that lets nothing in but the
//! crate's own files.

use axum::http::StatusCode;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, REFERRER_POLICY,
};
use axum::response::IntoResponse;

use crate::wire;

/// No script, no style and no address but of this same origin; nothing inline.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

/// A page, before its places are filled in: `{{base}}`, where the routes are, seen from the page and without a
/// slash at the end; `{{run}}`, the run's id as a part of a URL, and `{{title}}`; `{{readonly}}`, an attribute with a
/// blank before it, or nothing.
struct Template(&'static str);

const LIST: Template = Template(include_str!("../assets/list.html"));
const VIEW: Template = Template(include_str!("../assets/view.html"));
const MISSING: Template = Template(include_str!("../assets/missing.html"));

/// Whether runs can be cancelled from the page.
#[derive(Clone, Copy)]
pub(crate) struct Rights {
    pub(crate) read_only: bool,
}

/// All runs.
pub(crate) fn list(base: &str, rights: Rights) -> impl IntoResponse + use<> {
    respond(StatusCode::OK, LIST.fill(&[("base", base), rights.attribute()]))
}

/// One run.
pub(crate) fn view(base: &str, id: &str, title: &str, rights: Rights) -> impl IntoResponse + use<> {
    let run = wire::component(id);
    let places = [("base", base), ("run", &run), ("title", title), rights.attribute()];
    respond(StatusCode::OK, VIEW.fill(&places))
}

/// No such run, or not any more.
pub(crate) fn missing(base: &str) -> impl IntoResponse + use<> {
    respond(StatusCode::NOT_FOUND, MISSING.fill(&[("base", base)]))
}

fn respond(status: StatusCode, html: String) -> impl IntoResponse {
    let headers: [(HeaderName, &str); 4] = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (REFERRER_POLICY, "same-origin"),
    ];
    (status, headers, html)
}

impl Rights {
    fn attribute(self) -> (&'static str, &'static str) {
        ("readonly", if self.read_only { " readonly" } else { "" })
    }
}

impl Template {
    /// Fills the places with text, in one go, so that what a text says is no place.
    fn fill(&self, places: &[(&str, &str)]) -> String {
        let mut filled = String::with_capacity(self.0.len() + 256);
        let mut rest = self.0;
        while let Some((before, after)) = rest.split_once("{{") {
            filled.push_str(before);
            let (name, after) = after.split_once("}}").unwrap_or((after, ""));
            if let Some((_, text)) = places.iter().find(|(place, _)| *place == name) {
                escape(text, &mut filled);
            }
            rest = after;
        }
        filled.push_str(rest);
        filled
    }
}

/// Writes text so that it stays text, between tags and in a quoted attribute.
fn escape(text: &str, html: &mut String) {
    for char in text.chars() {
        match char {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            _ => html.push(char),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_stays_text_and_is_no_place() {
        let template = Template(r#"<a title="{{title}}">{{run}}</a>{{nobody}}"#);
        let filled = template.fill(&[("title", r#""><b>{{run}}"#), ("run", "'&")]);
        assert_eq!(filled, r#"<a title="&quot;&gt;&lt;b&gt;{{run}}">&#39;&amp;</a>"#);
    }

    #[test]
    fn every_place_of_every_page_is_known() {
        const PLACES: [&str; 4] = ["base", "run", "title", "readonly"];
        for Template(page) in [LIST, VIEW, MISSING] {
            for place in page.split("{{").skip(1) {
                let (name, _) = place.split_once("}}").expect("a place is closed");
                assert!(PLACES.contains(&name), "{name}");
            }
        }
    }
}
