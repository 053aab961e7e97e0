//! Shows the progress of a library that reports to a callback, without changing the library.
//!
//! `cargo run --release --example callback`

use std::thread;
use std::time::Duration;

use anyhow::Result;
use progress_runtime::{Lines, Progress, Run, workflow};

/// Stands for a third-party library. It reports a percentage, a message, or both.
fn encode(frames: u32, report: impl Fn(Option<f64>, Option<&str>)) -> Result<u32> {
    report(None, Some("opening the video"));
    for frame in 1..=frames {
        thread::sleep(Duration::from_millis(5));
        report(Some(f64::from(frame) * 100.0 / f64::from(frames)), None);
    }
    report(None, Some("closing the video"));
    Ok(frames)
}

workflow!(
    async fn export(progress: Progress) -> Result<u32> {
        #[step(9, "Encoding")]
        let frames = encode_on_blocking_thread(progress).await?;

        #[step(1, "Uploading")]
        #[untracked]
        tokio::time::sleep(Duration::from_millis(100)).await;

        Ok(frames)
    }
);

async fn encode_on_blocking_thread(progress: Progress) -> Result<u32> {
    let job = progress.spawn_blocking(|progress| encode(200, progress.callback()));
    job.await?
}

#[tokio::main]
async fn main() -> Result<()> {
    let (run, progress) = Run::start("Export");
    run.report_to(Lines::stderr().heartbeat(Duration::from_millis(250)));
    let frames = export(progress).await?;
    println!("{frames} frames");
    Ok(())
}
