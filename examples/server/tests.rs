//! Tests the server over HTTP. The tests of the element cover the browser.

use std::fs;
use std::future::pending;
use std::net::SocketAddr;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{HeaderMap, LOCATION};
use axum::http::{Request, StatusCode};
use progress_runtime::{Interrupted, Progress, RunStatus, workflow};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tower::ServiceExt;

use crate::App;
use crate::job::catalogue::Catalogue;

/// A server for a root that contains a few folders, a file, and links into and out of the root.
struct TestServer {
    _outer: TempDir,
    app: App,
    router: Router,
}

impl TestServer {
    fn new() -> Self {
        let outer = tempfile::tempdir().unwrap();
        let root = outer.path().join("root");
        for folder in ["root/photos/2024", "root/notes", "root/.hidden", "outside"] {
            fs::create_dir_all(outer.path().join(folder)).unwrap();
        }
        for number in 0..20 {
            let file = root.join(format!("photos/2024/{number}.txt"));
            fs::write(file, format!("scene {number}")).unwrap();
        }
        fs::write(root.join("<b>.txt"), "a file").unwrap();
        #[cfg(unix)]
        for (link, target) in [("out", "outside"), ("in", "root/notes")] {
            std::os::unix::fs::symlink(outer.path().join(target), root.join(link)).unwrap();
        }
        let app = App::new(&root).unwrap();
        let router = app.router();
        Self { _outer: outer, app, router }
    }

    async fn send(&self, request: Request<Body>) -> (StatusCode, HeaderMap, String) {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        (head.status, head.headers, String::from_utf8(body.to_vec()).unwrap())
    }

    async fn page(&self) -> String {
        let page = Request::get("/").header("host", "localhost:3000").body(Body::empty());
        let (status, _, html) = self.send(page.unwrap()).await;
        assert_eq!(status, StatusCode::OK);
        html
    }

    /// Sends the form, and returns the status and the problem that the page shows.
    async fn start(&self, folder: &str) -> (StatusCode, String) {
        let (status, headers, html) = self.send(form(folder)).await;
        if status == StatusCode::SEE_OTHER {
            assert_eq!(headers[LOCATION], "./");
            return (status, String::new());
        }
        let problem = html.split("<p id=\"problem\" role=\"alert\">").nth(1).unwrap();
        (status, problem.split("</p>").next().unwrap().to_owned())
    }
}

/// The form as a browser sends it.
fn form(folder: &str) -> Request<Body> {
    let escaped: String = folder.bytes().map(|byte| format!("%{byte:02X}")).collect();
    Request::post("/start")
        .header("host", "localhost:3000")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "same-origin")
        .body(Body::from(format!("folder={escaped}")))
        .unwrap()
}

#[tokio::test]
async fn the_form_starts_the_job_and_the_page_shows_its_run() {
    let server = TestServer::new();
    assert!(server.page().await.contains("No run yet."));
    assert_eq!(server.start("photos/2024").await.0, StatusCode::SEE_OTHER);
    let [run] = &server.app.runs.list()[..] else { panic!("there is one run") };
    assert_eq!(run.snapshot().title, "Process new scenes in photos/2024");
    let tag = format!("<workflow-progress src=\"workflows/runs/{}\">", run.id());
    assert!(server.page().await.contains(&tag));
    let report = run.ended().await;
    assert_eq!(report.status(), RunStatus::Completed, "{:?}", report.errors);
    let state = Request::get(format!("/workflows/runs/{}", run.id()));
    let state = state.header("host", "127.0.0.1:3000").body(Body::empty()).unwrap();
    assert!(server.send(state).await.2.contains("\"progress\":10000"));
}

#[tokio::test]
async fn an_empty_folder_is_the_root_and_links_that_stay_inside_are_followed() {
    let server = TestServer::new();
    for folder in ["", "./photos/", "in"] {
        assert_eq!(server.start(folder).await.0, StatusCode::SEE_OTHER, "{folder}");
    }
    for run in server.app.runs.list() {
        assert_eq!(run.ended().await.status(), RunStatus::Completed, "{}", run.snapshot().title);
    }
}

