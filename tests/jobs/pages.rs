//! Jobs in the browser: Chromium, driven over WebDriver, shows what another process works on.
//!
//! Without Chromium these tests print that and are skipped, unless `CI` is `true`; install it with
//! `apt-get install chromium chromium-driver`. The accessibility rules come from axe-core; install
//! them with `npm ci --prefix tests/browser`.

#[path = "../browser/chrome.rs"]
mod chrome;
mod database;
mod kinds;
#[allow(dead_code, reason = "the tests of runs use the rest")]
#[path = "../browser/page.rs"]
mod page;
mod site;

use std::fs;
use std::path::Path;

use progress_jobs::{JobState, Jobs, Kind};
use serde_json::json;

use chrome::skipped;
use database::Database;
use kinds::{IMPORT, SCAN};
use page::{ENTER, Page, SPACE, TAB};
use site::Site;

/// The names of the jobs that are shown as ended, in the order of the list.
const LINES: &str = "[...document.querySelectorAll('.over')].map((line) => line.querySelector('.status').textContent)";

async fn start(jobs: &Jobs, key: &str) -> String {
    jobs.start(SCAN, &key.to_owned(), key).await.unwrap()
}

/// Starts a job, and ends it by the order.
async fn ended(
    jobs: &Jobs,
    worker: &mut database::WorkerProcess,
    key: &str,
    order: &str,
) -> String {
    let id = start(jobs, key).await;
    worker.order([order]);
    let _ = jobs.wait::<u64>(&id).await;
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_shows_jobs_as_other_processes_start_and_do_them() {
    let Some(page) = Page::new().await else { return };
    let database = Database::new();
    let site = Site::open(database.connect().await);
    page.open(&site.url("/jobs")).await;
    let empty = "document.querySelector('.empty')";
    page.until(&format!("test.seen({empty})")).await;
    let text = "No jobs yet. They appear here as soon as a program starts one, by Jobs::start or by a step that runs one.";
    assert_eq!(page.text(&format!("{empty}.textContent")).await, text);

    let elsewhere = database.connect().await;
    let id = start(&elsewhere, "a").await;
    page.until("test.head('status')?.textContent === 'pending: waits for a worker'").await;
    assert_eq!(page.get(&format!("test.seen({empty})")).await, json!(false));
    let mut worker = database.worker();
    worker.order(["length 4", "inc 1", "message a.txt"]);
    page.until("test.head('percent')?.textContent === '25%'").await;
    page.until("test.head('status').textContent === 'running · a.txt'").await;
    assert_eq!(page.text("document.title").await, "1 running · Jobs");
    assert!(page.text("document.querySelector('.about').textContent").await.contains(&id));
    worker.order(["inc 3", "done"]);
    page.until("test.head('status').textContent === 'completed'").await;
    page.until("document.title === 'Jobs'").await;

    // A job that had ended before the page was opened is a line.
    page.open(&site.url("/jobs")).await;
    page.until(&format!("{LINES}.join() === 'completed'")).await;
    page.click("document.querySelector('.over .title')").await;
    page.until("test.head('status')?.textContent === 'completed'").await;
    assert_eq!(page.text("location.pathname").await, format!("/jobs/view/{id}"));
    page.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_whose_kind_has_no_name_is_shown_by_its_id() {
    const NAMELESS: Kind<(), ()> = Kind::new("");
    let Some(page) = Page::new().await else { return };
    let database = Database::new();
    let jobs = database.connect().await;
    let site = Site::open(database.connect().await);
    let id = jobs.start(NAMELESS, &(), "a").await.unwrap();
    page.open(&site.url("/jobs")).await;
    page.until(&format!("test.head('name')?.textContent === '{id}'")).await;
    assert!(jobs.cancel(&id).await.unwrap());
    page.open(&site.url("/jobs")).await;
    page.until(&format!("document.querySelector('.over .title')?.textContent === '{id}'")).await;
    page.click("document.querySelector('.over .title')").await;
    page.until(&format!("document.title.endsWith(' {id}')")).await;
    page.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_are_in_the_address_and_pages_go_on() {
    let Some(page) = Page::new().await else { return };
    let database = Database::new();
    let jobs = database.connect().await;
    let mut worker = database.worker();
    for number in 0..21 {
        ended(&jobs, &mut worker, &format!("good {number}"), "done").await;
    }
    ended(&jobs, &mut worker, "bad", "fail no such folder").await;
    let site = Site::open(jobs);
    page.open(&site.url("/jobs")).await;
    page.until(&format!("{LINES}.length === 20")).await;
    assert_eq!(
        page.text(&format!("{LINES}.join().slice(0, 16)")).await,
        "failed, 1 error".to_owned() + ","
    );
    assert_eq!(page.get("test.seen(document.getElementById('clear'))").await, json!(false));

    let choose = "const state = document.querySelector('[name=state]'); state.value = 'failed'; \
                  state.dispatchEvent(new Event('change', { bubbles: true }))";
    page.run(choose).await;
    page.until("location.search === '?state=failed'").await;
    page.until(&format!("{LINES}.length === 1")).await;
    assert_eq!(page.text("document.querySelector('[name=state]').value").await, "failed");
    page.click("document.getElementById('clear')").await;
    page.until(&format!("location.search === '' && {LINES}.length === 20")).await;

    page.click("document.querySelector('.pages a')").await;
    page.until(&format!("location.search.startsWith('?before=') && {LINES}.length === 2")).await;
    let links = "[...document.querySelectorAll('.pages a')].map((link) => link.textContent).join()";
    assert_eq!(page.text(links).await, "Newest jobs");
    page.click("document.querySelector('.pages a')").await;
    page.until(&format!("{LINES}.length === 20")).await;
    assert_eq!(page.text(links).await, "Older jobs");

    // By the keyboard alone, to an empty list.
    page.run("document.querySelector('[name=kind]').focus()").await;
    page.press('x').await;
    page.press(ENTER).await;
    page.until("location.search === '?kind=x' && test.seen(document.querySelector('.empty'))")
        .await;
    let text = "No job passes these filters. Show all jobs.";
    assert_eq!(page.text("document.querySelector('.empty').textContent").await, text);
    page.run("document.querySelector('[name=parent]').focus()").await;
    page.press(TAB).await;
    page.press(SPACE).await;
    page.until("location.search === '?kind=x&roots=1'").await;
    page.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_shows_its_steps_its_facts_and_its_sub_jobs_and_is_cancelled() {
    let Some(page) = Page::new().await else { return };
    let database = Database::new();
    let jobs = database.connect().await;
    let site = Site::open(jobs.clone());
    let id = jobs.start(IMPORT, &"in".to_owned(), "in").await.unwrap();
    page.open(&site.url(&format!("/jobs/view/{id}"))).await;
    let empty = "document.querySelector('.empty')";
    page.until(&format!("test.seen({empty})")).await;
    assert_eq!(
        page.text(&format!("{empty}.textContent")).await,
        "This job has started no other jobs."
    );
    let fact = |name: &str| {
        format!(
            "[...document.querySelectorAll('#facts div')].find((fact) => fact.firstChild.textContent === '{name}')?.lastChild.textContent"
        )
    };
    page.until(&format!("{} === 'not begun'", fact("Attempt"))).await;

    let mut worker = database.worker();
    worker.order(["length 4", "inc 2"]);
    page.until(
        "test.row('Scanning') && test.part(test.row('Scanning'), 'percent').textContent === '50%'",
    )
    .await;
    page.until("test.head('percent', 1)?.textContent === '50%'").await;
    page.until(&format!("{} === 'running'", fact("State"))).await;
    assert_eq!(page.text(&fact("Attempt")).await, "1");
    assert_eq!(page.text(&fact("Started by")).await, "a program");
    assert!(page.text("document.title").await.ends_with("% import"));
    assert_eq!(page.get("test.seen(document.getElementById('again'))").await, json!(false));

    // Each of the two has a way to the other.
    page.click("test.head('name', 1)").await;
    page.until("location.pathname.includes('/view/') && test.head('name')?.textContent === 'scan'")
        .await;
    page.until(&format!("{}?.startsWith('{id}')", fact("Started by"))).await;
    page.click("document.querySelector('#facts a[href*=view]')").await;
    page.until("test.head('name')?.textContent === 'import'").await;

    page.click("test.head('cancel')").await;
    page.until("test.head('status').textContent.startsWith('cancelled')").await;
    page.until("test.head('status', 1).textContent.startsWith('cancelled')").await;
    assert_eq!(jobs.get(&id).await.unwrap().unwrap().state, JobState::Cancelled);
    page.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_was_taken_over_names_its_attempt() {
    let Some(page) = Page::new().await else { return };
    let database = Database::new();
    let jobs = database.connect().await;
    let site = Site::open(jobs.clone());
    let id = jobs.start(IMPORT, &"in".to_owned(), "in").await.unwrap();
    page.open(&site.url(&format!("/jobs/view/{id}"))).await;
    let mut worker = database.worker();
    worker.order(["length 4", "inc 1", "message a.txt"]);
    let row = |text: &str| {
        format!("test.row('Scanning') && test.textOf(test.row('Scanning')).includes('{text}')")
    };
    page.until(&row("a.txt")).await;
    drop(worker);
    let mut worker = database.worker();
    page.until("document.getElementById('facts').textContent.includes('2 · 1 of 3 workers died')")
        .await;
    worker.order(["length 4", "inc 2", "message b.txt"]);
    page.until(&row("attempt 2")).await;
    worker.order(["done", "done"]);
    page.until("test.head('status')?.textContent === 'completed'").await;
    page.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_failed_is_run_again_from_its_page() {
    let Some(page) = Page::new().await else { return };
    let database = Database::new();
    let jobs = database.connect().await;
    let mut worker = database.worker();
    let id = ended(&jobs, &mut worker, "a", "fail no such folder").await;
    let site = Site::open(jobs.clone());
    page.open(&site.url(&format!("/seen/view/{id}"))).await;
    page.until("test.head('status')?.textContent === 'failed: no such folder'").await;
    assert_eq!(page.get("test.seen(document.getElementById('again'))").await, json!(false));

    page.open(&site.url(&format!("/jobs/view/{id}"))).await;
    page.click("document.querySelector('#again button')").await;
    page.until(&format!(
        "location.pathname.includes('/view/') && !location.pathname.includes('{id}')"
    ))
    .await;
    page.until("test.head('status')?.textContent.startsWith('running')").await;
    worker.order(["done"]);
    page.until("test.head('status').textContent === 'completed'").await;
    page.assert_clean().await;

    // What has gone meanwhile is an answer, and not a button that does nothing.
    page.open(&site.url(&format!("/jobs/view/{id}"))).await;
    page.until("test.seen(document.querySelector('#again button'))").await;
    database.execute(&format!("DELETE FROM progress_jobs WHERE id = '{id}'"));
    page.click("document.querySelector('#again button')").await;
    page.until("document.querySelector('#again span').textContent.startsWith('not run again: there is no job')").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn long_names_and_markup_stay_text_within_320_pixels() {
    let Some(page) = Page::new().await else { return };
    page.resize(320).await;
    let database = Database::new();
    let jobs = database.connect().await;
    let id = start(&jobs, "a").await;
    let long = format!("<img src=x onerror=\"window.harmed = 1\">{}", "x".repeat(600));
    let set = |state: &str| {
        database.execute(&format!(
            "UPDATE progress_jobs SET kind = '{long}', parent = '{long}', step = '{long}', worker = '{long}', \
             error = '{long}', message = '{long}', state = '{state}', attempt = 3, deaths = 2, seq = seq + 1, \
             started_at = created_at, ended_at = iif('{state}' = 'failed', created_at + 5000, NULL)"
        ));
    };
    let site = Site::open(jobs);
    for state in ["running", "failed"] {
        set(state);
        for path in
            ["/jobs".to_owned(), format!("/jobs/view/{id}"), "/jobs?state=queued".to_owned()]
        {
            page.open(&site.url(&path)).await;
            let shown = if path.ends_with("queued") {
                "test.seen(document.querySelector('.empty'))"
            } else {
                "document.querySelector('main').textContent.includes('onerror')"
            };
            page.until(shown).await;
            page.until(
                "document.documentElement.scrollWidth <= document.documentElement.clientWidth",
            )
            .await;
        }
    }
    assert_eq!(page.get("document.querySelectorAll('img').length").await, json!(0));
    assert_eq!(page.get("window.harmed ?? null").await, json!(null));
    page.assert_clean().await;
}

/// Applies the rules of axe-core to the pages.
#[tokio::test(flavor = "multi_thread")]
async fn axe_finds_no_violation() {
    let axe =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../browser/node_modules/axe-core/axe.min.js");
    let Ok(axe) = fs::read_to_string(axe) else {
        skipped("axe-core", "npm ci --prefix tests/browser");
        return;
    };
    let Some(page) = Page::new().await else { return };
    page.prepare(&axe).await;
    let database = Database::new();
    let jobs = database.connect().await;
    let mut worker = database.worker();
    let failed = ended(&jobs, &mut worker, "a", "fail no such folder").await;
    ended(&jobs, &mut worker, "b", "done").await;
    let import = jobs.start(IMPORT, &"in".to_owned(), "in").await.unwrap();
    worker.order(["length 4", "inc 2"]);
    let site = Site::open(jobs);
    for (path, shown) in [
        (
            "/jobs".to_owned(),
            "test.head('percent', 1)?.textContent === '50%' || test.head('percent')?.textContent === '50%'",
        ),
        ("/jobs?state=lost".to_owned(), "test.seen(document.querySelector('.empty'))"),
        (format!("/jobs/view/{failed}"), "test.seen(document.querySelector('#again button'))"),
        (format!("/jobs/view/{import}"), "test.head('percent', 1)?.textContent === '50%'"),
        ("/jobs/view/nobody".to_owned(), "true"),
    ] {
        page.open(&site.url(&path)).await;
        page.until(shown).await;
        for (width, scheme) in [(900, "light"), (900, "dark"), (320, "light"), (320, "dark")] {
            page.resize(width).await;
            page.prefer("prefers-color-scheme", scheme).await;
            let settled = format!(
                "innerWidth === {width} && matchMedia('(prefers-color-scheme: {scheme})').matches"
            );
            page.until(&settled).await;
            let found = page
                .until(
                    "(window.found ??= (axe.run({ resultTypes: ['violations'] }).then((results) => { window.found = \
                     results.violations.map((rule) => [rule.id, ...rule.nodes.map((node) => node.target.flat().join(' ') + \
                     ': ' + node.failureSummary)]) }), 0)) || null",
                )
                .await;
            page.run("delete window.found").await;
            assert_eq!(found, json!([]), "{path}, {width} pixels wide, {scheme}");
        }
    }
}
