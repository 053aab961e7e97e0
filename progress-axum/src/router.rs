//! The routes and their handlers.

use std::collections::HashSet;
use std::sync::Arc;

use axum::Router;
use axum::extract::{OriginalUri, Path, RawQuery, State};
use axum::http::header::ALLOW;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use serde::Deserialize;
use serde_json::json;

use crate::access::Access;
use crate::api::{self, ApiError};
use crate::asset::Asset;
use crate::event_stream::EventStream;
use crate::feed::Feed;
use crate::mount::{LAST_EVENT_ID, asset, base_of_list, base_of_view, mount};
use crate::origin::refuse_cross_site;
use crate::registry::{RegisteredRun, Registry};
use crate::{list_feed, page, run_feed, wire};

/// The state that the handlers of one router share.
#[derive(Clone)]
struct RouterState {
    registry: Arc<Registry>,
    list_feed: Feed,
    access: Access,
}

/// The router that [`Runs::router`](crate::Runs::router) describes.
pub(crate) fn router<S>(registry: &Arc<Registry>, base: &str, access: Access) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    let cancel = if access.is_read_only() { post(refuse_cancel) } else { post(cancel) };
    let routes: [(&str, MethodRouter<RouterState>); 10] = [
        ("", get(list_page)),
        ("/view/{id}", get(view_page)),
        ("/workflow-progress.js", asset(Asset::Element)),
        ("/page.js", asset(Asset::PageScript)),
        ("/page.css", asset(Asset::PageStyle)),
        ("/runs", get(list)),
        ("/runs/{id}", get(snapshot)),
        ("/runs/{id}/events", get(run_events)),
        ("/events", get(events)),
        ("/runs/{id}/cancel", cancel.layer(from_fn(refuse_cross_site))),
    ];
    let state = RouterState { registry: Arc::clone(registry), list_feed: Feed::default(), access };
    mount(base, routes, state)
}

/// The path parameters of a run. It is a struct and not a `String`, because the base may contain
/// parameters of its own.
#[derive(Deserialize)]
struct RunPath {
    id: String,
}

impl RouterState {
    fn run(&self, id: &str) -> Result<Arc<RegisteredRun>, ApiError> {
        self.registry.get(id).ok_or_else(|| ApiError {
            status: StatusCode::NOT_FOUND,
            message: format!(
                "there is no run {id:?} here: it was never added, or it ended a while ago and was \
                 forgotten; see the list of runs for the known ids"
            ),
        })
    }
}

async fn list_page(State(state): State<RouterState>, OriginalUri(uri): OriginalUri) -> Response {
    page::list(&base_of_list(&uri), state.access).into_response()
}

async fn view_page(
    State(state): State<RouterState>,
    OriginalUri(uri): OriginalUri,
    Path(RunPath { id }): Path<RunPath>,
) -> Response {
    let base = base_of_view(&uri);
    match state.registry.get(&id) {
        Some(registered) => {
            let title = &registered.run.snapshot().title;
            page::view(base, &id, title, state.access).into_response()
        }
        None => page::missing(base).into_response(),
    }
}

async fn list(State(state): State<RouterState>) -> Response {
    api::json(StatusCode::OK, state.registry.list(state.access).to_json())
}

async fn snapshot(
    State(state): State<RouterState>,
    Path(RunPath { id }): Path<RunPath>,
) -> Result<Response, ApiError> {
    let run = &state.run(&id)?.run;
    Ok(api::json(StatusCode::OK, run.snapshot().to_json()))
}

async fn run_events(
    State(state): State<RouterState>,
    Path(RunPath { id }): Path<RunPath>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let registered = state.run(&id)?;
    Ok(stream(&state, &[registered], &[], false, &headers))
}

async fn events(
    State(state): State<RouterState>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let EventQuery { ids, list } = EventQuery::parse(query.as_deref().unwrap_or_default());
    if ids.is_empty() && !list {
        let message =
            "name the runs: events?run=ID or events?run=ID,ID; or ask for the list: events?list";
        return Err(ApiError { status: StatusCode::BAD_REQUEST, message: message.to_owned() });
    }
    let mut known = Vec::new();
    let mut unknown = Vec::new();
    for id in ids {
        match state.registry.get(&id) {
            Some(registered) => known.push(registered),
            None => unknown.push(id),
        }
    }
    Ok(stream(&state, &known, &unknown, list, &headers))
}

/// The query of an event stream: `run=ID,ID&list`.
#[derive(Default)]
struct EventQuery {
    ids: Vec<String>,
    list: bool,
}

impl EventQuery {
    /// Parses the raw query, because a comma separates ids before percent-decoding only: a comma
    /// within an id is written `%2C`.
    fn parse(query: &str) -> Self {
        let mut parsed = Self::default();
        let mut seen = HashSet::new();
        for pair in query.split('&') {
            match pair.split_once('=').unwrap_or((pair, "")) {
                ("run", ids) => {
                    let ids = ids.split(',').filter(|id| !id.is_empty());
                    for id in ids.map(wire::decode_component) {
                        if seen.insert(id.clone()) {
                            parsed.ids.push(id);
                        }
                    }
                }
                ("list", _) => parsed.list = true,
                _ => {}
            }
        }
        parsed
    }
}

/// One stream of everything that was requested.
fn stream(
    state: &RouterState,
    known: &[Arc<RegisteredRun>],
    unknown: &[String],
    list: bool,
    headers: &HeaderMap,
) -> Response {
    if !list && is_up_to_date(known, headers) {
        return StatusCode::NO_CONTENT.into_response();
    }
    let mut events = EventStream::new(&state.registry.shutdown);
    for id in unknown {
        events.push(wire::event("gone", &json!({ "run": id }).to_string()));
    }
    if list {
        events.add(list_feed::subscribe(&state.list_feed, &state.registry, state.access));
    }
    for registered in known {
        let run = &registered.run;
        events.add_run(run, run_feed::subscribe(&registered.feed, run));
    }
    events.into_response()
}

/// Whether a browser that reconnects has received the end of all its runs. Status 204 then stops
/// its attempts to reconnect.
fn is_up_to_date(known: &[Arc<RegisteredRun>], headers: &HeaderMap) -> bool {
    let Some(last_id) = headers.get(LAST_EVENT_ID).and_then(|id| id.to_str().ok()) else {
        return false;
    };
    if !known.iter().all(|registered| registered.run.status().is_terminal()) {
        return false;
    }
    match known {
        [registered] => wire::parse_event_id(last_id).is_some_and(|(id, seq)| {
            id == registered.run.id() && seq >= registered.run.snapshot().seq
        }),
        _ => last_id == wire::ALL_ENDED_ID,
    }
}

async fn cancel(
    State(state): State<RouterState>,
    Path(RunPath { id }): Path<RunPath>,
) -> Result<Response, ApiError> {
    let run = &state.run(&id)?.run;
    if !run.cancel() {
        let message = format!("there is nothing to cancel: the run is over ({})", run.status());
        return Err(ApiError { status: StatusCode::CONFLICT, message });
    }
    let body = json!({ "run": id, "status": run.status().as_str() }).to_string();
    Ok(api::json(StatusCode::ACCEPTED, body))
}

async fn refuse_cancel() -> impl IntoResponse {
    let message = "runs cannot be cancelled here: this place is read-only".to_owned();
    ([(ALLOW, "")], ApiError { status: StatusCode::METHOD_NOT_ALLOWED, message })
}
