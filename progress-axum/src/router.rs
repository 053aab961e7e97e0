//! The routes, and what is done for each.

use std::collections::HashSet;
use std::sync::Arc;

use axum::Router;
use axum::extract::{OriginalUri, Path, RawQuery, State};
use axum::http::header::{ALLOW, HeaderName};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::{from_fn, map_response};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use serde::Deserialize;
use serde_json::json;

use crate::answer::{self, Refusal};
use crate::asset::Asset;
use crate::events::Events;
use crate::feed::Feed;
use crate::page::{self, Rights};
use crate::registry::{Entry, Registry};
use crate::{Runs, refuse_cross_site, wire};

const X_CONTENT_TYPE_OPTIONS: HeaderName = HeaderName::from_static("x-content-type-options");
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// What the handlers of one router share.
#[derive(Clone)]
struct Site {
    registry: Arc<Registry>,
    list: Feed,
    rights: Rights,
}

pub(crate) fn router<S>(runs: &Runs, base: &str, read_only: bool) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    let base = base.trim_end_matches('/');
    let routes: [(&str, MethodRouter<Site>); 9] = [
        ("", get(list_page)),
        ("/view/{id}", get(view_page)),
        ("/workflow-progress.js", asset(Asset::Element)),
        ("/page.js", asset(Asset::PageScript)),
        ("/page.css", asset(Asset::PageStyle)),
        ("/runs", get(list)),
        ("/runs/{id}", get(snapshot)),
        ("/runs/{id}/events", get(run_events)),
        ("/events", get(events)),
    ];
    let cancel = if read_only { post(no_cancel) } else { post(cancel) };
    let cancel = cancel.layer(from_fn(refuse_cross_site));
    let mut router = Router::new();
    for (path, route) in routes.into_iter().chain([("/runs/{id}/cancel", cancel)]) {
        let path = format!("{base}{path}");
        if !path.is_empty() {
            router = router.route(&path, route.clone());
        }
        router = router.route(&format!("{path}/"), route);
    }
    let site = Site {
        registry: Arc::clone(&runs.registry),
        list: Feed::default(),
        rights: Rights { read_only },
    };
    router.layer(map_response(as_declared)).with_state(site)
}

