//! A workflow that follows one remote job for each batch records, survives and cancels them.

use std::pin::pin;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use futures::poll;
use progress_runtime::{JobUpdate, ManualClock, Run, RunStatus, StepStatus};

use crate::support::batches::{Service, process};
use crate::support::{find, observed, settle, step};

#[tokio::test]
async fn batches_and_the_progress_inside_them_move_the_bar_and_show_their_job() {
    let (run, progress, clock, _) = observed("R");
    let service = Service::default();
    let (first, second) = (service.add("job-1"), service.add("job-2"));
    let mut work = pin!(process(&service, 2, &clock, progress));
    assert!(poll!(work.as_mut()).is_pending());
    settle().await;
    assert_eq!(step(&run, "analysis/1/batch").job.unwrap().id, "job-1");
    first.send(JobUpdate::fraction(0.5));
    settle().await;
    assert_eq!(run.percent(), 35.0);
    assert_eq!(step(&run, "analysis/1/batch").progress, 5_000);

    first.finish(Ok(1));
    settle().await;
    assert!(poll!(work.as_mut()).is_pending());
    settle().await;
    assert_eq!(run.percent(), 50.0);
    assert!(find(&run.snapshot(), "analysis/1").is_none(), "it has ended");
    assert_eq!(step(&run, "analysis/2/batch").job.unwrap().id, "job-2");
    assert_eq!((step(&run, "analysis").done, step(&run, "analysis").total), (1, Some(2)));

    second.finish(Ok(1));
    assert_eq!(work.await.unwrap(), 2);
    let report = run.report().unwrap();
    assert!(report.snapshot.steps.iter().all(|step| step.job.is_none()));
}

#[tokio::test]
async fn followed_jobs_are_recorded_once_each_in_order_with_their_end() {
    let (run, progress, clock, _) = observed("R");
    let service = Service::default();
    for (id, end) in [("b", Ok(1)), ("a", Err("out of memory")), ("c", Ok(1))] {
        service.add(id).finish(end);
    }
    process(&service, 3, &clock, progress).await.unwrap();
    let report = run.report().unwrap();
    let jobs: Vec<_> = report
        .jobs
        .iter()
        .map(|job| (job.id.as_str(), job.kind.as_str(), job.status, job.error.as_deref()))
        .collect();
    assert_eq!(
        jobs,
        [
            ("b", "batch", RunStatus::Completed, None),
            ("a", "batch", RunStatus::Failed, Some("out of memory")),
            ("c", "batch", RunStatus::Completed, None),
        ]
    );
    assert_eq!(report.jobs[0].duration, Duration::ZERO, "by the run's own clock");
}

#[tokio::test]
async fn a_failed_batch_stops_neither_the_others_nor_the_next_step() {
    let (run, progress, clock, recording) = observed("R");
    let service = Service::default();
    for end in [Ok(1), Err("broken"), Ok(1), Err("broken too")] {
        service.add("x").finish(end);
    }
    process(&service, 4, &clock, progress).await.unwrap();
    let report = run.report().unwrap();
    assert_eq!((report.status(), report.snapshot.errors), (RunStatus::CompletedWithErrors, 2));
    let places: Vec<_> = report.errors.iter().map(|error| error.step.as_str()).collect();
    assert_eq!(places, ["analysis/2/batch", "analysis/4/batch"]);
    assert_eq!(step(&run, "publishing").status, StepStatus::Completed);
    assert_eq!(step(&run, "analysis").status, StepStatus::CompletedWithErrors);
    assert_eq!(recording.last().message, "Completed with 2 errors");
}

#[tokio::test]
async fn a_followed_job_that_vanished_counts_as_an_error() {
    let (run, progress, clock, _) = observed("R");
    let service = Service::default();
    drop(service.add("a"));
    process(&service, 1, &clock, progress).await.unwrap();
    let report = run.report().unwrap();
    assert_eq!(report.status(), RunStatus::CompletedWithErrors);
    assert_eq!(report.errors[0].text, "a has vanished");
}

#[tokio::test]
async fn a_cancel_takes_effect_before_each_batch() {
    let (run, progress, clock, _) = observed("R");
    let service = Service::default();
    let first = service.add("a");
    service.add("b").finish(Ok(1));
    let mut work = pin!(process(&service, 2, &clock, progress));
    assert!(poll!(work.as_mut()).is_pending());
    settle().await;
    run.cancel();
    first.finish(Ok(1));
    work.await.unwrap_err();
    assert_eq!(run.report().unwrap().jobs.len(), 1);
    assert_eq!(service.job().id, "b", "it was not requested");
}

#[tokio::test(start_paused = true)]
async fn a_followed_job_is_cancelled_once_and_waited_for_as_long_as_the_grace() {
    let clock = ManualClock::new();
    let (run, progress) = Run::builder("R").grace(Duration::from_secs(60)).start();
    let service = Service::default();
    let stubborn = service.add("stubborn");
    let mut work = pin!(process(&service, 1, &clock, progress));
    assert!(poll!(work.as_mut()).is_pending());
    settle().await;
    run.cancel();
    assert!(poll!(work.as_mut()).is_pending());
    settle().await;
    run.cancel();
    assert!(poll!(work.as_mut()).is_pending());
    settle().await;
    assert_eq!(stubborn.cancels.load(SeqCst), 1);
    assert_eq!(run.status(), RunStatus::Cancelling);

    let began = tokio::time::Instant::now();
    work.await.unwrap_err();
    assert_eq!(began.elapsed(), Duration::from_secs(60));
    let report = run.report().unwrap();
    assert_eq!((report.status(), report.snapshot.errors), (RunStatus::Cancelled, 1));
    assert_eq!(report.jobs[0].status, RunStatus::Running, "its end is unknown");
    let _ = stubborn.end.send(Ok(1));
    settle().await;
    assert_eq!(run.report().unwrap().jobs[0].status, RunStatus::Running);
}
