//! Runs two steps in parallel, then up to three items of a loop at a time.
//!
//! `cargo run --release --example parallel`

use std::time::Duration;

use progress_runtime::{Interrupted, Progress, Run, Terminal, workflow};
use tokio::time::sleep;

workflow!(
    async fn publish(pages: Vec<String>, progress: Progress) -> Result<u64, Interrupted> {
        // With `?`, the first error drops the other branch. Without it, both run to their end.
        #[step(2, "Generating")]
        #[parallel]
        let (previews, sprites) = (
            #[step(2, "Previews")]
            generate(40, progress).await?,
            #[step(1, "Sprites")]
            generate(20, progress).await?,
        );

        #[step(1, "Uploading {} pages", pages.len())]
        #[concurrent(3)]
        for page in pages {
            upload(&page, progress).await?;
        }

        Ok(previews + sprites)
    }
);

async fn generate(images: u64, mut progress: Progress) -> Result<u64, Interrupted> {
    progress.set_length(images);
    for _ in 0..images {
        sleep(Duration::from_millis(20)).await;
        progress.inc(1);
    }
    Ok(images)
}

async fn upload(page: &str, mut progress: Progress) -> Result<(), Interrupted> {
    progress.set_message(format!("uploading {page}"));
    sleep(Duration::from_millis(150)).await;
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Interrupted> {
    let pages = (1..=12).map(|number| format!("page {number}")).collect();

    let (run, progress) = Run::start("Publish");
    run.report_to(Terminal::stderr());
    let images = publish(pages, progress).await?;
    println!("{images} images");
    Ok(())
}
