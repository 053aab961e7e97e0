//! The page: the form, and the latest runs, each as a tag.

use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use axum::response::{IntoResponse, Response};
use tokio::task::spawn_blocking;

use crate::Site;

/// As many runs as the page shows; the others are on that of all runs.
const SHOWN: usize = 8;

/// Scripts, styles and connections of this origin only, and nobody may put a frame around the form.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Why the job was not started.
pub struct Problem {
    pub folder: String,
    pub text: String,
}

pub async fn page(site: &Site, problem: Option<Problem>) -> Response {
    let root = site.root.clone();
    let proposals = spawn_blocking(move || root.proposals()).await.unwrap_or_default();
    let proposals: String =
        proposals.iter().map(|name| format!("<option>{}</option>", text(name))).collect();
    let runs = site.runs.list();
    let shown: String = runs
        .iter()
        .take(SHOWN)
        .map(|run| {
            format!("<workflow-progress src=\"workflows/runs/{}\"></workflow-progress>\n", run.id())
        })
        .collect();
    let (folder, invalid, problem) = match &problem {
        Some(problem) => (text(&problem.folder), "aria-invalid=\"true\"", text(&problem.text)),
        None => Default::default(),
    };
    let html = format!(
        include_str!("page.html"),
        root = text(&site.root.path().display().to_string()),
        folder = folder,
        invalid = invalid,
        problem = problem,
        proposals = proposals,
        runs = if shown.is_empty() { "<p>No run yet.</p>" } else { &shown },
    );
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (REFERRER_POLICY, "same-origin"),
    ];
    (headers, html).into_response()
}

pub async fn style() -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("style.css"))
}

/// Text as text, between tags and in a quoted attribute.
fn text(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&quot;").replace('\'', "&#39;")
}
