//! A run can be cancelled over HTTP, but neither by pages of other sites nor through read-only
//! routes.

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::from_fn;
use axum::routing::post as on_post;
use progress_axum::Runs;
use progress_runtime::{Interrupted, RunStatus};

use crate::client::{get, post};
use crate::work::Work;

#[tokio::test]
async fn a_cancel_stops_the_run_and_a_second_one_changes_nothing() {
    let runs = Runs::new();
    let app: Router = runs.router("/workflows");
    let work = Work::start(&runs, "Import").await;
    let path = format!("/workflows/runs/{}/cancel", work.run.id());
    for path in [&path, &format!("{path}/")] {
        let answer = post(&app, path, &[]).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED);
        assert_eq!(answer.json()["run"], work.run.id());
        assert_eq!(answer.json()["status"], "cancelling");
    }
    assert_eq!(work.task.await.unwrap(), Err(Interrupted::Cancelled));
    assert_eq!(work.run.status(), RunStatus::Cancelled);
    for _ in 0..2 {
        let answer = post(&app, &path, &[]).await;
        assert_eq!(answer.status, StatusCode::CONFLICT);
        let expected = "there is nothing to cancel: the run is over (cancelled)";
        assert_eq!(answer.error(), expected);
    }
}

#[tokio::test]
async fn a_pending_run_is_cancelled_at_once() {
    let runs = Runs::new();
    let (run, _progress) = runs.start("Import");
    let answer = post(&runs.router(""), &format!("/runs/{}/cancel", run.id()), &[]).await;
    assert_eq!(
        (answer.status, &answer.json()["status"]),
        (StatusCode::ACCEPTED, &"cancelled".into())
    );
}

#[tokio::test]
async fn an_ended_or_unknown_run_cannot_be_cancelled() {
    let runs = Runs::new();
    let app: Router = runs.router("");
    let (run, progress) = runs.start("Import");
    progress.finish();
    let over = post(&app, &format!("/runs/{}/cancel", run.id()), &[]).await;
    assert_eq!(over.status, StatusCode::CONFLICT);
    assert_eq!(over.error(), "there is nothing to cancel: the run is over (completed)");
    assert_eq!(run.status(), RunStatus::Completed);
    let unknown = post(&app, "/runs/nobody/cancel", &[]).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    assert!(unknown.error().starts_with("there is no run \"nobody\" here"));
}

/// The headers that tell where a request comes from, and whether it may change something at
/// `shown.example`.
const SENDERS: [(&[(&str, &str)], bool); 19] = [
    (&[], true), // no browser
    (&[("sec-fetch-site", "same-origin")], true),
    (&[("sec-fetch-site", "none")], true),
    (&[("sec-fetch-site", "cross-site")], false),
    (&[("sec-fetch-site", "same-site")], false),
    (&[("sec-fetch-site", "what")], false),
    (&[("sec-fetch-site", "cross-site"), ("origin", "http://shown.example")], false),
    (&[("sec-fetch-site", "same-origin"), ("origin", "http://other.example")], true),
    (&[("origin", "http://shown.example")], true),
    (&[("origin", "https://Shown.Example")], true),
    (&[("origin", "http://other.example")], false),
    (&[("origin", "http://shown.example.other.example")], false),
    (&[("origin", "http://shown.example:8080")], false),
    (&[("origin", "null")], false),
    (&[("origin", "")], false),
    (&[("origin", "https://public.example"), ("x-forwarded-host", "public.example")], true),
    (
        &[("origin", "https://public.example"), ("x-forwarded-host", "a.example, public.example")],
        true,
    ),
    (&[("origin", "https://other.example"), ("x-forwarded-host", "public.example")], false),
    (&[("sec-fetch-site", "cross-site"), ("x-forwarded-host", "shown.example")], false),
];

#[tokio::test]
async fn pages_of_other_sites_cannot_cancel() {
    for (headers, passes) in SENDERS {
        let runs = Runs::new();
        let app: Router = runs.router("/workflows");
        let work = Work::start(&runs, "Import").await;
        let path = format!("/workflows/runs/{}/cancel", work.run.id());
        let answer = post(&app, &path, headers).await;
        if passes {
            assert_eq!(answer.status, StatusCode::ACCEPTED, "{headers:?}");
            assert_eq!(work.run.status(), RunStatus::Cancelling);
        } else {
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{headers:?}");
            assert!(answer.error().starts_with("this request comes from a page of another site"));
            assert_eq!(work.run.status(), RunStatus::Running);
        }
    }
}

#[tokio::test]
async fn pages_of_other_sites_cannot_send_the_forms_of_an_application_either() {
    let app = Router::new()
        .route("/start", on_post(async || "started").get(async || "a form"))
        .layer(from_fn(progress_axum::refuse_cross_site));
    for (headers, passes) in SENDERS {
        let status = if passes { StatusCode::OK } else { StatusCode::FORBIDDEN };
        assert_eq!(post(&app, "/start", headers).await.status, status, "{headers:?}");
    }
    assert_eq!(get(&app, "/start").await.body, "a form");
}

#[tokio::test]
async fn read_only_routes_cannot_cancel() {
    let runs = Runs::new();
    let app = Router::new().merge(runs.router("/all")).merge(runs.read_only().router("/seen"));
    let work = Work::start(&runs, "Import").await;
    let id = work.run.id();
    let answer = post(&app, &format!("/seen/runs/{id}/cancel"), &[]).await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!((answer.header("allow"), answer.headers.contains_key("allow")), ("", true));
    assert_eq!(answer.error(), "runs cannot be cancelled here: this place is read-only");
    assert_eq!(work.run.status(), RunStatus::Running);
    assert_eq!(get(&app, "/seen/runs").await.json()["read_only"], true);
    assert_eq!(get(&app, &format!("/seen/runs/{id}")).await.json()["run"], *id);
    for page in ["/seen".to_owned(), format!("/seen/view/{id}")] {
        assert!(get(&app, &page).await.body.contains(" readonly"), "{page}");
    }
    assert!(!get(&app, &format!("/all/view/{id}")).await.body.contains(" readonly"));
    let answer = post(&app, &format!("/all/runs/{id}/cancel"), &[]).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
}
