//! The routes of the jobs and their handlers.

use std::sync::Arc;

use axum::Router;
use axum::extract::{OriginalUri, Path, RawQuery, State};
use axum::http::header::ALLOW;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use progress_jobs::{Job, JobState};
use serde::Deserialize;
use serde_json::json;

use crate::access::Access;
use crate::api::{self, ApiError};
use crate::asset::Asset;
use crate::event_stream::EventStream;
use crate::jobs::feeds::{Board, gone, unavailable};
use crate::jobs::query::{ListQuery, StreamQuery};
use crate::jobs::snapshot::{JobSnapshot, status};
use crate::mount::{LAST_EVENT_ID, asset, base_of_list, base_of_view, mount};
use crate::origin::refuse_cross_site;
use crate::{page, wire};

/// The state that the handlers of one router share.
#[derive(Clone)]
struct RouterState {
    board: Arc<Board>,
    access: Access,
}

/// The router that [`JobPages::router`](crate::JobPages::router) describes.
pub(crate) fn router<S>(board: &Arc<Board>, base: &str, access: Access) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    let (cancel, again) = match access {
        Access::Full => (post(cancel), post(again)),
        Access::ReadOnly => (post(refuse_change), post(refuse_change)),
    };
    let routes: [(&str, MethodRouter<RouterState>); 12] = [
        ("", get(list_page)),
        ("/view/{id}", get(view_page)),
        ("/workflow-progress.js", asset(Asset::Element)),
        ("/page.js", asset(Asset::PageScript)),
        ("/jobs.js", asset(Asset::JobsScript)),
        ("/page.css", asset(Asset::PageStyle)),
        ("/runs", get(list)),
        ("/runs/{id}", get(snapshot)),
        ("/runs/{id}/events", get(job_events)),
        ("/events", get(events)),
        ("/runs/{id}/cancel", cancel.layer(from_fn(refuse_cross_site))),
        ("/runs/{id}/again", again.layer(from_fn(refuse_cross_site))),
    ];
    mount(base, routes, RouterState { board: Arc::clone(board), access })
}

/// The path parameters of a job. It is a struct and not a `String`, because the base may contain
/// parameters of its own.
#[derive(Deserialize)]
struct JobPath {
    id: String,
}

impl RouterState {
    async fn job(&self, id: &str) -> Result<Job, ApiError> {
        self.board.job(id, self.access).await?.ok_or_else(|| unknown(id))
    }
}

fn unknown(id: &str) -> ApiError {
    ApiError {
        status: StatusCode::NOT_FOUND,
        message: format!(
            "there is no job {id:?} here: it was never started with this database, or it ended a \
             while ago and was removed; see the list of jobs for the known ids"
        ),
    }
}

async fn list_page(State(state): State<RouterState>, OriginalUri(uri): OriginalUri) -> Response {
    page::jobs(&base_of_list(&uri), state.access).into_response()
}

async fn view_page(
    State(state): State<RouterState>,
    OriginalUri(uri): OriginalUri,
    Path(JobPath { id }): Path<JobPath>,
) -> Response {
    let base = base_of_view(&uri);
    let job = match state.board.job(&id, state.access).await {
        Ok(Some(job)) => job,
        Ok(None) => return page::no_job(base).into_response(),
        Err(error) => return page::no_database(base, &error.message).into_response(),
    };
    // A parent is the run of a job, or one that only its own process knows.
    let parent = state.board.job(&job.parent, state.access).await.ok().flatten();
    let title = JobSnapshot::new(&job).title;
    page::job(base, &id, &title, parent.is_some(), state.access).into_response()
}

async fn list(
    State(state): State<RouterState>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let query = ListQuery::parse(query.as_deref().unwrap_or_default())?;
    let list = state.board.list(&query, state.access).await?;
    Ok(api::json(StatusCode::OK, list.to_json()))
}

