//! Follows a job that runs elsewhere: shows its progress, forwards a cancel, and waits for its end.
//!
//! `cargo run --release --example follow`

use std::time::Duration;

use anyhow::Result;
use progress_runtime::{JobUpdate, Lines, Progress, RemoteJob, Run, workflow};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::sleep;

const FRAMES: u32 = 50;

/// A job on a render farm. Here the farm is a task of this process; it could be a remote service
/// that you poll.
struct Rendering {
    frame: watch::Receiver<u32>,
    cancel: watch::Sender<bool>,
    task: JoinHandle<u32>,
}

impl RemoteJob for Rendering {
    type Output = u32;
    type Error = tokio::task::JoinError;

    fn id(&self) -> String {
        "render-7".to_owned()
    }

    fn kind(&self) -> String {
        "render".to_owned()
    }

    async fn watch(&mut self) -> Option<JobUpdate> {
        self.frame.changed().await.ok()?;
        let frame = *self.frame.borrow_and_update();
        let fraction = f64::from(frame) / f64::from(FRAMES);
        Some(JobUpdate::fraction(fraction).with_message(format!("frame {frame} of {FRAMES}")))
    }

    async fn cancel(&mut self) {
        self.cancel.send_replace(true);
    }

    async fn join(&mut self) -> Result<u32, Self::Error> {
        (&mut self.task).await
    }
}

fn start_rendering() -> Rendering {
    let (frame_sender, frame) = watch::channel(0);
    let (cancel, is_cancelled) = watch::channel(false);
    let task = tokio::spawn(async move {
        for frame in 1..=FRAMES {
            if *is_cancelled.borrow() {
                return frame - 1;
            }
            sleep(Duration::from_millis(20)).await;
            frame_sender.send_replace(frame);
        }
        FRAMES
    });
    Rendering { frame, cancel, task }
}

workflow!(
    async fn make_film(progress: Progress) -> Result<u32> {
        #[step(4, "Rendering")]
        let frames = progress.follow(start_rendering()).await?;

        #[step(1, "Publishing {frames} frames")]
        #[untracked]
        sleep(Duration::from_millis(100)).await;

        Ok(frames)
    }
);

#[tokio::main]
async fn main() -> Result<()> {
    let (run, progress) = Run::start("Make a film");
    run.report_to(Lines::stderr().heartbeat(Duration::from_millis(250)));
    let frames = make_film(progress).await?;
    println!("{frames} frames");
    Ok(())
}
