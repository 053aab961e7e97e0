//! Cancels, from the parent and from anybody.

use progress_jobs::{JobState, JobsError};
use progress_runtime::{Run, RunStatus};

use crate::support::*;

async fn a_cancel_of_the_workflow_reaches_the_job(database: Database) {
    let (jobs, gates) = (database.connect().await, database.gates());
    let _worker = database.worker(2);
    gates.tell("c-first", "0.5");
    let (run, progress) = Run::builder("Cancel").id("c").start();
    let work = tokio::spawn({
        let jobs = jobs.clone();
        async move { flow(&jobs, "c", progress).await }
    });
    let child = until_child(&jobs, "c", "first").await;
    until_state(&jobs, &child.id, JobState::Running).await;
    run.cancel();
    let ended = work.await.unwrap();
    assert!(matches!(ended, Err(FlowError::Interrupted(_))), "{ended:?}");
    assert_eq!(run.status(), RunStatus::Cancelled);
    // The workflow has not ended before its sub-job.
    let child = jobs.get(&child.id).await.unwrap().unwrap();
    assert_eq!((child.state, child.error), (JobState::Cancelled, None));
}

async fn a_cancel_of_a_workflow_that_is_a_job_reaches_its_sub_jobs(database: Database) {
    let (jobs, gates) = (database.connect().await, database.gates());
    let (_first, _second) = (database.worker(1), database.worker(1));
    gates.tell("f-first", "0.5");
    let flow = jobs.start(FLOW, &"f".to_owned(), "f").await.unwrap();
    let child = until_child(&jobs, &flow, "first").await;
    until_state(&jobs, &child.id, JobState::Running).await;
    assert!(jobs.cancel(&flow).await.unwrap());
    let cancelled = jobs.wait::<String>(&flow).await.unwrap_err();
    assert!(matches!(cancelled, JobsError::Cancelled { .. }), "{cancelled:?}");
    let child = jobs.get(&child.id).await.unwrap().unwrap();
    assert_eq!(child.state, JobState::Cancelled);
    assert!(!jobs.cancel(&flow).await.unwrap(), "a second cancel does nothing");
}

/// The database has not answered: nobody knows whether the job is there.
#[tokio::test]
async fn a_workflow_that_is_cancelled_while_it_creates_a_job_waits_for_the_job() {
    let database = Database::sqlite();
    let jobs = database.connect().await;
    let Pool::Sqlite(pool) = database.pool().await else { unreachable!("the database is SQLite") };
    let lock = pool.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let (run, progress) = Run::builder("Cancel").id("c").start();
    let work = tokio::spawn({
        let jobs = jobs.clone();
        async move { flow(&jobs, "c", progress).await }
    });
    settle().await;
    run.cancel();
    settle().await;
    assert!(!work.is_finished());
    lock.rollback().await.unwrap();
    let ended = work.await.unwrap();
    assert!(matches!(ended, Err(FlowError::Interrupted(_))), "{ended:?}");
    let children = jobs.children("c").await.unwrap();
    let states: Vec<_> = children.iter().map(|child| (child.state, child.attempt)).collect();
    assert_eq!(states, [(JobState::Cancelled, 0)]);
    assert_eq!(run.report().unwrap().jobs[0].id, children[0].id);
}

/// Lets all tasks run that can.
async fn settle() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

async fn a_job_that_waits_is_cancelled_at_once(database: Database) {
    let jobs = database.connect().await;
    let id = jobs.start(EMPTY, &1, "a").await.unwrap();
    assert!(jobs.cancel(&id).await.unwrap());
    assert_eq!(jobs.get(&id).await.unwrap().unwrap().state, JobState::Cancelled);
    // Its knock comes after its end.
    let _worker = database.worker(1);
    let next = jobs.start(EMPTY, &2, "b").await.unwrap();
    assert_eq!(jobs.wait::<u32>(&next).await.unwrap(), 2);
    let job = jobs.get(&id).await.unwrap().unwrap();
    assert_eq!((job.state, job.attempt), (JobState::Cancelled, 0));
}

async fn a_cancel_outlives_the_worker_that_did_not_heed_it(database: Database) {
    let (jobs, gates) = (database.connect().await, database.gates());
    let first = database.worker(1);
    gates.tell("a", "0.5");
    let id = jobs.start(GATE, &"a".to_owned(), "a").await.unwrap();
    until_state(&jobs, &id, JobState::Running).await;
    database.stop(&first).await;
    assert!(jobs.cancel(&id).await.unwrap());
    let _second = database.worker(1);
    let cancelled = jobs.wait::<String>(&id).await.unwrap_err();
    assert!(matches!(cancelled, JobsError::Cancelled { .. }), "{cancelled:?}");
    assert_eq!(jobs.get(&id).await.unwrap().unwrap().attempt, 1, "it was not begun to be stopped");
}

async fn a_parent_that_was_replaced_cannot_cancel(database: Database) {
    let (jobs, gates) = (database.connect().await, database.gates());
    let _worker = database.worker(2);
    gates.tell("g-first", "0.5");
    let ghost = database.parent("g");
    let child = until_child(&jobs, "g", "first").await;
    until_state(&jobs, &child.id, JobState::Running).await;
    // The same run, in this process; the other one still follows the job as well.
    let (_run, progress) = Run::builder("Flow").id("g").start();
    let work = tokio::spawn({
        let jobs = jobs.clone();
        async move { flow(&jobs, "g", progress).await }
    });
    let owner =
        format!("SELECT count(DISTINCT owner) FROM progress_jobs WHERE id = '{}'", child.id);
    assert_eq!(database.number(&owner).await, 1);
    eventually("takeover", async || (_run.snapshot().message == "at 0.5").then_some(())).await;
    ghost.signal("TERM");
    let _ = ghost.ended().await;
    for part in ["first", "second", "third"] {
        gates.tell(&format!("g-{part}"), "done");
    }
    assert_eq!(work.await.unwrap().unwrap(), "g-first g-second g-third");
}

crate::on_both!(
    a_cancel_of_the_workflow_reaches_the_job,
    a_cancel_of_a_workflow_that_is_a_job_reaches_its_sub_jobs,
    a_job_that_waits_is_cancelled_at_once,
    a_cancel_outlives_the_worker_that_did_not_heed_it,
    a_parent_that_was_replaced_cannot_cancel,
);