async fn snapshot(
    State(state): State<RouterState>,
    Path(JobPath { id }): Path<JobPath>,
) -> Result<Response, ApiError> {
    let job = state.job(&id).await?;
    Ok(api::json(StatusCode::OK, JobSnapshot::new(&job).to_json()))
}

async fn job_events(
    State(state): State<RouterState>,
    Path(JobPath { id }): Path<JobPath>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let job = state.job(&id).await?;
    stream(&state, &[job], &[], None, &headers).await
}

async fn events(
    State(state): State<RouterState>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let StreamQuery { ids, list } = StreamQuery::parse(query.as_deref().unwrap_or_default())?;
    let mut known = Vec::new();
    let mut unknown = Vec::new();
    for id in ids {
        match state.board.job(&id, state.access).await? {
            Some(job) => known.push(job),
            None => unknown.push(id),
        }
    }
    stream(&state, &known, &unknown, list, &headers).await
}

/// One stream of everything that was requested.
async fn stream(
    state: &RouterState,
    known: &[Job],
    unknown: &[String],
    list: Option<ListQuery>,
    headers: &HeaderMap,
) -> Result<Response, ApiError> {
    if list.is_none() && is_up_to_date(known, headers) {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let mut events = EventStream::new(&state.board.shutdown);
    for id in unknown {
        events.push(gone(id));
    }
    if let Some(query) = list {
        events.add(state.board.subscribe_list(query, state.access).await?);
    }
    for job in known {
        events.add(state.board.subscribe(job));
    }
    Ok(events.into_response())
}

/// Whether a browser that reconnects has received the end of all its jobs. Status 204 then stops
/// its attempts to reconnect.
fn is_up_to_date(known: &[Job], headers: &HeaderMap) -> bool {
    let Some(last_id) = headers.get(LAST_EVENT_ID).and_then(|id| id.to_str().ok()) else {
        return false;
    };
    if !known.iter().all(|job| job.state.is_terminal()) {
        return false;
    }
    match known {
        [job] => wire::parse_event_id(last_id)
            .is_some_and(|(id, seq)| id == job.id && seq >= job.revision()),
        _ => last_id == wire::ALL_ENDED_ID,
    }
}

async fn cancel(
    State(state): State<RouterState>,
    Path(JobPath { id }): Path<JobPath>,
) -> Result<Response, ApiError> {
    let is_new = state.board.jobs.cancel(&id).await;
    let is_new = is_new.map_err(|error| unavailable(&error, state.access))?;
    let job = state.job(&id).await?;
    if !is_new && job.state != JobState::Cancelling {
        let message = match job.state.is_terminal() {
            true => format!("there is nothing to cancel: the job is over ({})", job.state),
            false => "the job is in a state that this version does not know; cancel it with the \
                      version that its workers have"
                .to_owned(),
        };
        return Err(ApiError { status: StatusCode::CONFLICT, message });
    }
    let body = json!({ "run": id, "status": status(job.state) }).to_string();
    Ok(api::json(StatusCode::ACCEPTED, body))
}

async fn again(
    State(state): State<RouterState>,
    Path(JobPath { id }): Path<JobPath>,
) -> Result<Response, ApiError> {
    let job = state.job(&id).await?;
    if !matches!(job.state, JobState::Failed | JobState::Cancelled | JobState::Lost) {
        let message = format!(
            "a job can be run again after it has failed, was cancelled or was lost; this one is {}",
            job.state
        );
        return Err(ApiError { status: StatusCode::CONFLICT, message });
    }
    let new = state.board.jobs.again(&id).await;
    let new = new.map_err(|error| unavailable(&error, state.access))?;
    // It may have been removed meanwhile.
    let new = new.ok_or_else(|| unknown(&id))?;
    Ok(api::json(StatusCode::ACCEPTED, json!({ "run": new }).to_string()))
}

async fn refuse_change() -> impl IntoResponse {
    let message = "jobs cannot be cancelled or run again here: this place is read-only".to_owned();
    ([(ALLOW, "")], ApiError { status: StatusCode::METHOD_NOT_ALLOWED, message })
}
