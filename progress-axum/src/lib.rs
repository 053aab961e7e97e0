//! Shows workflows of [`progress_runtime`] in the browser: one line in an axum router, one tag in a
//! page.
//!
//! ```
//! use axum::Router;
//! use progress_axum::Runs;
//! use progress_runtime::{Interrupted, Progress, workflow};
//!
//! workflow!(
//!     /// Imports new records.
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
//! let (run, progress) = runs.start("Import"); // pass `progress` to any workflow
//! let task = tokio::spawn(import(progress));
//! # task.await.unwrap().unwrap();
//! # assert!(run.status().is_terminal());
//! # }
//! ```
//!
//! Now `/workflows` is a live page of all runs, and `/workflows/view/ID` a page of one run. To show
//! a run in your own page, add the element:
//!
//! ```html
//! <script type="module" src="/workflows/workflow-progress.js"></script>
//! <workflow-progress src="/workflows/runs/ID"></workflow-progress>
//! ```
//!
//! # Contents
//!
//! | you want to | see |
//! |---|---|
//! | start a run and show it | [`Runs::start`]; [`Runs::add`] for a run that you have configured |
//! | add the routes to an application | [`Runs::router`], [Routes](#routes) |
//! | show runs to visitors who must not cancel them | [`Runs::read_only`] |
//! | limit how many ended runs are kept | [`Runs::builder`] |
//! | protect your own forms from other sites | [`refuse_cross_site`] |
//! | restrict who sees the runs | [Authentication](#authentication) |
//! | style the element, or react to its events | [`element`] |
//! | read the events with your own client | [Events](#events) |
//! | nest the router, or run behind a proxy | [Behind a prefix or a proxy](#behind-a-prefix-or-a-proxy) |
//! | stop the server | [`Runs::shutdown`], [Shutdown](#shutdown) |
//! | show the jobs of a database, which other processes work on | `JobPages`, with the feature `jobs`, which needs Rust 1.94 |
//!
//! # Routes
//!
//! All routes are below the base that you pass to [`Runs::router`]. Each works with and without a
//! slash at the end.
//!
//! | route | response |
//! |---|---|
//! | `GET .` | a page of all runs, newest first |
//! | `GET view/{id}` | a page of one run |
//! | `GET runs` | the list as JSON: `{"v":1,"now":…,"read_only":false,"runs":[…]}`, newest first; at most 200 runs, and `more` counts the others |
//! | `GET runs/{id}` | the run's state: [`Snapshot::to_json`](progress_runtime::Snapshot::to_json) |
//! | `GET runs/{id}/events` | the events of one run |
//! | `GET events?run=ID,ID&list` | the events of several runs and of the list, in one stream |
//! | `POST runs/{id}/cancel` | cancels a run: 202, or 409 if it is over; pages of other sites get 403 |
//! | `GET workflow-progress.js` | the element |
//!
//! An unknown id gets 404. The body of an error is `{"error":"…"}`.
//!
//! # Events
//!
//! An event stream consists of server-sent events, as the browser's `EventSource` reads them.
//!
//! | event | data | sent |
//! |---|---|---|
//! | without a name | a snapshot of a run; the event's `id` is `RUN:SEQ` | at once, then at most ten times a second; status changes and the end without delay |
//! | `runs` | the list | at once, then at most once a second; status changes without delay |
//! | `gone` | `{"run":ID}` | at once, for an id that is not known |
//! | `alive` | `{}` | after 15 seconds without another event |
//! | `bye` | `{}` | when the server shuts down |
//!
//! The stream closes when its last run has ended. An `EventSource` that reconnects after that gets
//! 204, which stops it.
//!
//! The server serialises each state once for all clients, and only while a client watches. For a
//! slow client it keeps one snapshot in flight; the next one that it sends is the latest by then.
//!
//! # Authentication
//!
//! Everybody who reaches the routes can watch the runs and cancel them;
//! [`Runs::read_only`] creates routes without cancel. To restrict access, wrap the router in a
//! layer, as you would any other router. Browsers send cookies and HTTP authentication with each
//! of these requests, event streams included. They cannot add other headers to an event stream.
//!
//! ```
//! use axum::Router;
//! use axum::extract::Request;
//! use axum::http::StatusCode;
//! use axum::http::header::COOKIE;
//! use axum::middleware::{Next, from_fn};
//! use axum::response::Response;
//! use progress_axum::Runs;
//!
//! async fn require_session(request: Request, next: Next) -> Result<Response, StatusCode> {
//!     let cookies = request.headers().get(COOKIE).and_then(|cookies| cookies.to_str().ok());
//!     match cookies.is_some_and(has_session) {
//!         true => Ok(next.run(request).await),
//!         false => Err(StatusCode::UNAUTHORIZED),
//!     }
//! }
//! # fn has_session(_: &str) -> bool { true }
//!
//! let runs = Runs::new();
//! let app: Router = Router::new()
//!     .merge(runs.router("/workflows").layer(from_fn(require_session)))
//!     .merge(runs.read_only().router("/status")); // for everybody
//! ```
//!
//! Protect your own forms that start workflows with [`refuse_cross_site`]; the cancel route has it
//! already. Nobody can guess the ids that [`Runs::start`] generates, but the list contains them.
//!
//! # Behind a prefix or a proxy
//!
//! The pages use relative URLs only. So you can nest the router, and a proxy may strip a prefix:
//!
//! ```
//! use axum::Router;
//! use progress_axum::Runs;
//!
//! let runs = Runs::new();
//! let app: Router = Router::new().nest("/admin", runs.router("/workflows"));
//! ```
//!
//! Response headers tell proxies neither to buffer nor to compress the event streams. A proxy that
//! maps another path onto the base must map it with the slash at its end: `/status/` onto
//! `/workflows/`. Over HTTP/1.1 a browser opens at most six connections to a server, for all tabs
//! together; serve HTTP/2 if users open many.
//!
//! # Shutdown
//!
//! A graceful shutdown waits for open requests, and an event stream is one that stays open. Call
//! [`Runs::shutdown`] to end all streams:
//!
//! ```
//! use axum::Router;
//! use progress_axum::Runs;
//! use tokio::net::TcpListener;
//!
//! async fn serve(listener: TcpListener, app: Router, runs: Runs) -> std::io::Result<()> {
//!     let shutdown = async move {
//!         let _ = tokio::signal::ctrl_c().await;
//!         let live = runs.list();
//!         for run in &live {
//!             run.cancel(); // leave this out to let the runs complete
//!         }
//!         for run in &live {
//!             run.ended().await;
//!         }
//!         runs.shutdown();
//!     };
//!     axum::serve(listener, app).with_graceful_shutdown(shutdown).await
//! }
//! # let _ = serve;
//! ```

#![warn(unreachable_pub)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod access;
mod api;
mod asset;
mod event_stream;
mod feed;
#[cfg(feature = "jobs")]
mod jobs;
mod list_feed;
mod mount;
mod origin;
mod page;
mod registry;
mod router;
mod run_feed;
mod run_list;
mod runs;
mod sync;
mod throttle;
mod wire;

#[cfg(feature = "jobs")]
#[cfg_attr(docsrs, doc(cfg(feature = "jobs")))]
pub use jobs::JobPages;
pub use origin::refuse_cross_site;
pub use runs::{ReadOnly, Runs, RunsBuilder};

#[doc = include_str!("element.md")]
pub mod element {}
