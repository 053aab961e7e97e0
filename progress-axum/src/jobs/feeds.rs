//! The feeds of jobs and of lists of jobs.
//!
//! One task of the process, in [`Jobs`], reads all rows that somebody watches, when they have
//! changed. A list is read when any row has changed, once a second at most, once for all clients
//! that watch it, and after the lists before it: whatever clients ask for, this process keeps one
//! connection of the database busy at most.

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use futures::stream::BoxStream;
use progress_jobs::{Job, JobChanges, JobWatch, Jobs, JobsError};
use serde_json::json;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::access::Access;
use crate::api::ApiError;
use crate::feed::{Feeds, Publisher, SseEvent};
use crate::jobs::list::JobList;
use crate::jobs::query::ListQuery;
use crate::jobs::snapshot::JobSnapshot;
use crate::wire;

/// The shortest time between two reads of a list.
const INTERVAL: Duration = Duration::from_secs(1);

/// The jobs of a database, and those who watch them.
pub(crate) struct Board {
    pub(crate) jobs: Jobs,
    job_feeds: Feeds<String>,
    list_feeds: Feeds<(ListQuery, Access)>,
    /// Held while a list is read for those who watch it.
    turn: Mutex<()>,
    /// Ends all event streams when it is cancelled.
    pub(crate) shutdown: CancellationToken,
}

impl Board {
    pub(crate) fn new(jobs: Jobs) -> Self {
        Self {
            jobs,
            job_feeds: Feeds::default(),
            list_feeds: Feeds::default(),
            turn: Mutex::new(()),
            shutdown: CancellationToken::new(),
        }
    }

    /// The job with this id, if there is one.
    pub(crate) async fn job(&self, id: &str, access: Access) -> Result<Option<Job>, ApiError> {
        self.jobs.get(id).await.map_err(|error| unavailable(&error, access))
    }

    pub(crate) async fn list(
        &self,
        query: &ListQuery,
        access: Access,
    ) -> Result<JobList, ApiError> {
        let jobs = self.jobs.list(&query.filter()).await;
        let jobs = jobs.map_err(|error| unavailable(&error, access))?;
        Ok(JobList::new(query, access, &jobs))
    }

    /// Subscribes to a job, from its present state to its end.
    pub(crate) fn subscribe(&self, job: &Job) -> BoxStream<'static, SseEvent> {
        self.job_feeds.get(&job.id).subscribe(|| {
            let watch = self.jobs.watch(&job.id);
            let id = job.id.clone();
            let seen = job.revision();
            (event(job), move |publisher| encode(id, seen, watch, publisher))
        })
    }

    /// Subscribes to a list. The stream has no end.
    pub(crate) async fn subscribe_list(
        self: &Arc<Self>,
        query: ListQuery,
        access: Access,
    ) -> Result<BoxStream<'static, SseEvent>, ApiError> {
        // Subscribes to changes before the list is read, so that no change is lost in between.
        let changes = self.jobs.changes();
        let list = self.list(&query, access).await?;
        let board = Arc::clone(self);
        let key = (query, access);
        Ok(self.list_feeds.get(&key).subscribe(|| {
            let first = list_event(&list);
            let (query, access) = key;
            let watched = WatchedList { board, query, access, published: list };
            (first, move |publisher| watched.encode(changes, publisher))
        }))
    }
}

/// Publishes the states of a job until it ends or nobody watches. The workers write ten times a
/// second at most, so that no other limit is needed.
async fn encode(id: String, mut seen: u64, mut watch: JobWatch, publisher: Publisher) {
    loop {
        tokio::select! {
            job = watch.next() => match job {
                Ok(job) if job.revision() == seen => {}
                Ok(job) => {
                    seen = job.revision();
                    publisher.publish(event(&job));
                    if job.state.is_terminal() {
                        return;
                    }
                }
                // It was removed.
                Err(_) => {
                    let bytes = gone(&id);
                    return publisher.publish(SseEvent { bytes, is_last: true });
                }
            },
            () = publisher.unwatched() => {
                if publisher.detach_if_unwatched() {
                    return;
                }
            }
        }
    }
}

/// A list that somebody watches.
struct WatchedList {
    board: Arc<Board>,
    query: ListQuery,
    access: Access,
    published: JobList,
}

impl WatchedList {
    /// Publishes lists until nobody watches.
    async fn encode(mut self, mut changes: JobChanges, publisher: Publisher) {
        let mut allowed = Instant::now();
        let mut is_stale = false;
        loop {
            tokio::select! {
                is_open = changes.next(), if !is_stale => {
                    if !is_open {
                        return;
                    }
                    is_stale = true;
                }
                () = sleep_until(allowed), if is_stale => {
                    is_stale = !self.publish(&publisher).await;
                    allowed = Instant::now() + INTERVAL;
                }
                () = publisher.unwatched() => {
                    if publisher.detach_if_unwatched() {
                        return;
                    }
                }
            }
        }
    }

    /// Reads the list, and publishes it if it has changed. Returns `false` if the database does not
    /// answer.
    async fn publish(&mut self, publisher: &Publisher) -> bool {
        let turn = self.board.turn.lock().await;
        let list = self.board.list(&self.query, self.access).await;
        drop(turn);
        let Ok(list) = list else { return false };
        if !list.has_same_jobs(&self.published) {
            publisher.publish(list_event(&list));
            self.published = list;
        }
        true
    }
}

fn event(job: &Job) -> SseEvent {
    let snapshot = JobSnapshot::new(job);
    let bytes = wire::state(&snapshot.run, snapshot.seq, &snapshot.to_json());
    SseEvent { bytes, is_last: snapshot.is_over }
}

fn list_event(list: &JobList) -> SseEvent {
    SseEvent { bytes: wire::event("runs", &list.to_json()), is_last: false }
}

/// The event for a job that does not exist, or no longer.
pub(crate) fn gone(id: &str) -> bytes::Bytes {
    wire::event("gone", &json!({ "run": id }).to_string())
}

/// The error for a database that does not answer. The cause is for those who may act, and not for
/// a page that may be public.
pub(crate) fn unavailable(error: &JobsError, access: Access) -> ApiError {
    let advice = "the database of the jobs does not answer; try again in a moment";
    let message = match access {
        Access::Full => format!("{advice} ({error})"),
        Access::ReadOnly => advice.to_owned(),
    };
    ApiError { status: StatusCode::SERVICE_UNAVAILABLE, message }
}
