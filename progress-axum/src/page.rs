//! The HTML pages: all runs, one run, and "no such run"; the same of jobs. Their content security policy admits only
//! the crate's own files.

use axum::http::StatusCode;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, REFERRER_POLICY,
};
use axum::response::IntoResponse;

use crate::access::Access;
use crate::wire;

/// Scripts, styles and connections come from this origin only, and nothing is inline.
const CONTENT_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

/// A page with placeholders.
///
/// - `{{base}}`: the URL of the routes relative to the page, without a slash at the end.
/// - `{{run}}`: the run's id as a URL component.
/// - `{{title}}`: the run's title.
/// - `{{text}}`: why there is nothing to show.
/// - `{{parent}}`: `job` if the job's parent is a job of the same database, or nothing.
/// - `{{readonly}}`: an attribute with a space before it, or nothing.
struct Template(&'static str);

const LIST: Template = Template(include_str!("../assets/list.html"));
const VIEW: Template = Template(include_str!("../assets/view.html"));
const MISSING: Template = Template(include_str!("../assets/missing.html"));
#[cfg(feature = "jobs")]
const JOBS: Template = Template(include_str!("../assets/jobs.html"));
#[cfg(feature = "jobs")]
const JOB: Template = Template(include_str!("../assets/job.html"));
#[cfg(feature = "jobs")]
const NO_JOB: Template = Template(include_str!("../assets/no_job.html"));

/// The page of all runs.
pub(crate) fn list(base: &str, access: Access) -> impl IntoResponse + use<> {
    respond(StatusCode::OK, LIST.render(&[("base", base), read_only_attribute(access)]))
}

/// The page of one run.
pub(crate) fn view(base: &str, id: &str, title: &str, access: Access) -> impl IntoResponse + use<> {
    let run = wire::component(id);
    let values = [("base", base), ("run", &run), ("title", title), read_only_attribute(access)];
    respond(StatusCode::OK, VIEW.render(&values))
}

/// The page for an id that the registry does not know, or no longer knows.
pub(crate) fn missing(base: &str) -> impl IntoResponse + use<> {
    respond(StatusCode::NOT_FOUND, MISSING.render(&[("base", base)]))
}

/// The page of the jobs.
#[cfg(feature = "jobs")]
pub(crate) fn jobs(base: &str, access: Access) -> impl IntoResponse + use<> {
    respond(StatusCode::OK, JOBS.render(&[("base", base), read_only_attribute(access)]))
}

/// The page of one job.
#[cfg(feature = "jobs")]
pub(crate) fn job(
    base: &str,
    id: &str,
    title: &str,
    has_job_as_parent: bool,
    access: Access,
) -> impl IntoResponse + use<> {
    let run = wire::component(id);
    let parent = ("parent", if has_job_as_parent { "job" } else { "" });
    let access = read_only_attribute(access);
    let values = [("base", base), ("run", &*run), ("title", title), parent, access];
    respond(StatusCode::OK, JOB.render(&values))
}

/// The page for an id that the database does not know, or no longer knows.
#[cfg(feature = "jobs")]
pub(crate) fn no_job(base: &str) -> impl IntoResponse + use<> {
    let text = "There is no job with this id: it was never started with this database, or it \
                ended a while ago and was removed.";
    let values = [("base", base), ("title", "No such job"), ("text", text)];
    respond(StatusCode::NOT_FOUND, NO_JOB.render(&values))
}

/// The page for a database that does not answer.
#[cfg(feature = "jobs")]
pub(crate) fn no_database(base: &str, error: &str) -> impl IntoResponse + use<> {
    let values = [("base", base), ("title", "No database"), ("text", error)];
    respond(StatusCode::SERVICE_UNAVAILABLE, NO_JOB.render(&values))
}

fn respond(status: StatusCode, html: String) -> impl IntoResponse {
    let headers: [(HeaderName, &str); 4] = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
        (CONTENT_SECURITY_POLICY, CONTENT_POLICY),
        (REFERRER_POLICY, "same-origin"),
    ];
    (status, headers, html)
}

fn read_only_attribute(access: Access) -> (&'static str, &'static str) {
    ("readonly", if access.is_read_only() { " readonly" } else { "" })
}

impl Template {
    /// Replaces all placeholders in one pass, so that a value that contains `{{…}}` is not
    /// expanded again.
    fn render(&self, values: &[(&str, &str)]) -> String {
        let mut html = String::with_capacity(self.0.len() + 256);
        let mut rest = self.0;
        while let Some((before, after)) = rest.split_once("{{") {
            html.push_str(before);
            let (name, after) = after.split_once("}}").unwrap_or((after, ""));
            if let Some((_, value)) = values.iter().find(|(known, _)| *known == name) {
                push_escaped(&mut html, value);
            }
            rest = after;
        }
        html.push_str(rest);
        html
    }
}

/// Appends text so that HTML reads it as text, in content and in quoted attributes.
fn push_escaped(html: &mut String, text: &str) {
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
    fn values_are_escaped_and_not_expanded() {
        let template = Template(r#"<a title="{{title}}">{{run}}</a>{{nobody}}"#);
        let html = template.render(&[("title", r#""><b>{{run}}"#), ("run", "'&")]);
        assert_eq!(html, r#"<a title="&quot;&gt;&lt;b&gt;{{run}}">&#39;&amp;</a>"#);
    }

    #[cfg(feature = "jobs")]
    #[test]
    fn the_filter_offers_every_state() {
        let Template(page) = JOBS;
        let options = page.lines().filter_map(|line| line.strip_prefix("<option"));
        let offered: Vec<_> = options
            .map(|option| match option.strip_prefix(" value=\"") {
                Some(rest) => rest.split('"').next().unwrap_or_default(),
                None => option.trim_start_matches('>').trim_end_matches("</option>"),
            })
            .collect();
        let any = std::iter::once("");
        let states = progress_jobs::JobState::all().map(|state| state.as_str());
        assert_eq!(offered, any.chain(states).collect::<Vec<_>>());
    }

    #[test]
    fn every_placeholder_of_every_page_is_known() {
        const KNOWN: [&str; 6] = ["base", "run", "title", "readonly", "text", "parent"];
        let pages = [
            LIST,
            VIEW,
            MISSING,
            #[cfg(feature = "jobs")]
            JOBS,
            #[cfg(feature = "jobs")]
            JOB,
            #[cfg(feature = "jobs")]
            NO_JOB,
        ];
        for Template(page) in pages {
            for placeholder in page.split("{{").skip(1) {
                let (name, _) = placeholder.split_once("}}").expect("a placeholder is closed");
                assert!(KNOWN.contains(&name), "{name}");
            }
        }
    }
}
