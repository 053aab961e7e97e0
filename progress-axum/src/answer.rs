//! Answers in JSON.

use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// What is true at this moment.
pub(crate) fn json(status: StatusCode, body: String) -> Response {
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];
    (status, headers, body).into_response()
}

/// What is wrong, and the mend.
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) text: String,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        json(self.status, json!({ "error": self.text }).to_string())
    }
}
