//! The static files of the browser side, compiled into the binary.

use std::hash::{DefaultHasher, Hash, Hasher};

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

/// A static file.
#[derive(Clone, Copy)]
pub(crate) enum Asset {
    Element,
    PageScript,
    #[cfg(feature = "jobs")]
    JobsScript,
    PageStyle,
}

impl Asset {
    /// Responds with the file, or with 304 if the browser has this version already.
    ///
    /// The browser asks each time (`no-cache`), because the next build of the server may contain
    /// another version under the same URL.
    pub(crate) fn respond(self, request_headers: &HeaderMap) -> Response {
        let (content_type, text) = self.content();
        let etag = etag(text);
        let is_current = request_headers
            .get_all(IF_NONE_MATCH)
            .iter()
            .filter_map(|etags| etags.to_str().ok())
            .flat_map(|etags| etags.split(','))
            .map(str::trim)
            .any(|cached| cached.trim_start_matches("W/") == etag || cached == "*");
        let headers = [(CACHE_CONTROL, "no-cache".to_owned()), (ETAG, etag)];
        match is_current {
            true => (StatusCode::NOT_MODIFIED, headers).into_response(),
            false => (headers, [(CONTENT_TYPE, content_type)], text).into_response(),
        }
    }

    /// The content type and the text of the file.
    fn content(self) -> (&'static str, &'static str) {
        const SCRIPT: &str = "text/javascript; charset=utf-8";
        match self {
            Self::Element => (SCRIPT, include_str!("../assets/workflow-progress.js")),
            Self::PageScript => (SCRIPT, include_str!("../assets/page.js")),
            #[cfg(feature = "jobs")]
            Self::JobsScript => (SCRIPT, include_str!("../assets/jobs.js")),
            Self::PageStyle => ("text/css; charset=utf-8", include_str!("../assets/page.css")),
        }
    }
}

/// A quoted entity tag, derived from the text.
fn etag(text: &str) -> String {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    format!("\"{:016x}\"", hasher.finish())
}
