//! Shows the workflow `process_new_scenes` in the browser: a form to start it on a folder, and the
//! latest runs, live.
//!
//! ```text
//! cargo run --release --example server -- [--port PORT] [ROOT]
//! ```
//!
//! [`folders`] defines which folders the form accepts; [`page`] renders the page.

#[path = "server/folders.rs"]
mod folders;
#[path = "process_new_scenes.rs"]
#[allow(dead_code, reason = "its `main` is for the terminal")]
mod job;
#[path = "server/page.rs"]
mod page;
#[cfg(test)]
#[path = "server/tests.rs"]
mod tests;

use std::io;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use axum::extract::{Form, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Router, serve};
use clap::Parser;
use progress_axum::{Runs, refuse_cross_site};
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio::task::spawn_blocking;
use tokio_util::task::TaskTracker;

use crate::folders::Root;
use crate::job::catalogue::{Analysts, Catalogue};
use crate::job::process_new_scenes;
use crate::page::Problem;

/// Catalogues folders, and shows the progress in the browser.
///
/// Each folder contains its catalogue. Ctrl-C cancels the runs, waits for their ends and exits; a
/// second Ctrl-C exits at once.
#[derive(Parser)]
struct Arguments {
    /// The folder to offer, with all folders below it
    #[arg(value_name = "ROOT", default_value = ".")]
    root: PathBuf,

    /// The port to listen on, for this machine only; 0 for any free port
    #[arg(long, default_value_t = 3000)]
    port: u16,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

async fn run(Arguments { root, port }: Arguments) -> Result<()> {
    let app = App::new(&root)?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.with_context(|| {
        format!("cannot listen on port {port}; --port 0 takes any that is free")
    })?;
    println!(
        "http://{}/ shows the runs below {}",
        listener.local_addr()?,
        app.root.path().display()
    );
    app.serve(listener, shutdown_signal()).await?;
    Ok(())
}

/// The state that the routes share.
#[derive(Clone)]
struct App {
    root: Root,
    runs: Runs,
    /// The running workflows. It is closed when the server shuts down.
    tasks: TaskTracker,
}

impl App {
    fn new(root: &Path) -> Result<Self> {
        Ok(Self { root: Root::new(root)?, runs: Runs::new(), tasks: TaskTracker::new() })
    }

    fn router(&self) -> Router {
        Router::new()
            .route("/", get(show))
            .route("/start", post(start))
            .route("/style.css", get(page::style))
            .merge(self.runs.router("/workflows"))
            .layer(from_fn(refuse_cross_site))
            .layer(from_fn(refuse_foreign_hosts))
            .with_state(self.clone())
    }

    /// Serves until `signal` completes, and then until all runs have ended.
    async fn serve(
        self,
        listener: TcpListener,
        signal: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()> {
        let router = self.router();
        let shutdown = async move {
            signal.await;
            self.cancel_runs().await;
        };
        serve(listener, router).with_graceful_shutdown(shutdown).await
    }

    /// Cancels the runs and waits for their ends, then closes the event streams that show them.
    async fn cancel_runs(&self) {
        self.tasks.close();
        for run in self.runs.list() {
            run.cancel();
        }
        self.tasks.wait().await;
        self.runs.shutdown();
    }
}

/// The fields of the form.
#[derive(Deserialize)]
struct StartForm {
    /// A path relative to the root.
    folder: String,
}

async fn show(State(app): State<App>) -> Response {
    page::page(&app, None).await
}

/// Starts the workflow on a folder, and redirects to the page.
async fn start(State(app): State<App>, Form(StartForm { folder }): Form<StartForm>) -> Response {
    let root = app.root.clone();
    let opened = spawn_blocking({
        let folder = folder.clone();
        move || {
            let path = root.folder(&folder)?;
            Catalogue::open(&path, None)
        }
    });
    let problem = match opened.await {
        Ok(Ok(_)) if app.tasks.is_closed() => "the server is shutting down".to_owned(),
        Ok(Ok(catalogue)) => {
            let name = if folder.is_empty() { "." } else { &folder };
            let (_, progress) = app.runs.start(format!("Process new scenes in {name}"));
            // Ignores the result: the run shows it.
            app.tasks.spawn(async move {
                process_new_scenes(&catalogue, &Analysts::default(), progress).await
            });
            return Redirect::to("./").into_response();
        }
        Ok(Err(error)) => format!("{error:#}"),
        Err(panic) => panic.to_string(),
    };
    let page = page::page(&app, Some(Problem { folder, message: problem })).await;
    (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
}

/// Refuses requests for another host name. It protects against DNS rebinding: a site may point its
/// name to this machine, and its pages could then read from this server.
async fn refuse_foreign_hosts(request: Request, next: Next) -> Response {
    let host =
        request.headers().get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    if !["127.0.0.1", "localhost"].contains(&name) {
        return (StatusCode::MISDIRECTED_REQUEST, "use 127.0.0.1 or localhost as the host name")
            .into_response();
    }
    next.run(request).await
}

/// Waits for Ctrl-C or SIGTERM. From then on, a second one exits at once.
async fn shutdown_signal() {
    interrupt().await;
    eprintln!("cancelling the runs and waiting for their ends; press Ctrl-C again to exit at once");
    #[expect(clippy::exit, reason = "the user asks twice to exit")]
    tokio::spawn(async {
        interrupt().await;
        std::process::exit(130);
    });
}

#[cfg(unix)]
async fn interrupt() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return drop(tokio::signal::ctrl_c().await);
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

#[cfg(not(unix))]
async fn interrupt() {
    drop(tokio::signal::ctrl_c().await);
}