#[tokio::test]
async fn paths_that_leave_the_root_are_refused_with_the_reason() {
    let server = TestServer::new();
    for (folder, reason) in [
        ("..", ".. has a `..` in it: name a folder below the root"),
        ("photos/../../outside", "has a `..` in it"),
        ("/etc", "/etc is absolute: name a folder relative to the root"),
        ("out", "out is a link that leads out of the root"),
        ("out/../photos", "has a `..` in it"),
        ("nowhere", "there is no folder nowhere below the root"),
        ("photos\0", "there is no folder"),
        ("<b>.txt", "&lt;b&gt;.txt is not a folder"),
        ("<img src=x>", "there is no folder &lt;img src=x&gt; below the root"),
    ] {
        let (status, problem) = server.start(folder).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{folder}");
        assert!(problem.contains(reason), "{folder}: {problem}");
    }
    assert!(server.app.runs.list().is_empty());
}

#[tokio::test]
async fn two_runs_on_one_folder_do_not_share_its_catalogue() {
    let server = TestServer::new();
    let folder = server.app.root.folder("notes").unwrap();
    let used = Catalogue::open(&folder, None).unwrap();
    let (status, problem) = server.start("notes").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(problem.ends_with("another run is using it"), "{problem}");
    drop(used);
    assert_eq!(server.start("notes").await.0, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn other_sites_can_neither_start_runs_nor_read() {
    let server = TestServer::new();
    for (name, value) in [("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site")] {
        let mut request = form("notes");
        request.headers_mut().insert(name, value.parse().unwrap());
        assert_eq!(server.send(request).await.0, StatusCode::FORBIDDEN);
    }
    let mut request = form("notes");
    request.headers_mut().insert("host", "rebound.example:3000".parse().unwrap());
    assert_eq!(server.send(request).await.0, StatusCode::MISDIRECTED_REQUEST);
    assert!(server.app.runs.list().is_empty());
}

#[tokio::test]
async fn the_page_shows_folders_to_choose_from_and_lets_nothing_in() {
    let server = TestServer::new();
    let html = server.page().await;
    assert!(html.contains("<option>notes</option><option>photos</option>"), "{html}");
    assert!(!html.contains(".hidden"));
    let page = Request::get("/").header("host", "localhost").body(Body::empty()).unwrap();
    let (_, headers, _) = server.send(page).await;
    let policy = headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"));
    let style = Request::get("/style.css").header("host", "localhost").body(Body::empty());
    assert_eq!(server.send(style.unwrap()).await.0, StatusCode::OK);
}

workflow!(
    async fn waits(progress: Progress) -> Result<(), Interrupted> {
        #[step(1, "Waiting")]
        #[untracked]
        pending::<()>().await;

        Ok(())
    }
);

#[tokio::test]
async fn a_shutdown_cancels_the_runs_and_waits_for_them_only() {
    let server = TestServer::new();
    let (run, progress) = server.app.runs.start("Waiting");
    server.app.tasks.spawn(waits(progress));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let served = tokio::spawn(server.app.clone().serve(listener, async { drop(stopped.await) }));
    let mut stream = open(address, &format!("/workflows/runs/{}/events", run.id())).await;
    stop.send(()).unwrap();
    served.await.unwrap().unwrap();
    assert_eq!(run.status(), RunStatus::Cancelled);
    let mut events = String::new();
    stream.read_to_string(&mut events).await.unwrap();
    assert!(
        events.contains("\"status\":\"cancelled\"") && events.contains("event: bye"),
        "{events}"
    );
    assert_eq!(server.start("notes").await.1, "the server is shutting down");
}

/// Opens an event stream over a socket, and waits for its first byte.
async fn open(address: SocketAddr, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut begin = [0];
    stream.read_exact(&mut begin).await.unwrap();
    stream
}
