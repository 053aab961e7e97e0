//! The page: the form, and one element for each of the latest runs.

use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use axum::response::{IntoResponse, Response};
use tokio::task::spawn_blocking;

use crate::App;

/// How many runs this page shows at most. The page of all runs shows the others.
const MAX_RUNS: usize = 8;

/// Scripts, styles and connections come from this origin only, and no page may embed the form.
const CONTENT_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The reason why a run was not started.
pub struct Problem {
    pub folder: String,
    pub message: String,
}

pub async fn page(app: &App, problem: Option<Problem>) -> Response {
    let root = app.root.clone();
    let suggestions = spawn_blocking(move || root.suggestions()).await.unwrap_or_default();
    let suggestions: String =
        suggestions.iter().map(|name| format!("<option>{}</option>", escape(name))).collect();
    let runs = app.runs.list();
    let elements: String = runs
        .iter()
        .take(MAX_RUNS)
        .map(|run| {
            format!("<workflow-progress src=\"workflows/runs/{}\"></workflow-progress>\n", run.id())
        })
        .collect();
    let (folder, invalid, problem) = match &problem {
        Some(problem) => {
            (escape(&problem.folder), "aria-invalid=\"true\"", escape(&problem.message))
        }
        None => Default::default(),
    };
    let html = format!(
        include_str!("page.html"),
        root = escape(&app.root.path().display().to_string()),
        folder = folder,
        invalid = invalid,
        problem = problem,
        suggestions = suggestions,
        runs = if elements.is_empty() { "<p>No run yet.</p>" } else { &elements },
    );
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
        (CONTENT_SECURITY_POLICY, CONTENT_POLICY),
        (REFERRER_POLICY, "same-origin"),
    ];
    (headers, html).into_response()
}

pub async fn style() -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("style.css"))
}

/// Escapes text for HTML content and for quoted attributes.
fn escape(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&quot;").replace('\'', "&#39;")
}
