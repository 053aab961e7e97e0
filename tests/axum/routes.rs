//! Each route answers, wherever the router is mounted.

use axum::Router;
use axum::extract::State;
use axum::http::{Method, StatusCode};
use axum::routing::get as on_get;
use progress_axum::Runs;
use progress_runtime::Run;
use serde_json::Value;

use crate::client::{events, get, request, send};
use crate::work::Work;

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const JSON: &str = "application/json";

#[tokio::test]
async fn every_route_answers_with_and_without_a_trailing_slash() {
    let runs = Runs::new();
    let app = Router::new().merge(runs.router("/workflows"));
    let work = Work::start(&runs, "Import").await;
    let id = work.run.id().to_owned();
    work.finish().await;
    for (path, kind) in [
        (String::new(), HTML),
        (format!("/view/{id}"), HTML),
        ("/workflow-progress.js".to_owned(), SCRIPT),
        ("/page.js".to_owned(), SCRIPT),
        ("/page.css".to_owned(), STYLE),
        ("/runs".to_owned(), JSON),
        (format!("/runs/{id}"), JSON),
        (format!("/runs/{id}/events"), "text/event-stream"),
    ] {
        for path in [format!("/workflows{path}"), format!("/workflows{path}/")] {
            let answer = get(&app, &path).await;
            assert_eq!(answer.status, StatusCode::OK, "{path}");
            assert_eq!(answer.header("content-type"), kind, "{path}");
            assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
            assert!(!answer.body.is_empty(), "{path}");
        }
    }
    for path in [format!("/events?run={id}"), format!("/events/?run={id}")] {
        let events = events(&app, &format!("/workflows{path}")).await.rest().await;
        assert_eq!(events[0].snapshot().run, id);
    }
}

#[tokio::test]
async fn the_links_of_a_page_work_wherever_the_router_is_mounted() {
    let runs = Runs::new();
    let (run, _progress) = runs.start("Import");
    let id = run.id();
    let app = Router::new()
        .merge(runs.router("/workflows"))
        .merge(runs.router("/a/b/c/"))
        .merge(runs.router("/t/{tenant}/workflows"))
        .nest("/admin", runs.router("/workflows"))
        .nest("/bare", runs.router("/"));
    let root = Router::new().merge(runs.router(""));
    for (app, base, slashes) in [
        (&app, "/workflows", &["", "/"][..]),
        (&app, "/a/b/c", &["", "/"]),
        (&app, "/t/one/workflows", &["", "/"]),
        (&app, "/admin/workflows", &["", "/"]),
        (&app, "/bare", &[""]), // axum nests no path with a trailing slash
        (&root, "", &["/"]),
    ] {
        let list = slashes.iter().map(|slash| format!("{base}{slash}"));
        let view = ["", "/"].map(|slash| format!("{base}/view/{id}{slash}"));
        for page in list.chain(view) {
            let answer = get(app, &page).await;
            assert_eq!(answer.status, StatusCode::OK, "{page}");
            let links = links(&answer.body);
            assert!(links.len() >= 3, "{page}: {links:?}");
            for link in links {
                let target = resolved(&page, &link);
                let target = if base == "/bare" { target.trim_end_matches('/') } else { &target };
                let answer = get(app, target).await;
                assert_eq!(answer.status, StatusCode::OK, "{page} has {link}: {target}");
            }
        }
    }
}

