//! The bar as the browser paints it, frame by frame.

use std::time::Duration;

use backon::ConstantBuilder;
use progress_runtime::{Interrupted, Progress, workflow};
use serde_json::json;
use tokio::time::sleep;

use crate::page::Page;
use crate::scene::{Wrong, orders, process_new_scenes};
use crate::site::Site;

workflow!(
    /// A total that grows, attempts that fail, a loop and two branches at once.
    async fn climb(attempts: &mut u32, progress: Progress) -> Result<(), Wrong> {
        #[step(2, "Find")]
        find(progress).await?;

        #[step(2, "Fetch")]
        #[retry(ConstantBuilder::new().with_delay(Duration::from_millis(20)).with_max_times(4))]
        fetch(attempts, progress).await?;

        #[step(3, "Analyze")]
        for _ in 0..5 {
            #[step(4, "Look")]
            count(20, progress).await?;

            #[step(1, "Write")]
            count(3, progress).await?;
        }

        #[step(2, "Publish")]
        #[parallel]
        let ((), ()) = (
            #[step(1, "Pages")]
            count(25, progress).await?,
            #[step(1, "Index")]
            count(40, progress).await?,
        );

        Ok(())
    }
);

async fn count(units: u64, mut progress: Progress) -> Result<(), Interrupted> {
    progress.set_length(units);
    for _ in 0..units {
        sleep(Duration::from_millis(8)).await;
        progress.inc(1);
    }
    Ok(())
}

async fn find(mut progress: Progress) -> Result<(), Interrupted> {
    progress.set_length(10);
    for found in 0..40 {
        sleep(Duration::from_millis(8)).await;
        progress.inc(1);
        if found % 10 == 5 {
            progress.set_length(20 + found);
        }
    }
    Ok(())
}

async fn fetch(attempts: &mut u32, mut progress: Progress) -> Result<(), Wrong> {
    *attempts += 1;
    progress.set_length(20);
    for part in 0..20 {
        sleep(Duration::from_millis(8)).await;
        progress.inc(1);
        if *attempts < 3 && part == 14 {
            return Err(Wrong::new("connection reset"));
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn each_frame_of_a_run_shows_a_bar_that_never_goes_back_and_is_full_once_after_the_end() {
    let Some(page) = Page::new().await else { return };
    let site = Site::open();
    let (run, progress) = site.runs.start("Climb");
    page.open(&site.url(&format!("/workflows/view/{}", run.id()))).await;
    page.until("test.element().snapshot").await;

    let task = tokio::spawn(async move { climb(&mut 0, progress).await });
    page.until("test.events.some((event) => event.type === 'end')").await;
    task.await.unwrap().unwrap();
    page.until("test.frames.at(-1).painted >= 0.9999").await;

    let frames = page.get("test.frames").await;
    let frames = frames.as_array().unwrap();
    let painted: Vec<_> = frames.iter().map(|frame| frame["painted"].as_f64().unwrap()).collect();
    let steps = painted.windows(2).filter(|pair| pair[1] > pair[0]).count();
    assert!(steps > 20, "the bar moves smoothly: {steps} steps in {} frames", frames.len());
    for pair in painted.windows(2) {
        assert!(pair[1] >= pair[0] - 1e-6, "the bar went back: {} to {}", pair[0], pair[1]);
    }
    let mut now = 0;
    for (frame, painted) in frames.iter().zip(&painted) {
        let ended = frame["ended"] == json!(true);
        assert_eq!(frame["left"], json!(0), "the bar stays at its start: {frame}");
        assert!(ended || *painted < 0.99995, "full before the end: {frame}");
        let Some(value) = frame["now"].as_str() else {
            assert_eq!((now, frame["said"].as_str()), (0, Some("")), "{frame}");
            continue;
        };
        let value: u32 = value.parse().unwrap();
        assert!(value >= now, "the number went back: {now} to {value}");
        assert!(ended || value < 100, "100 before the end: {frame}");
        assert_eq!(frame["said"], json!(format!("{value}%")));
        now = value;
    }
    assert_eq!(now, 100);
    let ends = "test.events.filter((event) => event.type === 'end').map((event) => event.progress)";
    assert_eq!(page.get(ends).await, json!([10_000]));
    page.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_moves_with_reduced_motion() {
    let Some(page) = Page::new().await else { return };
    page.prefer("prefers-reduced-motion", "reduce").await;
    let site = Site::open();
    let (run, progress) = site.runs.start("Process new scenes");
    let (director, orders) = orders();
    let task = tokio::spawn(async move { process_new_scenes(&orders, progress).await });
    page.open(&site.url(&format!("/workflows/view/{}", run.id()))).await;
    // Without reduced motion, a bar without a total is animated.
    page.until("test.head('bar')?.classList.contains('unknown')").await;
    assert_eq!(page.get("test.root().getAnimations().length").await, json!(0));

    director.order(["length 2", "inc 1"]);
    page.until("test.head('percent').textContent === '7%'").await;
    director.order(["inc 1", "done", "length 4", "inc 3"]);
    page.until("test.head('percent').textContent === '26%'").await;
    let between = "test.frames.filter((frame) => Math.abs(frame.painted - frame.reported) > 1e-3)";
    assert_eq!(page.get(between).await, json!([]), "each frame shows the reported number");
    assert_eq!(page.get("test.root().getAnimations().length").await, json!(0));
    task.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_that_is_late_or_comes_twice_changes_nothing() {
    let Some(page) = Page::new().await else { return };
    let site = Site::open();
    let (run, progress) = site.runs.start("Process new scenes");
    let (director, orders) = orders();
    let task = tokio::spawn(async move { process_new_scenes(&orders, progress).await });
    director.order(["length 4", "inc 2", "message the second"]);
    page.open(&site.url(&format!("/workflows/view/{}", run.id()))).await;
    page.until_row("Process downloads", "◐ Process downloads running · 2/4 · the second 50%").await;

    page.run(
        "const late = structuredClone(test.element().snapshot); \
         window.before = [test.root().innerHTML, test.events.length]; \
         const other = { title: 'Another', status: 'failed', progress: 1, steps: [] }; \
         test.element().snapshot = { ...late, ...other }; \
         test.element().snapshot = { ...late, ...other, seq: late.seq - 1 };",
    )
    .await;
    let same = "before[0] === test.root().innerHTML && before[1] === test.events.length";
    assert_eq!(page.get(same).await, json!(true));

    // A later one whose number has fallen, which no server sends, is shown, but the number holds.
    page.run(
        "const later = structuredClone(test.element().snapshot); \
         test.element().snapshot = { ...later, seq: later.seq + 1e6, title: 'Later', progress: 3 };",
    )
    .await;
    assert_eq!(page.text("test.head('name').textContent").await, "Later");
    assert_eq!(page.text("test.head('percent').textContent").await, "7%");
    task.abort();
    page.assert_clean().await;
}
