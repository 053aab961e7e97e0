//! Retries a step that fails or takes too long.
//!
//! `cargo run --release --example retry`

use std::time::Duration;

use anyhow::{Result, bail};
use backon::ConstantBuilder;
use progress_runtime::{Progress, Run, Terminal, workflow};
use tokio::time::sleep;

workflow!(
    async fn fetch(server: &mut Server, progress: Progress) -> Result<String> {
        // The policy can be any of the `backon` crate. The timeout applies to each attempt. A new
        // attempt starts its work over, but the percentage never decreases.
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

/// Fails on the first call, hangs on the second, and succeeds on the third.
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
