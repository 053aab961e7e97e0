//! The main job in the browser: a form that starts it on a folder, and below it all runs, live.
//!
//! ```text
//! cargo run --release --example server -- [--port PORT] [ROOT]
//! ```
//!
//! The workflow is that of `process_new_scenes`. Which folders it may be started on is said in [`folders`]; the page
//! is [`page`].

#[path = "server/folders.rs"]
mod folders;
#[path = "process_new_scenes.rs"]
#[allow(dead_code, reason = "its own `main` is for the terminal")]
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
use crate::job::catalogue::Catalogue;
use crate::job::process_new_scenes;
use crate::page::Problem;

/// Catalogues folders, and shows how far it is in the browser.
///
/// The catalogue of a folder lies in the folder. Ctrl-C cancels the runs, waits for them and exits; a second one exits
/// at once.
#[derive(Parser)]
struct Arguments {
    /// The folder that the job may be started on, and each below it
    #[arg(value_name = "ROOT", default_value = ".")]
    root: PathBuf,

    /// Where to listen, on this machine alone; 0 for any free port
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
    let site = Site::new(&root)?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.with_context(|| {
        format!("cannot listen on port {port}; --port 0 takes any that is free")
    })?;
    println!(
        "http://{}/ shows the runs below {}",
        listener.local_addr()?,
        site.root.path().display()
    );
    site.serve(listener, told_to_stop()).await?;
    Ok(())
}

/// What the routes share.
#[derive(Clone)]
struct Site {
    root: Root,
    runs: Runs,
    /// The workflows at work. It is closed when the server stops.
    tasks: TaskTracker,
}

impl Site {
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
            .layer(from_fn(refuse_other_names))
            .with_state(self.clone())
    }

    /// Serves until it is told to stop, and then until the runs have stopped.
    async fn serve(
        self,
        listener: TcpListener,
        told: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()> {
        let router = self.router();
        let stopped = async move {
            told.await;
            self.stop().await;
        };
        serve(listener, router).with_graceful_shutdown(stopped).await
    }

    /// Cancels the runs and waits for their ends, which the pages still show.
    async fn stop(&self) {
        self.tasks.close();
        for run in self.runs.list() {
            run.cancel();
        }
        self.tasks.wait().await;
        self.runs.shutdown();
    }
}

/// What the form says.
#[derive(Deserialize)]
struct Order {
    /// A path below the root.
    folder: String,
}

async fn show(State(site): State<Site>) -> Response {
    page::page(&site, None).await
}

/// Starts the job on a folder, and shows the page again.
async fn start(State(site): State<Site>, Form(Order { folder }): Form<Order>) -> Response {
    let root = site.root.clone();
    let opened = spawn_blocking({
        let folder = folder.clone();
        move || {
            let path = root.folder(&folder)?;
            Catalogue::open(&path, None)
        }
    });
    let problem = match opened.await {
        Ok(Ok(_)) if site.tasks.is_closed() => "the server is about to stop".to_owned(),
        Ok(Ok(catalogue)) => {
            let name = if folder.is_empty() { "." } else { &folder };
            let (_, progress) = site.runs.start(format!("Process new scenes in {name}"));
            // What becomes of it is what the run shows.
            site.tasks.spawn(async move { process_new_scenes(&catalogue, progress).await });
            return Redirect::to("./").into_response();
        }
        Ok(Err(error)) => format!("{error:#}"),
        Err(panic) => panic.to_string(),
    };
    let page = page::page(&site, Some(Problem { folder, text: problem })).await;
    (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
}

/// Refuses what was asked of this machine under a name that is not its own: the page of another site may have its name
/// lead here.
async fn refuse_other_names(request: Request, next: Next) -> Response {
    let host =
        request.headers().get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    if !["127.0.0.1", "localhost"].contains(&name) {
        return (StatusCode::MISDIRECTED_REQUEST, "ask for 127.0.0.1 or localhost").into_response();
    }
    next.run(request).await
}

/// Waits for Ctrl-C or SIGTERM. From then on a second Ctrl-C leaves at once.
async fn told_to_stop() {
    interrupted().await;
    eprintln!("cancelling the runs, and waiting for them; Ctrl-C again leaves at once");
    #[expect(clippy::exit, reason = "the user asks twice to leave")]
    tokio::spawn(async {
        interrupted().await;
        std::process::exit(130);
    });
}

#[cfg(unix)]
async fn interrupted() {
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
async fn interrupted() {
    drop(tokio::signal::ctrl_c().await);
}
