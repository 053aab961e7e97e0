//! Steps and runs in each of their states, and the actions that the page offers for them.

use progress_axum::Runs;
use progress_runtime::Unit;
use serde_json::json;
use tokio::task::JoinHandle;

use crate::page::Page;
use crate::scene::{Director, Wrong, orders, process_new_scenes};
use crate::site::Site;

/// A page with an element that shows no run yet.
const ELEMENT: &str = "<!doctype html><link rel=icon href=data:,>\
    <script type=module src=/workflows/workflow-progress.js></script><workflow-progress></workflow-progress>";

/// A run of the scene, and the sender of its orders.
pub struct Played {
    pub id: String,
    pub director: Director,
    pub run: JoinHandle<Result<(), Wrong>>,
}

pub fn play(runs: &Runs, title: &str) -> Played {
    let (started, progress) = runs.start(title);
    let (director, orders) = orders();
    let run = tokio::spawn(async move { process_new_scenes(&orders, progress).await });
    Played { id: started.id().to_owned(), director, run }
}

impl Played {
    pub fn view(&self, site: &Site) -> String {
        site.url(&format!("/workflows/view/{}", self.id))
    }

    /// Completes the steps before the loop.
    pub fn to_the_loop(&self) {
        self.director.order(["length 42", "inc 42", "done", "length 3", "inc 3", "done"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_step_shows_the_sign_and_the_name_of_its_state_and_the_reason() {
    let Some(page) = Page::new().await else { return };
    let site = Site::open();
    let played = play(&site.runs, "Process new scenes");
    let director = &played.director;
    page.open(&played.view(&site)).await;
    page.until_row("Process downloads", "◐ Process downloads running").await;
    page.until_row("Final sync", "○ Final sync pending").await;

    director.order(["length 42", "inc 42", "done", "length 10", "inc 3", "fail connection reset"]);
    page.until_row("Process downloads", "✓ Process downloads completed · 42 done").await;
    let text = "↻ Scan metadata retrying, attempt 2/4: connection reset 30%";
    page.until_row("Scan metadata", text).await;
    director.order(["length 10", "inc 10", "done"]);
    page.until_row("Scan metadata", "✓ Scan metadata completed · 10 done").await;
    page.until_row("Incremental sync", "↷ Incremental sync skipped: no pending scenes").await;

    // The first batch goes well; in the second one something fails, and is survived.
    page.until_row("Analyze scenes", "◐ Analyze scenes running · batch 1/7 0%").await;
    director.order(["length 100", "inc 62", "message IMG_2041.jpg"]);
    page.until_row("batch 1", "◐ batch 1 Analysis running · 62/100 · IMG_2041.jpg 37%").await;
    director.order(["done"]);
    page.until_row("batch 1", "◐ batch 1 Apply changes running 60%").await;
    page.until("test.part(test.row('batch 1'), 'time').textContent === '1s'").await;
    director.order(["done", "done"]);
    page.until_row("batch 1", "✓ batch 1 completed").await;
    page.until_row("batch 2", "◐ batch 2 Analysis running").await;
    director.order(["done"]);
    page.until_row("batch 2", "◐ batch 2 Apply changes running 60%").await;
    director.order(["fail 2 changes failed"]);
    page.until_row("batch 2", "◐ batch 2 Clean up running 80%").await;
    director.order(["done"]);
    page.until_row("batch 2", "⚠\u{fe0e} batch 2 completed with errors: 2 changes failed").await;
    assert_eq!(
        page.get("test.head('status').textContent.endsWith(' · 1 error')").await,
        json!(true)
    );

    for _ in 3..=7 {
        director.order(["done", "done", "done"]);
    }
    page.until_row(
        "Analyze scenes",
        "⚠\u{fe0e} Analyze scenes completed with errors · 7 done · 1 error",
    )
    .await;
    // Failed rows stay open, successful ones are folded away.
    assert_eq!(page.get("test.seen(test.row('batch 2'))").await, json!(true));
    assert_eq!(page.get("test.row('batch 1') ?? null").await, json!(null));

    director.order_farm(["frame 3/40"]);
    let text = "◐ Render on the farm running · 7/100 · frame 3 of 40 · render job 7 7%";
    page.until_row("Render on the farm", text).await;
    director.order(["fail no space left on the device"]);
    page.until("test.textOf(test.row('Sprites')).startsWith('✗ Sprites failed')").await;
    director.order_farm(["stopped"]);
    page.until_row("Sprites", "✗ Sprites failed: no space left on the device").await;
    page.until_row("Generate previews", "✗ Generate previews failed").await;
    page.until_row("Render on the farm", "⊘ Render on the farm cancelled · 7 done").await;
    page.until_row("Final sync", "○ Final sync pending").await;
    assert_eq!(page.get("test.seen(test.row('Sprites'))").await, json!(true));
    let said = page.text("test.head('status').textContent").await;
    assert_eq!(said, "failed: no space left on the device");
    assert_eq!(page.get("test.seen(test.head('cancel'))").await, json!(false));
    assert_eq!(page.text("document.title.replace(/\\d+/, 'n')").await, "✗ Process new scenes");
    page.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_click_cancels_and_the_wait_is_shown() {
    let Some(page) = Page::new().await else { return };
    let site = Site::open();
    let played = play(&site.runs, "Process new scenes");
    let director = &played.director;
    played.to_the_loop();
    for _ in 1..=7 {
        director.order(["done", "done", "done"]);
    }
    director.order_farm(["frame 3/40"]);
    page.open(&played.view(&site)).await;
    page.until("test.textOf(test.row('Render'))?.includes('frame 3')").await;
    page.until("document.title === '75% Process new scenes'").await;

    page.click("test.head('cancel')").await;
    page.until(
        "test.head('status').textContent.startsWith('cancelling · waiting for Generate previews')",
    )
    .await;
    let button =
        "(({ textContent, ariaDisabled }) => [textContent, ariaDisabled])(test.head('cancel'))";
    assert_eq!(page.get(button).await, json!(["cancelling…", "true"]));
    page.until_row("Generate previews", "◌ Generate previews cancelling 5%").await;

    // The remote job has ended, and with it the run.
    director.order_farm(["stopped"]);
    page.until("test.head('status').textContent === 'cancelled'").await;
    page.until_row("Render on the farm", "⊘ Render on the farm cancelled · 7 done").await;
    assert_eq!(page.text("test.head('percent').textContent").await, "75%");
    assert_eq!(page.get("test.seen(test.head('cancel'))").await, json!(false));
    assert!(played.run.await.unwrap().is_err());
    page.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_that_the_server_refuses_is_shown_and_can_be_repeated() {
    let Some(page) = Page::new().await else { return };
    let site = Site::with_page(
        "<!doctype html><link rel=icon href=data:,><script type=module src=/status/workflow-progress.js></script><workflow-progress></workflow-progress>",
    );
    let played = play(&site.runs, "Process new scenes");
    page.open(&site.url("/page")).await;
    // The read-only routes have no cancel, and this element lacks `readonly`.
    page.run(&format!("test.element().src = '/status/runs/{}'", played.id)).await;
    page.click("test.head('cancel')").await;
    page.until("test.head('problem').textContent.startsWith('not cancelled: ')").await;
    let text = page.text("test.head('problem').textContent").await;
    assert!(
        text.contains("read-only") || text.contains("looked at"),
        "the text of the server: {text}"
    );
    let button =
        "(({ textContent, ariaDisabled }) => [textContent, ariaDisabled])(test.head('cancel'))";
    assert_eq!(page.get(button).await, json!(["Cancel", "false"]));

    page.run("test.element().toggleAttribute('readonly', true)").await;
    assert_eq!(page.get("test.seen(test.head('cancel'))").await, json!(false));
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_reload_everything_is_shown_at_once() {
    let Some(page) = Page::new().await else { return };
    let site = Site::open();
    let played = play(&site.runs, "Process new scenes");
    played.to_the_loop();
    played.director.order(["length 100", "inc 62"]);
    page.open(&played.view(&site)).await;
    page.until(
        "test.textOf(test.row('Analyze scenes')) === '◐ Analyze scenes running · batch 1/7 5%'",
    )
    .await;
    let before = "[...test.root().querySelectorAll('li.step')].map(test.textOf).join('\\n')";
    page.until("test.textOf(test.row('batch 1'))").await;
    let rows = page.text(before).await;

    page.0.client.refresh().await.unwrap();
    page.until("test.textOf(test.row('batch 1'))").await;
    assert_eq!(page.text(before).await, rows);
    // The bar does not grow from 0: its first frame shows the current number.
    let first = page.until("test.frames[0]").await;
    let value = |name: &str| first[name].as_f64().unwrap();
    let (painted, reported) = (value("painted"), value("reported"));
    assert!((painted - reported).abs() < 1e-3, "{first}");
    played.run.abort();
    page.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_kept_and_stay_as_the_user_has_folded_them() {
    let Some(page) = Page::new().await else { return };
    let site = Site::open();
    let played = play(&site.runs, "Process new scenes");
    page.open(&played.view(&site)).await;
    page.until_row("Generate previews", "○ Generate previews pending").await;
    page.run("window.rows = [...test.root().querySelectorAll('li.step')]").await;

    // Pending rows are closed, and can be opened.
    let open =
        "[test.seen(test.row('Sprites')), test.part(test.row('Generate'), 'toggle').ariaExpanded]";
    assert_eq!(page.get(open).await, json!([false, "false"]));
    page.click("test.part(test.row('Generate'), 'toggle')").await;
    assert_eq!(page.get(open).await, json!([true, "true"]));

    played.to_the_loop();
    page.until("test.textOf(test.row('Analyze scenes'))?.includes('batch 1/7')").await;
    assert_eq!(page.get(open).await, json!([true, "true"]));
    // Running rows are open, and can be closed.
    page.until("test.seen(test.row('batch 1'))").await;
    page.click("test.part(test.row('Analyze'), 'toggle')").await;
    played.director.order(["done"]);
    page.until("test.textOf(test.row('Analyze scenes'))?.includes('8%')").await;
    assert_eq!(page.get("test.seen(test.row('batch 1'))").await, json!(false));

    let same = "rows.every((row) => row.isConnected)";
    assert_eq!(page.get(same).await, json!(true), "each row is still the same");
    played.run.abort();
    page.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_element_that_is_moved_keeps_its_rows_and_a_new_address_replaces_them() {
    let Some(page) = Page::new().await else { return };
    let site = Site::with_page(ELEMENT);
    let (first, second) = (play(&site.runs, "First"), play(&site.runs, "Second"));
    first.director.order(["length 4", "inc 3"]);
    page.open(&site.url("/page")).await;
    page.run(&format!("test.element().src = '/workflows/runs/{}'", first.id)).await;
    page.until_row("Process downloads", "◐ Process downloads running · 3/4 75%").await;
    page.run("window.row = test.row('Process'); document.body.prepend(test.element())").await;
    first.director.order(["inc 1"]);
    page.until_row("Process downloads", "◐ Process downloads running · 4/4 99%").await;
    assert_eq!(page.get("row === test.row('Process')").await, json!(true));

    // The bar of the new run does not move back from that of the previous one.
    page.run(&format!(
        "test.frames.length = 0; test.element().setAttribute('src', 'workflows/runs/{}')",
        second.id
    ))
    .await;
    page.until("test.head('name').textContent === 'Second'").await;
    assert_eq!(page.get("row === test.row('Process')").await, json!(false));
    page.until(
        "test.frames.length > 5 && test.frames.every(({ painted, reported }) => painted <= reported)",
    )
    .await;

    page.run("test.element().remove()").await;
    site.until_streams(|streams| streams.open == 0).await;
    first.run.abort();
    second.run.abort();
    page.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_states_and_fields_of_a_later_version_are_shown_or_ignored() {
    let Some(page) = Page::new().await else { return };
    let site = Site::with_page(ELEMENT);
    page.open(&site.url("/page")).await;
    page.until("customElements.get('workflow-progress')").await;
    page.run(
        "test.element().snapshot = { v: 1, run: 'r', seq: 1, now: 5000, title: 'Later', status: 'being_weighed', \
         progress: 1000, step: { current: 1, total: 2 }, started: 1000, ended: null, cancellable: true, shape: [1], \
         steps: [{ id: 'a', title: 'First', status: 'half_baked', progress: 5, started: 1000 }, \
         { id: 'b', title: 'Second', status: 'running', colour: {}, progress: 4200, children: [{ id: '9', status: 'running' }], more: 12 }] }",
    )
    .await;
    page.until_row("First", "• First half baked 0%").await;
    page.until_row("Second", "◐ Second running 42%").await;
    let more = "test.row('Second').querySelector(':scope > ol > .more')";
    assert_eq!(
        page.get(&format!("[{more}.textContent, test.seen({more})]")).await,
        json!(["… 12 more", true])
    );
    assert_eq!(page.text("test.head('status').textContent").await, "being weighed · step 1/2");
    // The time advances without a stream too.
    page.until("test.head('time').textContent === '5s'").await;
    page.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_all_runs_is_live_and_its_newest_come_first() {
    let Some(page) = Page::new().await else { return };
    let site = Site::open();
    page.open(&site.url("/workflows")).await;
    page.until("test.seen(document.querySelector('.empty'))").await;

    let first = play(&site.runs, "First");
    page.until("test.head('name')?.textContent === 'First'").await;
    assert_eq!(page.get("test.seen(document.querySelector('.empty'))").await, json!(false));
    let second = play(&site.runs, "Second");
    page.until("test.head('name', 1)?.textContent === 'First'").await;
    page.until("document.title === '2 running · Workflows'").await;
    assert_eq!(page.text("test.head('name').textContent").await, "Second");

    first.run.abort();
    page.until("document.title === '1 running · Workflows'").await;
    page.until("test.head('status', 1).textContent === 'cancelled'").await;

    // Runs that had ended before take one line each, and only twenty are shown at first.
    for index in 0..25 {
        let (_, progress) = site.runs.start(format!("Quick {index}"));
        progress.finish();
    }
    page.0.client.refresh().await.unwrap();
    page.until("document.querySelectorAll('main > ol > li').length === 20").await;
    let more = "document.querySelector('button.more')";
    assert_eq!(page.text(&format!("{more}.textContent")).await, "… 7 more");
    page.click(more).await;
    page.until("document.querySelectorAll('main > ol > li').length === 27").await;
    assert_eq!(page.get(&format!("test.seen({more})")).await, json!(false));

    // The title leads to the page of the run.
    page.click("document.querySelector('.over a')").await;
    page.until("document.title === '✓ Quick 24'").await;
    page.click("document.querySelector('h1 a')").await;
    page.until("document.title === '1 running · Workflows'").await;
    second.run.abort();
    page.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sizes_names_and_a_last_word_are_shown() {
    let Some(page) = Page::new().await else { return };
    let site = Site::open();
    let (run, mut progress) = site.runs.start("Download");
    progress.set_unit(Unit::Bytes);
    progress.set_length(84_000_000);
    progress.inc(13_600_000);
    page.open(&site.url(&format!("/workflows/view/{}", run.id()))).await;
    page.until("test.head('status').textContent === 'running · 13.6 MB/84.0 MB'").await;
    let mut file = progress.split_named(50_000_000, "big.iso");
    file.set_unit(Unit::named("block", "blocks"));
    file.set_length(1_000);
    file.inc(999);
    page.until_row("big.iso", "◐ big.iso running · 999/1000 blocks 99%").await;
    file.finish();
    progress.finish_with("2 files");
    page.until("test.head('status').textContent === 'completed · 2 files'").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_speed_is_written_as_in_the_terminal() {
    let Some(page) = Page::new().await else { return };
    let site = Site::with_page(ELEMENT);
    page.open(&site.url("/page")).await;
    let (run, _progress) = site.runs.start("Download");
    let mut snapshot = serde_json::to_value(&*run.snapshot()).unwrap();
    snapshot["status"] = json!("running");
    let named = json!({"named": {"one": "page", "many": "pages"}});
    for (seq, unit, rate, shown) in [
        (10, json!("bytes"), json!(340_999), "1.5 kB · 340 kB/s"),
        (11, json!("binary_bytes"), json!(2_048), "1.4 KiB · 2.0 KiB/s"),
        (12, named, json!(3.12), "1500 pages · 3.1/s"),
        (13, json!(null), json!(0.5), "1500 · 30.0/min"),
        (14, json!("bytes"), json!(0), "1.5 kB · 0 B/s"),
    ] {
        snapshot["seq"] = json!(seq);
        snapshot["count"] = json!({"done": 1_500, "total": null, "unit": unit, "rate": rate});
        page.get(&format!("document.querySelector('workflow-progress').snapshot = {snapshot}, 0"))
            .await;
        let text = format!("running · {shown}");
        assert_eq!(page.get("test.head('status').textContent").await, json!(text));
    }
}
