//! The routes of jobs: lists, states, events of what other processes do, cancel, and run again.

#[path = "../axum/client.rs"]
mod client;
mod database;
mod kinds;

use axum::Router;
use axum::http::StatusCode;
use progress_axum::JobPages;
use progress_jobs::{JobState, Jobs};
use serde_json::{Value, json};

use client::{Events, events, get, post, resumed};
use database::Database;
use kinds::{FRAIL, IMPORT, SCAN};

const HTML: &str = "text/html; charset=utf-8";

async fn start(jobs: &Jobs, key: &str) -> String {
    jobs.start(SCAN, &key.to_owned(), key).await.unwrap()
}

/// The database, a handle to it, and the routes at `/jobs`.
async fn opened() -> (Database, Jobs, Router) {
    let database = Database::new();
    let jobs = database.connect().await;
    let app = JobPages::new(jobs.clone()).router("/jobs");
    (database, jobs, app)
}

/// The next snapshot of the stream for which a condition holds.
async fn until(events: &mut Events, holds: impl Fn(&Value) -> bool) -> Value {
    loop {
        let event = events.next().await.expect("the stream goes on");
        let data = serde_json::from_str(&event.data.unwrap()).unwrap();
        if holds(&data) {
            return data;
        }
    }
}

fn ids(list: &Value) -> Vec<&str> {
    let runs = list["runs"].as_array().unwrap();
    runs.iter().map(|run| run["run"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn every_route_answers_with_and_without_a_trailing_slash() {
    let (_database, jobs, app) = opened().await;
    let id = start(&jobs, "a").await;
    jobs.cancel(&id).await.unwrap();
    for (path, kind) in [
        (String::new(), HTML),
        (format!("/view/{id}"), HTML),
        ("/workflow-progress.js".to_owned(), "text/javascript; charset=utf-8"),
        ("/page.js".to_owned(), "text/javascript; charset=utf-8"),
        ("/jobs.js".to_owned(), "text/javascript; charset=utf-8"),
        ("/page.css".to_owned(), "text/css; charset=utf-8"),
        ("/runs".to_owned(), "application/json"),
        (format!("/runs/{id}"), "application/json"),
        (format!("/runs/{id}/events"), "text/event-stream"),
    ] {
        for path in [format!("/jobs{path}"), format!("/jobs{path}/")] {
            let answer = get(&app, &path).await;
            assert_eq!(answer.status, StatusCode::OK, "{path}");
            assert_eq!(answer.header("content-type"), kind, "{path}");
            assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
            if kind == HTML {
                assert!(answer.header("content-security-policy").starts_with("default-src 'none'"));
            }
        }
    }
    assert!(get(&app, "/jobs").await.body.contains("data-base=\"./jobs\""));
    assert!(get(&app, &format!("/jobs/view/{id}/")).await.body.contains("src=\"../../runs/"));
}

#[tokio::test]
async fn a_list_is_filtered_and_goes_on_where_its_page_ends() {
    let (_database, jobs, app) = opened().await;
    assert_eq!(get(&app, "/jobs/runs").await.json()["runs"], json!([]));
    let mut scans = Vec::new();
    for key in ["a", "b", "c"] {
        scans.push(start(&jobs, key).await);
    }
    let import = jobs.start(IMPORT, &"x".to_owned(), "x").await.unwrap();
    jobs.cancel(&scans[1]).await.unwrap();
    scans.sort_by(|a, b| b.cmp(a));
    let list = async |query: &str| get(&app, &format!("/jobs/runs?{query}")).await.json();

    assert_eq!(list("").await["runs"].as_array().unwrap().len(), 4);
    assert_eq!(ids(&list("kind=import").await), [&import]);
    assert_eq!(ids(&list("state=&kind=scan&parent=").await), scans);
    assert_eq!(ids(&list("state=cancelled").await).len(), 1);
    assert_eq!(list("parent=nobody").await["runs"], json!([]));
    assert_eq!(list("roots").await["runs"].as_array().unwrap().len(), 4);

    let first = list("kind=scan&limit=2").await;
    assert_eq!(
        (ids(&first), &first["next"]),
        (scans[..2].iter().map(|id| &**id).collect(), &json!(scans[1]))
    );
    let rest = list(&format!("kind=scan&limit=2&before={}", scans[1])).await;
    assert_eq!((ids(&rest), rest.get("next")), (vec![&*scans[2]], None));

    let run = &list("state=cancelled").await["runs"][0];
    assert_eq!(run["status"], "cancelled");
    assert_eq!(run["row"]["state"], "cancelled");
    assert_eq!((&run["title"], &run["row"]["kind"]), (&json!("scan"), &json!("scan")));
    assert_eq!((&run["started"], &run["row"]["attempt"]), (&json!(null), &json!(0)));
    assert!(run["ended"].as_u64() >= run["row"]["created"].as_u64());
}

#[tokio::test]
async fn a_filter_that_does_not_exist_is_an_error_that_names_those_that_do() {
    let (_database, _jobs, app) = opened().await;
    for (path, error) in [
        ("/runs?status=failed", "there is no filter \"status\": the filters are kind, state, "),
        ("/runs?state=paused", "there is no state \"paused\": the states are queued, running, "),
        ("/runs?limit=0", "`limit` is a number from 1 to 100"),
        ("/runs?limit=many", "`limit` is a number from 1 to 100"),
        ("/runs?parent=a&roots", "name one `parent`, or `roots`: not both"),
        ("/runs?roots=1&parent=a", "name one `parent`, or `roots`: not both"),
        ("/events", "name the jobs: events?run=ID"),
        ("/events?run=a&kind=scan", "filters are for the list: add `&list`"),
    ] {
        let answer = get(&app, &format!("/jobs{path}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
        assert!(answer.error().starts_with(error), "{path}: {}", answer.error());
    }
    let many: Vec<_> = (0..201).map(|number| number.to_string()).collect();
    let answer = get(&app, &format!("/jobs/events?run={}", many.join(","))).await;
    assert_eq!(answer.error(), "one stream takes 200 jobs at most: open another");
}

#[tokio::test]
async fn an_unknown_job_is_an_error_that_names_the_remedy() {
    let (_database, _jobs, app) = opened().await;
    for path in ["/jobs/runs/nobody", "/jobs/runs/nobody/events"] {
        let answer = get(&app, path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        assert!(answer.error().starts_with("there is no job \"nobody\" here: "), "{path}");
    }
    for action in ["cancel", "again"] {
        let answer = post(&app, &format!("/jobs/runs/nobody/{action}"), &[]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{action}");
    }
    let page = get(&app, "/jobs/view/nobody").await;
    assert_eq!((page.status, page.header("content-type")), (StatusCode::NOT_FOUND, HTML));
    assert!(page.body.contains("No such job"));
    let gone = events(&app, "/jobs/events?run=nobody").await.rest().await;
    assert!(gone[0].is_named("gone"), "{gone:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_events_of_a_job_show_what_another_process_does() {
    let (database, jobs, app) = opened().await;
    let id = start(&jobs, "a").await;
    let path = format!("/jobs/runs/{id}/events");
    let mut stream = events(&app, &path).await;
    let queued = until(&mut stream, |_| true).await;
    assert_eq!(
        (&queued["status"], &queued["reason"]),
        (&json!("pending"), &json!("waits for a worker"))
    );
    assert_eq!((&queued["title"], &queued["cancellable"]), (&json!("scan"), &json!(true)));

    let mut worker = database.worker();
    worker.order(["length 4", "inc 1", "message a.txt"]);
    let running = until(&mut stream, |job| job["message"] == "a.txt").await;
    assert_eq!((&running["status"], &running["progress"]), (&json!("running"), &json!(2_500)));
    assert_eq!((&running["row"]["attempt"], &running["ended"]), (&json!(1), &json!(null)));
    assert!(running["seq"].as_u64() > queued["seq"].as_u64());
    assert!(running["now"].as_u64() >= running["started"].as_u64());

    worker.order(["done"]);
    let done = until(&mut stream, |job| job["status"] == "completed").await;
    assert_eq!((&done["progress"], &done["now"]), (&json!(10_000), &done["ended"]));
    assert_eq!(stream.next().await, None, "the stream ends with the job");
    let last = format!("{id}:{}", done["seq"]);
    assert_eq!(resumed(&app, &path, &last).await.status, StatusCode::NO_CONTENT);
    assert_eq!(resumed(&app, &path, &format!("{id}:0")).await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_events_of_a_list_tell_of_the_jobs_that_pass_its_filters() {
    let (database, _jobs, app) = opened().await;
    let elsewhere = database.connect().await;
    let mut all = events(&app, "/jobs/events?list").await;
    let mut done = events(&app, "/jobs/events?list&state=completed").await;
    assert_eq!(ids(&all.list().await), Vec::<&str>::new());
    assert_eq!(ids(&done.list().await), Vec::<&str>::new());

    let id = start(&elsewhere, "a").await;
    assert_eq!(ids(&all.list().await), [&id]);
    let mut worker = database.worker();
    worker.order(["done"]);
    let list = done.list().await;
    assert_eq!((ids(&list), &list["runs"][0]["progress"]), (vec![&*id], &json!(10_000)));
    until(&mut all, |list| list["runs"][0]["status"] == "completed").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_clients_get_what_was_read_once() {
    let (database, jobs, app) = opened().await;
    let id = start(&jobs, "a").await;
    let path = format!("/jobs/events?run={id}&list&kind=scan");
    let mut clients = Vec::new();
    for _ in 0..40 {
        clients.push(events(&app, &path).await);
    }
    let mut worker = database.worker();
    worker.order(["length 4", "inc 1", "done"]);
    let mut ends = Vec::new();
    for client in &mut clients {
        let mut end: [Option<Value>; 2] = [None, None];
        while end.contains(&None) {
            let event = client.next().await.unwrap();
            let is_list = event.is_named("runs");
            let data: Value = serde_json::from_str(&event.data.unwrap()).unwrap();
            let shown = if is_list { &data["runs"][0] } else { &data };
            if shown["status"] == "completed" {
                end[usize::from(is_list)] = Some(data);
            }
        }
        ends.push(end);
    }
    // Their texts contain the time at which they were made.
    ends.dedup();
    assert_eq!(ends.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_starts_another_one_shows_it_in_its_step_and_as_its_child() {
    let (database, jobs, app) = opened().await;
    let id = jobs.start(IMPORT, &"x".to_owned(), "x").await.unwrap();
    let mut stream = events(&app, &format!("/jobs/runs/{id}/events")).await;
    let mut worker = database.worker();
    worker.order(["length 4", "inc 2"]);
    let shown = until(&mut stream, |job| job["steps"][0]["progress"] == 5_000).await;
    let child = shown["steps"][0]["job"]["id"].as_str().unwrap().to_owned();
    let children = get(&app, &format!("/jobs/runs?parent={id}")).await.json();
    assert_eq!(ids(&children), [&child]);
    let row = &children["runs"][0]["row"];
    assert_eq!((&row["parent"], &row["step"]), (&json!(id), &shown["steps"][0]["id"]));
    let page = get(&app, &format!("/jobs/view/{child}")).await;
    assert!(page.body.contains("data-parent=\"job\""), "{}", page.body);

    worker.order(["done", "fail the disk is full"]);
    let failed = until(&mut stream, |job| job["status"] == "failed").await;
    assert_eq!((&failed["error"], &failed["errors"]), (&json!("the disk is full"), &json!(1)));
    assert_eq!(failed["steps"][1]["title"], "Storing 2 files");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_reaches_a_job_in_another_process() {
    let (database, jobs, app) = opened().await;
    let (runs, waits) = (start(&jobs, "a").await, start(&jobs, "b").await);
    let cancel = async |id: &str| post(&app, &format!("/jobs/runs/{id}/cancel"), &[]).await;
    let answer = cancel(&waits).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    assert_eq!(answer.json(), json!({ "run": waits, "status": "cancelled" }));
    let answer = cancel(&waits).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert_eq!(answer.error(), "there is nothing to cancel: the job is over (cancelled)");

    let mut stream = events(&app, &format!("/jobs/runs/{runs}/events")).await;
    let mut worker = database.worker();
    worker.order(["length 2", "inc 1"]);
    until(&mut stream, |job| job["progress"] == 5_000).await;
    assert_eq!(cancel(&runs).await.json(), json!({ "run": runs, "status": "cancelling" }));
    let cancelled = until(&mut stream, |job| job["status"] == "cancelled").await;
    assert_eq!((&cancelled["progress"], &cancelled["cancellable"]), (&json!(5_000), &json!(false)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_failed_is_run_again() {
    let (database, jobs, app) = opened().await;
    let id = start(&jobs, "a").await;
    let again = async |id: &str| post(&app, &format!("/jobs/runs/{id}/again"), &[]).await;
    let answer = again(&id).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    let error =
        "a job can be run again after it has failed, was cancelled or was lost; this one is queued";
    assert_eq!(answer.error(), error);

    let mut worker = database.worker();
    worker.order(["fail no such folder"]);
    jobs.wait::<u64>(&id).await.unwrap_err();
    let answer = again(&id).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    let new = answer.json()["run"].as_str().unwrap().to_owned();
    assert_eq!(again(&id).await.json()["run"], *new, "a second click starts nothing");
    worker.order(["inc 3", "done"]);
    assert_eq!(jobs.wait::<u64>(&new).await.unwrap(), 3);
    assert_eq!(again(&new).await.status, StatusCode::CONFLICT);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_whose_worker_died_is_shown_as_lost_with_its_steps_ended() {
    let (database, jobs, app) = opened().await;
    let id = jobs.start(FRAIL, &"a".to_owned(), "a").await.unwrap();
    let mut stream = events(&app, &format!("/jobs/runs/{id}/events")).await;
    let mut first = database.worker();
    first.order(["length 2", "inc 1"]);
    until(&mut stream, |job| job["progress"] == 5_000).await;
    drop(first);
    let _second = database.worker();
    let lost = until(&mut stream, |job| job["ended"].is_u64()).await;
    assert_eq!((&lost["status"], &lost["row"]["state"]), (&json!("failed"), &json!("lost")));
    assert_eq!(lost["error"], "lost: 1 of its workers died");
    assert_eq!((&lost["row"]["deaths"], &lost["row"]["max_deaths"]), (&json!(1), &json!(1)));
    assert_eq!(jobs.get(&id).await.unwrap().unwrap().state, JobState::Lost);
}

#[tokio::test]
async fn the_steps_that_a_worker_left_open_end_with_the_job() {
    let (database, jobs, app) = opened().await;
    let id = start(&jobs, "a").await;
    let step = json!({
        "id": "one", "title": "One", "weight": 1, "status": "running", "progress": 100,
        "message": null, "done": 0, "total": null, "attempt": 1, "error": null, "started": 1_000,
        "ended": null, "children": [],
    });
    let snapshot = json!({
        "v": 1, "run": id, "seq": 7, "now": 2_000, "workflow": "flow", "title": "Nightly",
        "status": "running", "progress": 100, "plan_done": 100, "step": { "current": 1, "total": 1 },
        "message": "One", "started": 1_000, "ended": null, "eta_ms": 9_000, "cancellable": true,
        "errors": 0, "steps": [step],
    });
    let shown = async |state: &str, ended: &str| {
        database.execute(&format!(
            "UPDATE progress_jobs SET state = '{state}', ended_at = {ended}, snapshot = '{snapshot}'"
        ));
        get(&app, &format!("/jobs/runs/{id}")).await.json()
    };
    let running = shown("running", "NULL").await;
    assert_eq!(
        (&running["title"], &running["steps"][0]["status"]),
        (&json!("Nightly"), &json!("running"))
    );
    assert_eq!(running["eta_ms"], 0, "it was written long ago");
    assert_eq!(running["message"], "One", "the job has said nothing of its own");
    database.execute("UPDATE progress_jobs SET message = 'own'");
    assert_eq!(shown("running", "NULL").await["message"], "own");
    assert_eq!(shown("queued", "NULL").await["message"], "", "that is over");
    let lost = shown("lost", "5000").await;
    let step = &lost["steps"][0];
    assert_eq!((&step["status"], &step["ended"]), (&json!("cancelled"), &json!(5_000)));
    assert_eq!((&lost["now"], &lost["eta_ms"]), (&json!(5_000), &json!(null)));
    assert_eq!(shown("queued", "NULL").await["steps"], json!([]));
    // What another version or a hand has written.
    let other = shown("paused", "NULL").await;
    assert_eq!((&other["status"], &other["row"]["state"]), (&json!("pending"), &json!("other")));
    for action in ["cancel", "again"] {
        let answer = post(&app, &format!("/jobs/runs/{id}/{action}"), &[]).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "{action}");
    }
    let long = "x".repeat(2_000);
    let set =
        format!("snapshot = '{{', state = 'failed', message = 'a\nb', error = '\u{202e}{long}'");
    database.execute(&format!("UPDATE progress_jobs SET {set}"));
    let broken = get(&app, &format!("/jobs/runs/{id}")).await.json();
    assert_eq!((&broken["title"], &broken["message"]), (&json!("scan"), &json!("a b")));
    let error = broken["error"].as_str().unwrap();
    assert!(error.starts_with("\u{fffd}xx") && error.ends_with("x…") && error.len() <= 1_024);
}

#[tokio::test]
async fn pages_of_other_sites_and_read_only_routes_change_nothing() {
    let (_database, jobs, app) = opened().await;
    let id = start(&jobs, "a").await;
    let seen: Router = JobPages::new(jobs.clone()).read_only().router("/seen");
    for action in ["cancel", "again"] {
        let path = format!("/jobs/runs/{id}/{action}");
        let answer = post(&app, &path, &[("sec-fetch-site", "cross-site")]).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{action}");
        let answer = post(&seen, &format!("/seen/runs/{id}/{action}"), &[]).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{action}");
        let error = "jobs cannot be cancelled or run again here: this place is read-only";
        assert_eq!(answer.error(), error);
    }
    assert_eq!(jobs.get(&id).await.unwrap().unwrap().state, JobState::Queued);
    assert_eq!(get(&seen, "/seen/runs").await.json()["read_only"], true);
    for page in ["/seen".to_owned(), format!("/seen/view/{id}")] {
        assert!(get(&seen, &page).await.body.contains(" readonly"), "{page}");
    }
}

#[tokio::test]
async fn a_database_that_does_not_answer_is_an_error_and_its_cause_is_not_for_everybody() {
    let (database, jobs, app) = opened().await;
    let seen: Router = JobPages::new(jobs.clone()).read_only().router("/jobs");
    database.execute("DROP TABLE progress_jobs");
    for path in ["/jobs/runs", "/jobs/runs/a", "/jobs/events?list", "/jobs/events?run=a"] {
        for (app, names_cause) in [(&app, true), (&seen, false)] {
            let answer = get(app, path).await;
            assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
            let error = answer.error();
            assert!(error.starts_with("the database of the jobs does not answer; try again"));
            assert_eq!(error.contains("progress_jobs"), names_cause, "{path}: {error}");
        }
    }
    let page = get(&app, "/jobs/view/a").await;
    assert_eq!((page.status, page.header("content-type")), (StatusCode::SERVICE_UNAVAILABLE, HTML));
}

#[tokio::test]
async fn a_shutdown_ends_the_streams() {
    let database = Database::new();
    let pages = JobPages::new(database.connect().await);
    let app = pages.router("/jobs");
    let mut stream = events(&app, "/jobs/events?list").await;
    stream.list().await;
    pages.shutdown();
    let rest = stream.rest().await;
    assert!(rest.len() == 1 && rest[0].is_named("bye"), "{rest:?}");
}
