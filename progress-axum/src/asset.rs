//! The files of the browser side, which are part of the program.

use std::hash::{DefaultHasher, Hash, Hasher};

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

/// A file of the browser side.
#[derive(Clone, Copy)]
pub(crate) enum Asset {
    Element,
    PageScript,
    PageStyle,
}

impl Asset {
    /// The file, or that the browser has it already. It asks each time, as a new build may have another.
    pub(crate) fn respond(self, asked: &HeaderMap) -> Response {
        let (kind, text) = self.content();
        let tag = tag(text);
        let known = asked.get_all(IF_NONE_MATCH).iter().filter_map(|tags| tags.to_str().ok());
        let mut known = known.flat_map(|tags| tags.split(',')).map(str::trim);
        let is_known = known.any(|known| known.trim_start_matches("W/") == tag || known == "*");
        let headers = [(CACHE_CONTROL, "no-cache".to_owned()), (ETAG, tag)];
        match is_known {
            true => (StatusCode::NOT_MODIFIED, headers).into_response(),
            false => (headers, [(CONTENT_TYPE, kind)], text).into_response(),
        }
    }

    fn content(self) -> (&'static str, &'static str) {
        const SCRIPT: &str = "text/javascript; charset=utf-8";
        match self {
            Self::Element => (SCRIPT, include_str!("../assets/workflow-progress.js")),
            Self::PageScript => (SCRIPT, include_str!("../assets/page.js")),
            Self::PageStyle => ("text/css; charset=utf-8", include_str!("../assets/page.css")),
        }
    }
}

/// Another one when the text is another.
fn tag(text: &str) -> String {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    format!("\"{:016x}\"", hasher.finish())
}
