//! Workflows in the browser: one line in an axum router, one tag in a page.
//!
//! ```
//! use axum::Router;
//! use progress_axum::Runs;
//! use progress_runtime::{Interrupted, Progress, workflow};
//!
//! workflow!(
//!     /// Imports what is new.
//!     async fn import(progress: Progress) -> Result<(), Interrupted> {
//!         #[step(3, "Fetching")]
//!         fetch(progress).await;
//!
//!         #[step(1, "Indexing")]
//!         index(progress).await;
//!
//!         Ok(())
//!     }
//! );
//! # async fn fetch(_progress: Progress) {}
//! # async fn index(_progress: Progress) {}
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let runs = Runs::new(); // the runs of this process
//! let app: Router = Router::new().merge(runs.router("/workflows")); // pages, JSON, events, cancel
//!
//! let (id, progress) = runs.start("Import"); // hand `progress` to any workflow
//! let work = tokio::spawn(import(progress));
//! # work.await.unwrap().unwrap();
//! # assert!(runs.get(&id).unwrap().status().is_terminal());
//! # }
//! ```
//!
//! `/workflows` is a page of all runs now, and `/workflows/view/ID` one of a single run. In a page of one's own a run is
//! a tag; its looks and its behaviour are described in [`element`]:
//!
//! ```html
//! <script type="module" src="/workflows/workflow-progress.js"></script>
//! <workflow-progress src="/workflows/runs/ID"></workflow-progress>
//! ```
//!
//! # Routes
//!
//! All of them below the base that [`Runs::router`] is given, with and without a slash at the end.
//!
//! | route | answer |
//! |---|---|
//! | `GET .` | a page of all runs, newest first |
//! | `GET view/{id}` | a page of one run |
//! | `GET runs` | the list as JSON: `{"v":1,"now":…,"read_only":false,"runs":[…]}`, newest first, 200 at most, then `more` |
//! | `GET runs/{id}` | the state of a run: [`Snapshot::to_json`](progress_runtime::Snapshot::to_json) |
//! | `GET runs/{id}/events` | the events of one run |
//! | `GET events?run=ID,ID&list` | the events of several runs, and of the list, in one stream |
//! | `POST runs/{id}/cancel` | tells a run to stop: 202, or 409 when it is over; refused to pages of other sites |
//! | `GET workflow-progress.js` | the element |
//!
//! An id that is not known gets 404. What is refused is said as `{"error":"…"}`.
//!
//! # Events
//!
//! An event stream is one of server-sent events, as the browser's `EventSource` reads them. Each event without a name
//! is a snapshot of a run: one at once, then the latest at most ten times a second, changes of state and the end at
//! once. Its `id` is the run's id and the snapshot's number, joined by a colon. When the last of its runs is over the
//! stream closes; an `EventSource` that comes back after that is told by 204 to stay away. Beside these there are
//! `runs` (the list), `gone` (an id that is not known), `alive` (each 15 seconds where nothing else is said) and `bye`
//! (the server stops).
//!
//! Each state is serialised once and shared by all who watch, and only while somebody does. A client that is slow
//! has one snapshot under way, and gets the latest when it has taken that one.
//!
//! # Authentication
//!
//! Whoever reaches the routes sees the runs and can cancel them; [`Runs::read_only`] makes routes without the cancel. Who may
//! reach them is for a layer of your own to say, which wraps this router as any other. Browsers send cookies and
//! HTTP authentication with each of these requests, the event streams too; no other header can be added to those.
//!
//! ```
//! use axum::extract::Request;
//! use axum::http::StatusCode;
//! use axum::http::header::COOKIE;
//! use axum::middleware::{Next, from_fn};
//! use axum::response::Response;
//! use axum::Router;
//! use progress_axum::Runs;
//!
//! async fn signed_in(request: Request, next: Next) -> Result<Response, StatusCode> {
//!     let cookies = request.headers().get(COOKIE).and_then(|cookies| cookies.to_str().ok());
//!     match cookies.is_some_and(is_of_a_session) {
//!         true => Ok(next.run(request).await),
//!         false => Err(StatusCode::UNAUTHORIZED),
//!     }
//! }
//! # fn is_of_a_session(_: &str) -> bool { true }
//!
//! let runs = Runs::new();
//! let app: Router = Router::new()
//!     .merge(runs.router("/workflows").layer(from_fn(signed_in)))
//!     .merge(runs.read_only().router("/status")); // for everybody
//! ```
//!
//! Put the forms of your own that start workflows behind [`refuse_cross_site`]; the cancel is. The ids that [`Runs::start`]
//! makes cannot be guessed, but the list names them.
//!
//! # Behind a prefix or a proxy
//!
//! The pages refer to everything by relative URLs, so that the router can be nested, and a proxy may take a prefix off:
//!
//! ```
//! use axum::Router;
//! use progress_axum::Runs;
//!
//! let runs = Runs::new();
//! let app: Router = Router::new().nest("/admin", runs.router("/workflows"));
//! ```
//!
//! A proxy is told by headers neither to buffer nor to compress the event streams. One that maps a path of another
//! name onto the base has to map it with its slash at the end (`/status/` onto `/workflows/`). Over HTTP/1.1 a browser
//! opens six connections to a server at most, for all of its tabs: serve HTTP/2 where many are open.
//!
//! # Shutdown
//!
//! A graceful shutdown waits for the requests at work, and an event stream is one that lasts. [`Runs::shutdown`] ends
//! them all:
//!
//! ```
//! use axum::Router;
//! use progress_axum::Runs;
//! use tokio::net::TcpListener;
//!
//! async fn serve(listener: TcpListener, app: Router, runs: Runs) -> std::io::Result<()> {
//!     let stop = async move {
//!         let _ = tokio::signal::ctrl_c().await;
//!         let live = runs.list();
//!         live.iter().for_each(|run| drop(run.cancel())); // or let them come to their end
//!         for run in live {
//!             run.ended().await;
//!         }
//!         runs.shutdown();
//!     };
//!     axum::serve(listener, app).with_graceful_shutdown(stop).await
//! }
//! # let _ = serve;
//! ```

#![warn(unreachable_pub)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod answer;
mod asset;
mod events;
mod feed;
mod list;
mod origin;
mod page;
mod registry;
mod router;
mod runs;
mod wire;

use std::sync::{Mutex, MutexGuard, PoisonError};

pub use origin::refuse_cross_site;
pub use runs::{Builder, ReadOnly, Runs};

#[doc = include_str!("element.md")]
pub mod element {}

/// What is behind these locks is whole between two statements, also where a thread has panicked.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
