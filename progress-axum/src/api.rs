//! The JSON responses of the routes, and their errors.

use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

/// A response with a JSON body that no cache may store: it describes this moment only.
pub(crate) fn json(status: StatusCode, body: String) -> Response {
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];
    (status, headers, body).into_response()
}

/// An error response: `{"error":"…"}`, where the message names the problem and its solution.
pub(crate) struct ApiError {
    pub(crate) status: StatusCode,
    pub(crate) message: String,
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        json(self.status, serde_json::json!({ "error": self.message }).to_string())
    }
}