/// A browser takes nothing for what it is not declared to be.
async fn as_declared(mut response: Response) -> Response {
    response.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

fn asset(asset: Asset) -> MethodRouter<Site> {
    get(move |headers: HeaderMap| async move { asset.respond(&headers) })
}

/// The run that a path names; the base may have names of its own.
#[derive(Deserialize)]
struct Named {
    id: String,
}

impl Site {
    fn entry(&self, id: &str) -> Result<Arc<Entry>, Refusal> {
        self.registry.get(id).ok_or_else(|| Refusal {
            status: StatusCode::NOT_FOUND,
            text: format!(
                "there is no run {id:?} here: it was never added, or it ended a while ago and was forgotten; \
                 the list of runs has those that are known"
            ),
        })
    }
}

async fn list_page(State(site): State<Site>, OriginalUri(uri): OriginalUri) -> Response {
    // Seen from a path without its slash the routes are below its last part.
    let base = match uri.path().rsplit('/').next() {
        None | Some("") => ".".to_owned(),
        Some(last) => format!("./{last}"),
    };
    page::list(&base, site.rights).into_response()
}

async fn view_page(
    State(site): State<Site>,
    OriginalUri(uri): OriginalUri,
    Path(Named { id }): Path<Named>,
) -> Response {
    let base = if uri.path().ends_with('/') { "../.." } else { ".." };
    match site.registry.get(&id) {
        Some(entry) => {
            let title = &entry.run.snapshot().title;
            page::view(base, &id, title, site.rights).into_response()
        }
        None => page::missing(base).into_response(),
    }
}

async fn list(State(site): State<Site>) -> Response {
    answer::json(StatusCode::OK, site.registry.list(site.rights.read_only).to_json())
        .into_response()
}

async fn snapshot(
    State(site): State<Site>,
    Path(Named { id }): Path<Named>,
) -> Result<Response, Refusal> {
    let run = &site.entry(&id)?.run;
    Ok(answer::json(StatusCode::OK, run.snapshot().to_json()))
}

async fn run_events(
    State(site): State<Site>,
    Path(Named { id }): Path<Named>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let entry = site.entry(&id)?;
    Ok(stream(&site, &[entry], &[], false, &headers))
}

async fn events(
    State(site): State<Site>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let Asked { ids, list } = Asked::of(query.as_deref().unwrap_or_default());
    if ids.is_empty() && !list {
        let text = "say which runs: events?run=ID, events?run=ID,ID, or events?list for the list";
        return Err(Refusal { status: StatusCode::BAD_REQUEST, text: text.to_owned() });
    }
    let mut known = Vec::new();
    let mut gone = Vec::new();
    for id in ids {
        match site.registry.get(&id) {
            Some(entry) => known.push(entry),
            None => gone.push(id),
        }
    }
    Ok(stream(&site, &known, &gone, list, &headers))
}

/// What the query of an event stream asks for.
#[derive(Default)]
struct Asked {
    ids: Vec<String>,
    list: bool,
}

impl Asked {
    fn of(query: &str) -> Self {
        let mut asked = Self::default();
        let mut seen = HashSet::new();
        for pair in query.split('&') {
            match pair.split_once('=').unwrap_or((pair, "")) {
                // A comma that is part of an id is written `%2C`.
                ("run", ids) => {
                    for id in ids.split(',').filter(|id| !id.is_empty()).map(wire::decoded) {
                        if seen.insert(id.clone()) {
                            asked.ids.push(id);
                        }
                    }
                }
                ("list", _) => asked.list = true,
                _ => {}
            }
        }
        asked
    }
}

/// One stream of all that was asked for, unless the client has had all of it.
fn stream(
    site: &Site,
    known: &[Arc<Entry>],
    gone: &[String],
    list: bool,
    headers: &HeaderMap,
) -> Response {
    if !list && has_had_all(known, headers) {
        return StatusCode::NO_CONTENT.into_response();
    }
    let mut events = Events::new(&site.registry.closing);
    for id in gone {
        events.say(wire::event("gone", &json!({ "run": id }).to_string()));
    }
    if list {
        events.follow_list(site.list.of_list(&site.registry, site.rights.read_only));
    }
    for entry in known {
        events.follow_run(entry);
    }
    events.respond()
}

/// Whether a browser that comes back has got the end of all its runs: the answer tells it to stay away.
fn has_had_all(known: &[Arc<Entry>], headers: &HeaderMap) -> bool {
    let Some(last) = headers.get(LAST_EVENT_ID).and_then(|id| id.to_str().ok()) else {
        return false;
    };
    if !known.iter().all(|entry| entry.run.status().is_terminal()) {
        return false;
    }
    match known {
        [entry] => wire::last_seen(last)
            .is_some_and(|(run, seq)| run == entry.run.id() && seq >= entry.run.snapshot().seq),
        _ => last == wire::OVER,
    }
}

async fn cancel(
    State(site): State<Site>,
    Path(Named { id }): Path<Named>,
) -> Result<Response, Refusal> {
    let run = &site.entry(&id)?.run;
    if !run.cancel() {
        let text = format!("there is nothing to cancel: the run is over ({})", run.status());
        return Err(Refusal { status: StatusCode::CONFLICT, text });
    }
    let body = json!({ "run": id, "status": run.status().as_str() }).to_string();
    Ok(answer::json(StatusCode::ACCEPTED, body))
}

async fn no_cancel() -> impl IntoResponse {
    let text = "runs cannot be cancelled here: this place is read-only".to_owned();
    ([(ALLOW, "")], Refusal { status: StatusCode::METHOD_NOT_ALLOWED, text })
}
