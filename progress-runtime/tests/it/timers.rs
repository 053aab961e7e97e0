//! Waits work on every executor, and cost no thread each.

use std::future::pending;
use std::thread;
use std::time::Duration;

use backon::ConstantBuilder;
use futures::FutureExt;
use futures::executor::block_on;
use progress_runtime::{Interrupted, Progress, Run, RunStatus, workflow};

const MOMENT: Duration = Duration::from_millis(1);

async fn hangs(_: Progress) -> Result<(), Interrupted> {
    pending().await
}

workflow!(
    async fn times_out_twice(progress: Progress) -> Result<(), Interrupted> {
        #[step(1, "Hanging")]
        #[timeout(MOMENT)]
        #[retry(ConstantBuilder::default().with_delay(MOMENT).with_max_times(1))]
        hangs(progress).await?;

        Ok(())
    }
);

#[test]
fn timeouts_and_pauses_work_without_tokio() {
    let (run, progress) = Run::start("R");
    assert_eq!(block_on(times_out_twice(progress)), Err(Interrupted::TimedOut));
    assert_eq!(run.status(), RunStatus::Failed);
}

#[test]
fn timeouts_and_pauses_work_without_a_time_driver() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let (run, progress) = Run::start("R");
    assert_eq!(runtime.block_on(times_out_twice(progress)), Err(Interrupted::TimedOut));
    assert_eq!(run.status(), RunStatus::Failed);
}

async fn blocks(started: std::sync::mpsc::Sender<()>, progress: Progress) {
    let job = progress.spawn_blocking(move |progress| {
        started.send(()).unwrap();
        while !progress.is_cancelled() {
            thread::yield_now();
        }
    });
    let _ = job.await;
}

workflow!(
    async fn blocking(
        started: std::sync::mpsc::Sender<()>,
        progress: Progress,
    ) -> Result<(), Interrupted> {
        #[step(1, "Blocking")]
        blocks(started, progress).await;

        Ok(())
    }
);

#[test]
fn a_cancel_waits_for_a_job_without_a_time_driver() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let (run, progress) = Run::start("R");
    let (started, has_started) = std::sync::mpsc::channel();
    let canceller = thread::spawn({
        let run = run.clone();
        move || {
            has_started.recv().unwrap();
            run.cancel();
        }
    });
    let result = runtime.block_on(blocking(started, progress));
    assert_eq!(result, Err(Interrupted::Cancelled));
    assert_eq!(run.status(), RunStatus::Cancelled);
    canceller.join().unwrap();
}

async fn pauses_once(_: Progress) -> Result<(), Interrupted> {
    futures::pending!();
    Ok(())
}

workflow!(
    async fn many_timeouts(count: usize, progress: Progress) -> Result<(), Interrupted> {
        #[step(1, "Calls")]
        for _ in 0..count {
            #[step(1, "Call")]
            #[timeout(Duration::from_secs(3_600))]
            pauses_once(progress).await?;
        }

        Ok(())
    }
);

/// The threads of this process that wait for a time.
#[cfg(target_os = "linux")]
fn timer_threads() -> usize {
    let threads = std::fs::read_dir("/proc/self/task").unwrap();
    let names =
        threads.filter_map(|thread| std::fs::read_to_string(thread.ok()?.path().join("comm")).ok());
    names.filter(|name| name.trim_end() == "progress-timer").count()
}

#[test]
#[cfg(target_os = "linux")]
fn timeouts_share_one_thread() {
    let mut work = Box::pin(many_timeouts(500, Progress::hidden()));
    let result = loop {
        if let Some(result) = work.as_mut().now_or_never() {
            break result;
        }
        assert_eq!(timer_threads(), 1);
    };
    assert_eq!(result, Ok(()));
}
