//! A page has one event stream, which closes in hidden tabs and reconnects when it is lost.

use serde_json::json;

use crate::page::Page;
use crate::scene::orders;
use crate::site::{Site, Streams};
use crate::states::play;

/// Collects long pauses, so that a test can end each of them at once.
const PAUSES: &str = "
    window.pauses = [];
    const usual = window.setTimeout;
    window.setTimeout = (act, pause = 0, ...rest) => {
        if (pause <= 500 || pause === 45e3) return usual(act, pause, ...rest);
        const put = { pause, end: () => act(...rest) };
        window.pauses.push(put);
        if (window.impatient) usual(put.end, 1);
        return 0;
    };";

#[tokio::test(flavor = "multi_thread")]
async fn two_windows_with_ten_elements_each_have_a_stream_each_until_their_runs_are_over() {
    let Some(page) = Page::new().await else { return };
    let mut html =
        "<!doctype html><link rel=icon href=data:,><script type=module src=/workflows/workflow-progress.js></script>"
            .to_owned();
    html.push_str(&"<workflow-progress></workflow-progress>".repeat(10));
    let site = Site::with_page(&html);
    let runs: Vec<_> = (0..5).map(|index| play(&site.runs, &format!("Run {index}"))).collect();
    let ids = json!(runs.iter().map(|run| run.id.as_str()).collect::<Vec<_>>());
    // Two elements a run.
    let watch = format!(
        "document.querySelectorAll('workflow-progress').forEach((element, index) => \
         element.src = '/workflows/runs/' + {ids}[index % 5])"
    );
    let all =
        "[...document.querySelectorAll('workflow-progress')].every((element) => element.snapshot)";

    page.open(&site.url("/page")).await;
    page.run(&watch).await;
    page.until(all).await;
    assert_eq!(site.streams(), Streams { open: 1, ever: 1 });

    // A run more or a run fewer opens another stream for all of them.
    let more = play(&site.runs, "One more");
    page.run(&format!(
        "document.body.append(Object.assign(document.createElement('workflow-progress'), {{ src: '/workflows/runs/{}' }}))",
        more.id
    ))
    .await;
    page.until("test.element(10).snapshot").await;
    site.until_streams(|streams| streams == Streams { open: 1, ever: 2 }).await;
    page.run("test.element(10).remove()").await;
    site.until_streams(|streams| streams == Streams { open: 1, ever: 3 }).await;

    // Another element of a run that is already shown needs no new stream.
    page.run("document.body.append(test.element(3).cloneNode())").await;
    page.until("test.element(10).snapshot.title === 'Run 3'").await;
    assert_eq!(site.streams(), Streams { open: 1, ever: 3 });

    page.another_window().await;
    page.open(&site.url("/page")).await;
    page.run(&watch).await;
    page.until(all).await;
    site.until_streams(|streams| streams == Streams { open: 2, ever: 4 }).await;

    for run in &runs {
        run.run.abort();
    }
    page.until("[...document.querySelectorAll('workflow-progress')].every((element) => element.snapshot.ended)").await;
    more.run.abort();
    site.until_streams(|streams| streams.open == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hidden_tab_closes_its_stream_keeps_its_title_current_and_catches_up() {
    let Some(page) = Page::new().await else { return };
    page.prepare(PAUSES).await;
    let site = Site::open();
    let played = play(&site.runs, "Process new scenes");
    played.director.order(["length 4", "inc 1"]);
    page.open(&played.view(&site)).await;
    page.until("document.title === '3% Process new scenes'").await;
    assert_eq!(site.streams(), Streams { open: 1, ever: 1 });

    page.0.client.minimize_window().await.unwrap();
    page.until("document.hidden").await;
    site.until_streams(|streams| streams.open == 0).await;
    for title in ["7% Process new scenes", "11% Process new scenes"] {
        played.director.order(["inc 1"]);
        page.until("pauses.length").await;
        let title = format!("document.title === {}", json!(title));
        // The page polls at the end of each pause, so end pauses until the title has changed.
        page.until(&format!("({title}) || (pauses.pop()?.end(), false)")).await;
        assert_eq!(site.streams(), Streams { open: 0, ever: 1 });
    }

    page.0.client.maximize_window().await.unwrap();
    played.director.order(["inc 1"]);
    page.until_row("Process downloads", "◐ Process downloads running · 4/4 99%").await;
    site.until_streams(|streams| streams == Streams { open: 1, ever: 2 }).await;
    played.run.abort();
    page.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_connection_is_retried_with_growing_pauses_and_then_shows_the_current_state() {
    let Some(page) = Page::new().await else { return };
    page.prepare(PAUSES).await;
    let mut site = Site::open();
    let played = play(&site.runs, "Process new scenes");
    played.director.order(["length 4", "inc 1"]);
    page.open(&played.view(&site)).await;
    page.until_row("Process downloads", "◐ Process downloads running · 1/4 25%").await;

    site.vanish();
    page.until("test.head('note').textContent === 'reconnecting…'").await;
    // The last known state stays.
    page.until_row("Process downloads", "◐ Process downloads running · 1/4 25%").await;
    let pauses = "pauses.map(({ pause }) => pause).filter((pause) => pause > 500)";
    page.run("window.impatient = true; pauses.at(-1).end()").await;
    page.until("pauses.length > 9").await;
    page.run("window.impatient = false").await;
    let pauses = page.get(pauses).await;
    let pauses: Vec<_> = pauses.as_array().unwrap().iter().map(|it| it.as_f64().unwrap()).collect();
    for (index, pause) in pauses.iter().enumerate() {
        let longest = 30_000f64.min(1_000.0 * 2f64.powi(index as i32));
        assert!((longest / 2.0..=longest).contains(pause), "pause {index} of {pauses:?}");
    }

    played.director.order(["inc 1", "message the second"]);
    site.come_back();
    page.run("dispatchEvent(new Event('online'))").await;
    page.until_row("Process downloads", "◐ Process downloads running · 2/4 · the second 50%").await;
    assert_eq!(page.text("test.head('note').textContent").await, "");
    played.run.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restarted_server_does_not_know_the_run() {
    let Some(page) = Page::new().await else { return };
    let mut site = Site::open();
    let played = play(&site.runs, "Process new scenes");
    played.director.order(["length 4", "inc 1"]);
    page.open(&played.view(&site)).await;
    page.until_row("Process downloads", "◐ Process downloads running · 1/4 25%").await;

    // A shutdown is announced, and ends the streams at once.
    site.runs.shutdown();
    site.until_streams(|streams| streams.open == 0).await;
    page.until("test.head('note').textContent === 'reconnecting…'").await;
    site.vanish();
    site.runs = progress_axum::Runs::new();
    site.come_back();
    page.run("dispatchEvent(new Event('online'))").await;
    page.until("test.head('note').textContent === 'no longer known'").await;
    assert_eq!(page.get("test.seen(test.head('cancel'))").await, json!(false));
    page.until_row("Process downloads", "◐ Process downloads running · 1/4 25%").await;
    site.until_streams(|streams| streams.open == 0).await;
    played.run.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_is_reused_is_another_run() {
    let Some(page) = Page::new().await else { return };
    let mut site = Site::open();
    let start = |runs: &progress_axum::Runs, title: &str| {
        let (run, progress) =
            progress_runtime::Run::builder(title).id("nightly: 50 %, a/b").start();
        runs.add(run);
        let (director, orders) = orders();
        let work = async move { crate::scene::wait(&orders, progress).await };
        (director, tokio::spawn(work))
    };
    let (director, first) = start(&site.runs, "Monday");
    director.order(["length 4", "inc 1", "inc 1", "inc 1"]);
    page.open(&site.url("/workflows/view/nightly%3A%2050%20%25%2C%20a%2Fb")).await;
    page.until("test.head('percent')?.textContent === '75%'").await;

    site.vanish();
    site.runs = progress_axum::Runs::new();
    let (director, second) = start(&site.runs, "Tuesday");
    director.order(["length 4", "inc 1"]);
    site.come_back();
    page.run("dispatchEvent(new Event('online'))").await;
    page.until("test.head('name').textContent === 'Tuesday'").await;
    page.until("test.head('percent').textContent === '25%'").await;
    first.abort();
    second.abort();
}