/// The URLs in a page without `data:` URLs, and a route below the base that its script uses.
fn links(html: &str) -> Vec<String> {
    let attribute = |name: &str| {
        let open = format!("{name}=\"");
        let values = html.split(&open).skip(1);
        values.map(|rest| rest.split('"').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let bases = attribute("data-base").into_iter().map(|base| format!("{base}/runs"));
    let links = attribute(" href").into_iter().chain(attribute(" src")).chain(bases);
    links.filter(|link| !link.starts_with("data:")).collect()
}

/// The target of a relative URL in a page.
fn resolved(page: &str, link: &str) -> String {
    assert!(!link.starts_with('/') && !link.contains("://"), "{link} is not relative");
    let mut parts: Vec<_> = page.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            "." => {}
            ".." => assert!(parts.pop().is_some_and(|part| !part.is_empty()), "{link}"),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[tokio::test]
async fn the_router_merges_into_an_application_of_any_state() {
    #[derive(Clone)]
    struct Name(&'static str);
    let runs = Runs::new();
    let app = Router::new()
        .route("/", on_get(async |State(name): State<Name>| name.0))
        .merge(runs.router("/workflows"))
        .merge(runs.read_only().router("/status"))
        .fallback(async || (StatusCode::NOT_FOUND, "the application's own"))
        .with_state(Name("its state"));
    assert_eq!(get(&app, "/").await.body, "its state");
    assert_eq!(get(&app, "/workflows").await.status, StatusCode::OK);
    assert_eq!(get(&app, "/status/").await.status, StatusCode::OK);
    assert_eq!(get(&app, "/workflows/other").await.body, "the application's own");
}

#[tokio::test]
async fn a_page_loads_only_its_own_files_and_shows_titles_as_text() {
    let runs = Runs::new();
    let app = Router::new().merge(runs.router("/workflows"));
    let (run, _progress) = runs.start("<img src=x onerror=alert(1)>\"&'");
    let id = run.id();
    for path in ["/workflows", &format!("/workflows/view/{id}"), "/workflows/view/nobody"] {
        let page = get(&app, path).await;
        let policy: Vec<_> = page.header("content-security-policy").split("; ").collect();
        assert_eq!(
            policy,
            [
                "default-src 'none'",
                "script-src 'self'",
                "style-src 'self'",
                "connect-src 'self'",
                "img-src data:",
                "base-uri 'none'",
                "form-action 'none'",
                "frame-ancestors 'self'",
            ]
        );
        assert_eq!(page.header("referrer-policy"), "same-origin");
        assert!(!page.body.contains("<img src=x"), "{path}");
        assert!(!page.body.contains("style="), "{path}");
        let scripts = page.body.matches("<script").count();
        assert_eq!(page.body.matches("></script>").count(), scripts, "{path} has a script inline");
    }
    let page = get(&app, &format!("/workflows/view/{id}")).await;
    assert!(page.body.contains("&lt;img src=x onerror=alert(1)&gt;&quot;&amp;&#39;"));
}

#[tokio::test]
async fn an_unchanged_file_is_not_sent_again() {
    let runs = Runs::new();
    let app: Router = runs.router("/workflows");
    for file in ["workflow-progress.js", "page.js", "page.css"] {
        let path = format!("/workflows/{file}");
        let sent = get(&app, &path).await;
        assert_eq!(sent.header("cache-control"), "no-cache");
        let tag = sent.header("etag");
        for (asked, status) in [
            (tag, StatusCode::NOT_MODIFIED),
            (&format!("\"other\", W/{tag}"), StatusCode::NOT_MODIFIED),
            ("\"other\"", StatusCode::OK),
        ] {
            let asked = request(Method::GET, &path, &[("if-none-match", asked)]);
            let answer = send(&app, asked).await;
            assert_eq!(answer.status, status, "{file}");
            assert_eq!(answer.body.is_empty(), status == StatusCode::NOT_MODIFIED);
            assert_eq!(answer.header("etag"), tag);
        }
    }
}

#[tokio::test]
async fn a_run_is_served_as_its_snapshot() {
    let runs = Runs::new();
    let app: Router = runs.router("/workflows");
    let work = Work::start(&runs, "Import").await;
    let path = format!("/workflows/runs/{}", work.run.id());
    let answer = get(&app, &path).await;
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.json()["v"], 1);
    assert_eq!(answer.json()["status"], "running");
    assert_eq!(answer.json()["steps"][0]["title"], "First");
    let run = work.run.clone();
    work.finish().await;
    assert_eq!(get(&app, &path).await.body, run.snapshot().to_json());
}

#[tokio::test]
async fn an_unknown_run_is_an_error_that_names_the_remedy() {
    let runs = Runs::new();
    let app: Router = runs.router("/workflows");
    for path in ["/workflows/runs/nobody", "/workflows/runs/nobody/events"] {
        let answer = get(&app, path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        assert!(answer.error().starts_with("there is no run \"nobody\" here: "), "{path}");
    }
    let answer = get(&app, "/workflows/events").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(answer.error().contains("events?run=ID"));
    let page = get(&app, "/workflows/view/nobody").await;
    assert_eq!((page.status, page.header("content-type")), (StatusCode::NOT_FOUND, HTML));
}

#[tokio::test]
async fn an_id_may_have_any_characters() {
    const ID: &str = "nightly/7, é:\n<&?#%";
    const WRITTEN: &str = "nightly%2F7%2C%20%C3%A9%3A%0A%3C%26%3F%23%25";
    let runs = Runs::new();
    let app: Router = runs.router("/workflows");
    let (run, progress) = Run::builder("Nightly").id(ID).start();
    runs.add(run);
    progress.finish();
    let snapshot = get(&app, &format!("/workflows/runs/{WRITTEN}")).await.json();
    assert_eq!(snapshot["run"], ID);
    let view = get(&app, &format!("/workflows/view/{WRITTEN}")).await;
    assert!(view.body.contains(&format!("../runs/{WRITTEN}\"")), "{}", view.body);
    let events = events(&app, &format!("/workflows/events?run=nobody,{WRITTEN}")).await;
    let events = events.rest().await;
    assert!(events[0].is_named("gone"));
    assert_eq!(events[1].snapshot().run, ID);
    let id = events[1].id.clone().unwrap();
    assert!(id.starts_with(&format!("{WRITTEN}:")));
    let again = request(
        Method::GET,
        &format!("/workflows/runs/{WRITTEN}/events"),
        &[("last-event-id", &id)],
    );
    assert_eq!(send(&app, again).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn the_list_has_the_newest_first_and_two_hundred_at_most() {
    let runs = Runs::new();
    let app: Router = runs.router("/workflows");
    let list = async || get(&app, "/workflows/runs").await.json();
    assert_eq!(list().await["runs"], Value::Array(Vec::new()));
    let kept: Vec<_> = (0..203).map(|number| runs.start(format!("Run {number}"))).collect();
    let shown = list().await;
    assert_eq!(shown["runs"].as_array().unwrap().len(), 200);
    assert_eq!(shown["runs"][0]["title"], "Run 202");
    assert_eq!(shown["runs"][0]["run"], *kept[202].0.id());
    assert_eq!(shown["runs"][199]["title"], "Run 3");
    assert_eq!(shown["more"], 3);
    assert_eq!(runs.list().len(), 203);
}

#[tokio::test]
async fn the_list_describes_each_run() {
    let runs = Runs::new();
    let app: Router = runs.router("/workflows");
    let work = Work::start(&runs, "Import").await;
    let listed = async || get(&app, "/workflows/runs").await.json();
    let list = listed().await;
    assert_eq!((&list["v"], &list["read_only"]), (&Value::from(1), &Value::from(false)));
    assert!(list["now"].as_u64().unwrap() >= list["runs"][0]["started"].as_u64().unwrap());
    let run = &list["runs"][0];
    assert_eq!(run["run"], work.run.id());
    assert_eq!(run["title"], "Import");
    assert_eq!(run["workflow"], "two_steps");
    assert_eq!(run["status"], "running");
    assert_eq!(run["cancellable"], true);
    assert_eq!(run["ended"], Value::Null);
    assert_eq!(run["errors"], 0);
    work.finish().await;
    let run = &listed().await["runs"][0];
    assert_eq!((&run["status"], &run["progress"]), (&"completed".into(), &10_000.into()));
    assert!(run["ended"].is_u64());
}

#[tokio::test]
async fn a_method_that_a_route_does_not_have_is_refused() {
    let runs = Runs::new();
    let app: Router = runs.router("/workflows");
    let (run, _progress) = runs.start("Import");
    let cancel = format!("/workflows/runs/{}/cancel", run.id());
    let answer = get(&app, &cancel).await;
    assert_eq!((answer.status, answer.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, "POST"));
    let put = send(&app, request(Method::PUT, "/workflows/runs", &[])).await;
    assert_eq!(put.status, StatusCode::METHOD_NOT_ALLOWED);
    let head = send(&app, request(Method::HEAD, "/workflows/runs", &[])).await;
    assert_eq!((head.status, &*head.body), (StatusCode::OK, ""));
}
