//! Runs the four tools as processes, against a server in this one.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};
use std::thread;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tokio::net::TcpListener;

/// A server of a folder, which stops with the process of the test.
struct Server {
    folder: TempDir,
    address: SocketAddr,
    requests: Arc<Requests>,
}

/// What was asked for: the method, the path, and the range.
type Requests = Mutex<Vec<(Method, String, Option<String>)>>;

impl Server {
    /// Serves these files.
    fn start(files: &[(&str, &[u8])]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (path, content) in files {
            write(&folder.path().join(path), content);
        }
        let requests: Arc<Requests> = Arc::default();
        let state = (folder.path().to_owned(), Arc::clone(&requests));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let app = Router::new().fallback(serve).with_state(state);
        thread::spawn(move || runtime.block_on(axum::serve(listener, app).into_future()));
        Self { folder, address, requests }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    /// The files that were fetched, in their order, and with the range that was asked for.
    fn fetched(&self) -> Vec<(String, Option<String>)> {
        let requests = std::mem::take(&mut *self.requests.lock().unwrap());
        let fetched = requests.into_iter().filter(|(method, ..)| method == Method::GET);
        let mut fetched: Vec<_> = fetched.map(|(_, path, range)| (path, range)).collect();
        fetched.sort();
        fetched
    }
}

async fn serve(
    State((folder, requests)): State<(PathBuf, Arc<Requests>)>,
    request: Request,
) -> Response {
    let range = request.headers().get(header::RANGE).and_then(|range| range.to_str().ok());
    let path = request.uri().path().trim_start_matches('/').to_owned();
    let range = range.map(str::to_owned);
    requests.lock().unwrap().push((request.method().clone(), path.clone(), range.clone()));
    let Ok(content) = fs::read(folder.join(&path)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let kind = if path.ends_with(".html") { "text/html" } else { "application/octet-stream" };
    let tag = format!("\"{}\"", blake3::hash(&content).to_hex());
    let from =
        range.and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok());
    let (status, content) = match from {
        Some(from) => (StatusCode::PARTIAL_CONTENT, content[from..].to_vec()),
        None => (StatusCode::OK, content),
    };
    let headers = [(header::CONTENT_TYPE, kind.to_owned()), (header::ETAG, tag)];
    (status, headers, Body::from(content)).into_response()
}

fn write(path: &Path, content: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

fn sha256(content: &[u8]) -> String {
    Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A content that no other seed has.
fn content(seed: u8, length: usize) -> Vec<u8> {
    let mut content = vec![0; length];
    blake3::Hasher::new().update(&[seed]).finalize_xof().fill(&mut content);
    content
}

/// Runs a tool, which cargo builds with the tests of this package.
fn run(tool: &str, arguments: &[&str]) -> Output {
    let test = std::env::current_exe().unwrap();
    let built = test.ancestors().nth(2).unwrap().join("examples").join(tool);
    assert!(
        built.with_extension(std::env::consts::EXE_EXTENSION).exists(),
        "there is no {}: run `cargo test -p progress-examples`, which builds it",
        built.display()
    );
    let mut command = Command::new(built);
    command.args(arguments).env("PROGRESS", "plain").env_remove("CI").env_remove("GITHUB_ACTIONS");
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The last line of the progress.
fn last_line(output: &Output) -> String {
    text(&output.stderr).lines().last().unwrap_or_default().to_owned()
}

fn succeeded(output: &Output) -> String {
    assert!(output.status.success(), "{}\n{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

#[test]
fn duplicates_are_found_by_their_content() {
    let folder = tempfile::tempdir().unwrap();
    let (large, twin) = (content(1, 300_000), content(2, 300_000));
    let mut late = large.clone();
    late[299_999] ^= 1;
    let files = [
        ("a/first", &large),
        ("b/second", &large),
        ("c/same-size", &twin),
        ("d/same-beginning", &late),
        ("e/small", &content(3, 10)),
        ("f/small", &content(3, 10)),
        ("g/empty", &Vec::new()),
        ("h/empty", &Vec::new()),
    ];
    for (path, content) in files {
        write(&folder.path().join(path), content);
    }
    let output = run("duplicates", &[folder.path().to_str().unwrap()]);
    let path = |path| folder.path().join(path).display().to_string();
    assert_eq!(
        succeeded(&output).lines().collect::<Vec<_>>(),
        [
            "300000 bytes, 2 times:",
            &format!("  {}", path("a/first")),
            &format!("  {}", path("b/second")),
            "10 bytes, 2 times:",
            &format!("  {}", path("e/small")),
            &format!("  {}", path("f/small")),
        ]
    );
    let last = last_line(&output);
    assert!(last.contains("100.00% 3/3 Find duplicates · completed in "), "{last}");
}

#[test]
fn a_download_goes_on_with_the_part_that_it_has() {
    let (large, small) = (content(1, 400_000), content(2, 5_000));
    let server = Server::start(&[("large.bin", &large), ("files/small.bin", &small)]);
    let into = tempfile::tempdir().unwrap();
    let tag = format!("\"{}\"", blake3::hash(&large).to_hex());
    let version = blake3::hash(tag.as_bytes()).to_hex();
    let part = into.path().join(format!("large.bin.{}.part", &version[..8]));
    write(&part, &large[..150_000]);

    let urls = [server.url("large.bin"), server.url("files/small.bin"), server.url("missing")];
    let download = |urls: &[&str]| {
        run("download", &[&["--into", into.path().to_str().unwrap()], urls].concat())
    };
    let output = download(&[&urls[0], &urls[1]]);
    assert_eq!(succeeded(&output), "");
    assert_eq!(
        server.fetched(),
        [
            ("files/small.bin".to_owned(), None),
            ("large.bin".to_owned(), Some("bytes=150000-".to_owned())),
        ]
    );
    assert_eq!(fs::read(into.path().join("large.bin")).unwrap(), large);
    assert_eq!(fs::read(into.path().join("small.bin")).unwrap(), small);
    assert!(!part.exists());
    let last = last_line(&output);
    assert!(
        last.contains("100.00% Download · completed in ") && last.ends_with(": 2 of 2 files"),
        "{last}"
    );

    // A part of another version is left alone.
    let other = into.path().join("large.bin.00000000.part");
    write(&other, &small);
    let output = download(&[&urls[0], &urls[2]]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(server.fetched(), [("large.bin".to_owned(), None), ("missing".to_owned(), None)]);
    assert_eq!(fs::read(into.path().join("large.bin")).unwrap(), large);
    assert!(other.exists());
    let shown = text(&output.stderr);
    assert!(shown.contains("missing: http status: 404"), "{shown}");
    assert!(last_line(&output).contains("completed with errors in "), "{shown}");
    assert!(last_line(&output).ends_with(", 1 error: 1 of 2 files"), "{shown}");
}

#[test]
fn a_mirror_fetches_what_differs_and_removes_what_is_gone() {
    let files = [("a.txt", content(1, 90_000)), ("deep/er/b.bin", content(2, 200_000))];
    let line = |(path, content): &(&str, Vec<u8>)| format!("{}  {path}\n", sha256(content));
    let sums: String = files.iter().map(line).collect();
    let [(_, a), (_, b)] = &files;
    let server =
        Server::start(&[("m/a.txt", a), ("m/deep/er/b.bin", b), ("m/SHA256SUMS", sums.as_bytes())]);
    let copy = tempfile::tempdir().unwrap();
    write(&copy.path().join("deep/er/b.bin"), b"old");
    write(&copy.path().join("gone.txt"), b"gone");
    let mirror = || run("mirror", &[&server.url("m/"), copy.path().to_str().unwrap()]);

    let output = mirror();
    assert_eq!(succeeded(&output), "2 files fetched\n");
    for (path, content) in &files {
        assert_eq!(&fs::read(copy.path().join(path)).unwrap(), content);
    }
    assert!(!copy.path().join("gone.txt").exists());
    assert_eq!(server.fetched().len(), 3);

    let output = mirror();
    assert_eq!(succeeded(&output), "0 files fetched\n");
    assert_eq!(server.fetched(), [("m/SHA256SUMS".to_owned(), None)]);
    let shown = text(&output.stderr);
    assert!(
        shown.contains("the copy is up to date") && shown.contains("nothing to remove"),
        "{shown}"
    );

    let file = server.folder.path().join("m/SHA256SUMS");
    write(&file, format!("{}  ../outside\n", sha256(b"")).as_bytes());
    let output = mirror();
    assert!(!output.status.success());
    assert!(text(&output.stderr).contains("../outside is outside of the folder"));
}

#[test]
fn broken_links_are_found_on_all_pages() {
    let page = |links: &[&str]| -> Vec<u8> {
        links.iter().map(|link| format!("<a href=\"{link}\">x</a>")).collect::<String>().into()
    };
    let other = Server::start(&[("there.html", b"")]);
    let (there, nowhere) = (other.url("there.html"), other.url("nowhere"));
    let server = Server::start(&[
        ("index.html", &page(&["a.html", "a.html#part", "deep/b.html", "mailto:someone", &there])),
        ("a.html", &page(&["index.html", "missing.html"])),
        ("deep/b.html", &page(&["../a.html", "c.html", &nowhere])),
        ("deep/c.html", &page(&[])),
    ]);
    let output = run("links", &[&server.url("index.html")]);
    assert_eq!(output.status.code(), Some(1));
    let mut lines: Vec<_> = text(&output.stdout).lines().map(str::to_owned).collect();
    lines.sort();
    let mut wanted = [
        format!("{}: http status: 404, on {}", server.url("missing.html"), server.url("a.html")),
        format!("{nowhere}: http status: 404, on {}", server.url("deep/b.html")),
    ];
    wanted.sort();
    assert_eq!(lines, wanted);
    assert!(last_line(&output).contains("100.00% Check links · completed with errors in "));
    assert!(last_line(&output).ends_with(", 2 errors"), "{output:?}");
    let fetched: Vec<_> = server.fetched().into_iter().map(|(path, _)| path).collect();
    let pages = ["a.html", "deep/b.html", "deep/c.html", "index.html", "missing.html"];
    assert_eq!(fetched, pages);
    assert_eq!(other.fetched(), []);

    let output = run("links", &[&server.url("deep/c.html")]);
    assert_eq!(succeeded(&output), "");
    assert!(last_line(&output).contains("100.00% Check links · completed in "), "{output:?}");
}
