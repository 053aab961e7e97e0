//! Titles, messages and errors are shown as text, whatever they contain.

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;
use std::io::Write;

use crate::page::Page;
use crate::site::Site;
use crate::states::play;

const MARKUP: &str = "<img src=x onerror=\"window.harmed = 1\"><script>window.harmed = 1</script>";

#[tokio::test(flavor = "multi_thread")]
async fn markup_and_terminal_escapes_stay_text_under_the_policy() {
    let Some(page) = Page::new().await else { return };
    let site = Site::open();
    let title = format!("{MARKUP}\u{1b}[31mred\u{7}");
    let played = play(&site.runs, &title);
    played.director.order(["length 4", "inc 1"]);
    played
        .director
        .order([format!("message {MARKUP}").as_str(), format!("error {MARKUP}").as_str()]);

    page.open(&played.view(&site)).await;
    let text = format!("◐ Process downloads running · 1/4 · {MARKUP} · 1 error 25%");
    page.until_row("Process downloads", &text).await;
    let shown = format!("{MARKUP}red␇");
    assert_eq!(page.text("test.head('name').textContent").await, shown);
    assert_eq!(page.text("document.title").await, format!("3% {shown}"));
    played.director.order([format!("fail {MARKUP}").as_str()]);
    page.until("test.head('status').textContent.startsWith('failed: <img src=x')").await;

    page.open(&site.url("/workflows/")).await;
    page.until("document.querySelector('.over .title')").await;
    assert_eq!(page.text("document.querySelector('.over .title').textContent").await, shown);
    let made = "[...document.querySelectorAll('img, main script')].length";
    assert_eq!(page.get(made).await, json!(0));
    assert_eq!(page.get("window.harmed ?? null").await, json!(null));
    page.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn long_text_and_text_from_right_to_left_stay_within_320_pixels() {
    let Some(page) = Page::new().await else { return };
    page.resize(320).await;
    let site = Site::open();
    let long = "x".repeat(600);
    let played = play(&site.runs, &format!("{long} مرحبا بالعالم"));
    let message = format!("message {long} שלום");
    played.director.order(["length 18446744073709551615", "inc 1", message.as_str()]);
    for path in [format!("/workflows/view/{}", played.id), "/workflows".to_owned()] {
        page.open(&site.url(&path)).await;
        page.until("test.textOf(test.row('Process downloads'))?.includes('שלום')").await;
        assert_eq!(
            page.get("document.documentElement.scrollWidth <= 320").await,
            json!(true),
            "{path}"
        );
    }
    played.run.abort();
    page.assert_clean().await;
}

#[test]
fn the_element_is_small() {
    let element = include_bytes!("../../progress-axum/assets/workflow-progress.js");
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(element).unwrap();
    let size = gzip.finish().unwrap().len();
    assert!(size <= 6_400, "{size} bytes gzipped");
}
