//! Accessibility: screen readers, the keyboard, contrast and small screens.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::chrome::skipped;
use crate::page::{ENTER, Page, SPACE, TAB};
use crate::site::Site;
use crate::states::play;

/// The attributes of the bar that a screen reader announces.
const BAR: &str = "['role', 'aria-label', 'aria-valuemin', 'aria-valuemax', 'aria-valuenow', 'aria-valuetext']\
    .map((name) => test.head('bar').getAttribute(name))";

#[tokio::test(flavor = "multi_thread")]
async fn the_bar_is_a_progressbar_and_has_no_value_while_nothing_can_be_counted() {
    let Some(page) = Page::new().await else { return };
    let site = Site::open();
    let played = play(&site.runs, "Process new scenes");
    page.open(&played.view(&site)).await;
    page.until_row("Process downloads", "◐ Process downloads running").await;
    let expected = json!([
        "progressbar",
        "Process new scenes",
        "0",
        "100",
        null,
        "step 1 of 6, Process downloads"
    ]);
    assert_eq!(page.get(BAR).await, expected);

    played.to_the_loop();
    played.director.order(["length 100", "inc 50"]);
    page.until("test.head('percent').textContent === '41%'").await;
    let expected = json!([
        "progressbar",
        "Process new scenes",
        "0",
        "100",
        "41",
        "41%, step 4 of 6, Analyze scenes"
    ]);
    assert_eq!(page.get(BAR).await, expected);
    played.run.abort();
    page.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_change_of_step_and_the_end_are_announced() {
    let Some(page) = Page::new().await else { return };
    let site = Site::open();
    let played = play(&site.runs, "Process new scenes");
    let director = &played.director;
    page.open(&played.view(&site)).await;
    page.until_row("Process downloads", "◐ Process downloads running").await;
    page.run(
        "new MutationObserver(() => test.spoken.push(test.head('announcement').textContent))\
         .observe(test.head('announcement'), { childList: true, characterData: true, subtree: true })",
    )
    .await;
    let live = "[...test.root().querySelectorAll('[role], [aria-live]')].map((node) => node.getAttribute('role') ?? 'live')";
    assert_eq!(page.get(live).await, json!(["progressbar", "status"]));

    director.order(["length 4", "inc 1", "message one"]);
    page.until("test.head('percent').textContent === '3%'").await;
    director.order(["inc 2", "message three"]);
    page.until("test.head('percent').textContent === '11%'").await;
    director.order(["done", "length 2", "inc 1"]);
    page.until("test.head('percent').textContent === '22%'").await;
    director.order(["fail the disk is full", "fail the disk is full", "fail the disk is full"]);
    page.until("test.textOf(test.row('Scan metadata')).includes('attempt 4/4')").await;
    director.order(["fail the disk is full"]);
    page.until("test.spoken.length >= 2").await;
    let expected =
        json!(["step 2 of 6, Scan metadata", "Process new scenes failed: the disk is full"]);
    assert_eq!(page.get("test.spoken").await, expected);
    page.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_works_with_the_keyboard() {
    let Some(page) = Page::new().await else { return };
    let site = Site::open();
    let played = play(&site.runs, "Process new scenes");
    page.open(&played.view(&site)).await;
    page.until_row("Generate previews", "○ Generate previews pending").await;

    let focused = "(test.root().activeElement ?? document.activeElement)";
    let mut stops = Vec::new();
    for _ in 0..4 {
        page.press(TAB).await;
        let name = format!("{focused}.ariaLabel || {focused}.textContent");
        stops.push(page.text(&name).await);
        let ring = format!("getComputedStyle({focused}).outlineStyle");
        assert_ne!(page.text(&ring).await, "none", "the focus is seen on {stops:?}");
    }
    let expected =
        ["Workflows", "steps of Process new scenes", "Cancel", "steps of Generate previews"];
    assert_eq!(stops, expected);

    page.press(ENTER).await;
    page.until("test.seen(test.row('Sprites'))").await;
    page.press(SPACE).await;
    page.until("!test.seen(test.row('Sprites'))").await;

    page.run("test.head('cancel').focus()").await;
    page.press(SPACE).await;
    page.until("test.head('status').textContent === 'cancelled'").await;
    assert!(played.run.await.unwrap().is_err());
    page.assert_clean().await;
}

/// Applies the rules of axe-core to a page in each of its states.
#[tokio::test(flavor = "multi_thread")]
async fn axe_finds_no_violation() {
    let axe =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("browser/node_modules/axe-core/axe.min.js");
    let Ok(axe) = fs::read_to_string(axe) else {
        skipped("axe-core", "npm ci --prefix tests/browser");
        return;
    };
    let Some(page) = Page::new().await else { return };
    page.prepare(&axe).await;
    let site = Site::open();
    let look = async |what: &str| {
        for (width, scheme) in [(900, "light"), (900, "dark"), (320, "light"), (320, "dark")] {
            page.resize(width).await;
            page.prefer("prefers-color-scheme", scheme).await;
            page.until(&format!(
                "innerWidth === {width} && matchMedia('(prefers-color-scheme: {scheme})').matches"
            ))
            .await;
            let found = page
                .until(
                    "(window.found ??= (axe.run({ resultTypes: ['violations'] }).then((results) => { window.found = \
                     results.violations.map((rule) => [rule.id, ...rule.nodes.map((node) => node.target.flat().join(' ') + \
                     ': ' + node.failureSummary)]) }), 0)) || null",
                )
                .await;
            page.run("delete window.found").await;
            assert_eq!(found, json!([]), "{what}, {width} pixels wide, {scheme}");
        }
    };

    page.open(&site.url("/workflows")).await;
    page.until("test.seen(document.querySelector('.empty'))").await;
    look("no runs").await;

    let played = play(&site.runs, "Process new scenes");
    let director = &played.director;
    director.order(["length 2", "inc 1"]);
    page.open(&played.view(&site)).await;
    page.until_row("Process downloads", "◐ Process downloads running · 1/2 50%").await;
    look("running").await;
    director.order(["done", "length 2", "inc 1", "fail connection reset"]);
    page.until("test.textOf(test.row('Scan metadata')).includes('retrying')").await;
    look("retrying").await;
    director.order(["done", "length 4", "inc 1"]);
    page.until("test.seen(test.row('batch 1'))").await;
    look("in a loop").await;
    director.order(["done", "done", "done", "fail the catalogue is locked"]);
    page.until("test.head('status').textContent.startsWith('failed')").await;
    look("failed").await;

    let cancelled = play(&site.runs, "Cancelled");
    page.open(&cancelled.view(&site)).await;
    page.until("test.head('cancel').checkVisibility()").await;
    cancelled.run.abort();
    page.until("test.head('status').textContent === 'cancelled'").await;
    look("cancelled").await;

    let done = play(&site.runs, "Done");
    done.to_the_loop();
    for _ in 1..=7 {
        done.director.order(["done", "done", "done"]);
    }
    done.director.order_farm(["done"]);
    done.director.order(["done", "done"]);
    page.open(&done.view(&site)).await;
    page.until("test.head('percent')?.textContent === '100%'").await;
    look("done").await;

    let running = play(&site.runs, "Running");
    page.open(&site.url("/workflows")).await;
    page.until("test.head('name')?.textContent === 'Running'").await;
    look("all runs").await;
    page.open(&site.url("/workflows/view/nobody")).await;
    look("no such run").await;
    running.run.abort();
}
