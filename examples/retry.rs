//! A step that is tried again, and may take only so long each time.
//!
//! `cargo run --release --example retry`

use std::time::Duration;

use anyhow::{Result, bail};
use backon::ConstantBuilder;
use progress_runtime::{Progress, Run, Terminal, workflow};
use tokio::time::sleep;

workflow!(
    async fn fetch(server: &mut Server, progress: Progress) -> Result<String> {
        // Any policy of the `backon` crate. Each attempt has its own timeout, and a fresh share of the same
        // range: what is shown never goes back.
        #[step(4, "Downloading")]
        #[retry(ConstantBuilder::new().with_delay(Duration::from_millis(200)).with_max_times(3))]
        #[timeout(Duration::from_millis(800))]
        let page = server.download(progress).await?;

        #[step(1, "Unpacking")]
        #[untracked]
        sleep(Duration::from_millis(100)).await;

        Ok(page)
    }
);

/// Breaks off at first, then hangs, then works.
#[derive(Default)]
struct Server {
    calls: u32,
}

impl Server {
    async fn download(&mut self, mut progress: Progress) -> Result<String> {
        self.calls += 1;
        progress.set_length(10);
        for part in 1..=10 {
            match (self.calls, part) {
                (1, 5) => bail!("connection reset"),
                (2, 8) => std::future::pending().await,
                _ => sleep(Duration::from_millis(30)).await,
            }
            progress.inc(1);
        }
        Ok("a page".to_owned())
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let (run, progress) = Run::start("Fetch");
    run.report_to(Terminal::stderr());
    let page = fetch(&mut Server::default(), progress).await?;
    println!("got {page}");
    Ok(())
}
